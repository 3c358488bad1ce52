"""``devaddr-xml hints``: the vocabulary of hints and policies."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from typing import Any

import click
import msgspec

from devaddr_xml.cli.colour import colour_option
from devaddr_xml.cli.page import page_width, wrapped
from devaddr_xml.model.policy import LAYOUT_VERSION, PROFILES
from devaddr_xml.model.vocabulary import HINTS, MACHINE_KINDS, NAMESPACE, REFERENCE, SPARE, TUNABLES, Term

EXAMPLES = """\b
Examples:
  devaddr-xml hints
  devaddr-xml hints --json | jq '.tunables[].name'
"""

_WIDTH = 110
_COLUMN = 18


@click.command("hints", epilog=EXAMPLES)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@colour_option
def command(as_json: bool, colour: bool) -> None:
    """Print every tunable and hint: its values, its default, and its effect by machine."""
    if as_json:
        click.echo(msgspec.json.encode(as_data()).decode())
        return
    width = page_width()
    lines = as_lines(min(_WIDTH, width or _WIDTH))
    click.echo("".join(_styled(wrapped(f"{line}\n", width)) for line in lines), nl=False, color=colour)


def _styled(line: str) -> str:
    """A line of the text: titles in bold, names of terms in cyan."""
    text = line.rstrip("\n")
    if text and not text.startswith(" "):
        return click.style(text, bold=True) + "\n"
    name = text[2:].partition(" ")[0] if text.startswith("  ") else ""
    return f"  {click.style(name, fg='cyan')}{text[2 + len(name) :]}\n" if name else line


def as_data() -> dict[str, Any]:
    """The vocabulary as plain values."""
    return {
        "namespace": NAMESPACE,
        "version": LAYOUT_VERSION,
        "machines": MACHINE_KINDS,
        "tunables": [_term(term) for term in TUNABLES],
        "hints": [_term(term) for term in HINTS],
        "spare": [_term(term) for term in SPARE],
        "profiles": {name: msgspec.to_builtins(tunables) for name, tunables in PROFILES.items()},
    }


def _term(term: Term) -> dict[str, Any]:
    values: dict[str, Any] = {"name": term.name, "meaning": term.meaning, "words": term.words}
    if term.numbers:
        values["numbers"] = term.numbers
    return values | {"text": term.text, "default": term.default, "machines": _machines(term)}


def _machines(term: Term) -> dict[str, str]:
    """What the term means on each kind of machine on which it means something."""
    return {kind: term.where[kind] for kind in MACHINE_KINDS if kind in term.where}


def as_lines(width: int = _WIDTH) -> Iterator[str]:
    """The vocabulary for people; width: columns for texts beside names."""
    yield f"Namespace {NAMESPACE}, layout rules of version {LAYOUT_VERSION}"
    yield ""
    yield from _section("Tunables: attributes of <devaddr:policy>, or --set NAME=VALUE", TUNABLES, width)
    yield from _section("Spare ports of a NUMA cell: attributes of <devaddr:spare>", SPARE, width)
    yield from _section(
        "Hints: attributes of <devaddr:device ref=...>, or devaddr:NAME on the device itself",
        (REFERENCE, *HINTS),
        width,
    )
    yield "Profiles"
    yield from _profiles()
    yield ""
    yield "Machines"
    for kind, machines in MACHINE_KINDS.items():
        yield from _item(kind, machines, width)


def _section(title: str, terms: tuple[Term, ...], width: int) -> Iterator[str]:
    yield title
    for term in terms:
        default = f" (default {term.default})" if term.default else ""
        yield from _item(term.name, f"{term.values}{default}", width)
        yield from _item("", f"{term.meaning[:1].upper()}{term.meaning[1:]}.", width)
        meanings = _machines(term)
        if len(meanings) == len(MACHINE_KINDS) and len(set(meanings.values())) == 1:
            yield from _item("", f"on all machines: {meanings['express']}", width)
        else:
            for kind, meaning in meanings.items():
                yield from _item("", f"{kind}: {meaning}", width)
    yield ""


def _item(name: str, text: str, width: int) -> Iterator[str]:
    """A name and a text beside it."""
    lines = wrap(text, max(_COLUMN, width - _COLUMN - 2))
    for position, line in enumerate(lines):
        yield f"  {name if position == 0 else '':{_COLUMN}}{line}"


def _profiles() -> Iterator[str]:
    """A table of the tunables of every profile."""
    width = max(map(len, PROFILES)) + 4
    yield f"  {'':{_COLUMN}}" + "".join(f"{name:{width}}" for name in PROFILES).rstrip()
    for term in TUNABLES[1:]:
        values = (str(getattr(tunables, term.field)) for tunables in PROFILES.values())
        yield f"  {term.name:{_COLUMN}}" + "".join(f"{value:{width}}" for value in values).rstrip()
