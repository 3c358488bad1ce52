"""``devaddr-xml diff``: what is different in the hardware of two domains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from devaddr_xml.cli.colour import colour_option, painted
from devaddr_xml.cli.failures import USAGE
from devaddr_xml.cli.guests import Refused, one_document
from devaddr_xml.cli.output import deliver
from devaddr_xml.cli.page import page_width, wrapped
from devaddr_xml.model.errors import DevaddrError

if TYPE_CHECKING:
    from devaddr_xml.operations.diff import Side
    from devaddr_xml.views.diff import Change, Diff

DIFFERENT = 1

EXAMPLES = """\b
Examples:
  devaddr-xml diff old.xml new.xml
  virsh dumpxml guest | devaddr-xml diff - planned.xml
  devaddr-xml diff --json before-snapshot.xml now.xml
"""


class NotCompared(Refused):
    """A document was refused; 1 is an answer here, so this is 2."""

    exit_code = USAGE


@click.command("diff", epilog=EXAMPLES)
@click.argument("old", type=click.Path(allow_dash=True))
@click.argument("new", type=click.Path(allow_dash=True))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@colour_option
def command(old: str, new: str, as_json: bool, colour: bool) -> int:
    """Compare the hardware that two domains give their guest.

    Devices match by alias, MAC address, target or source, never by their order. For each change the command says
    what the guest sees of it. OLD and NEW are domains, snapshots, status files or neutral guests in JSON. Nothing
    is assigned in them. Of two documents the command also compares what a neutral guest leaves out: queues, MTU,
    serial numbers, block sizes, boot order, CPU. The exit code is 0 when the hardware is the same, 1 when it
    differs, and 2 when a document is unreadable.
    """
    from devaddr_xml.operations.diff import compare_sides

    if old == new == "-":
        raise click.UsageError("only one of the two documents can come from standard input")
    found = compare_sides(_side(old), _side(new))
    text = found.to_json() + "\n" if as_json else coloured(wrapped(as_text(found), page_width()), colour)
    deliver(text.encode(), None)
    return 0 if found.same else DIFFERENT


def _side(path: str) -> Side:
    from devaddr_xml.operations.diff import read_side

    document = one_document(path)
    try:
        return read_side(document.data)
    except DevaddrError as error:
        raise NotCompared(document, error) from error


def as_text(found: Diff) -> str:
    """The difference for people; nothing when there is none."""
    lines: list[str] = []
    for change in found.changes:
        lines.append(f"{change.change:8} {change.device}{_values(change)}")
        lines += [f"           {line}" for line in change.noticed]
    if found.effects:
        lines.append("Unchanged, but different for the guest:")
    for effect in found.effects:
        lines.append(f"         {effect.device}")
        lines += [f"           {line}" for line in effect.noticed]
    return "".join(line + "\n" for line in lines)


def coloured(text: str, colour: bool) -> str:
    """The difference with its changes in their colours."""
    if not colour:
        return text
    lines = text.splitlines(keepends=True)
    words = [line.partition(" ")[0] for line in lines]
    return "".join(painted(word, word, colour) + line[len(word) :] for word, line in zip(words, lines, strict=True))


def _values(change: Change) -> str:
    if change.change in ("added", "removed"):
        value = change.new or change.old
        return f"  {value}" if value else ""
    name = f" {change.attribute}" if change.attribute else ""
    return f" {name} {change.old or '(none)'} → {change.new or '(none)'}"
