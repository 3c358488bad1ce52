"""What is made from the program and its tables is what would be made now, and says everything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from devaddr_xml.cli.group import COMMANDS, commands
from devaddr_xml.model.vocabulary import CHILDREN, HINTS, TUNABLES, VERSION, Term

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"


def test_nothing_is_outdated(repository: Path) -> None:
    line = [sys.executable, str(repository / "docs" / "generate"), "--check"]
    done = subprocess.run(line, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"run: python docs/generate\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    """A summary, a description, examples that call it, and a meaning for each option, also in the reference."""
    command = commands.get_command(click.Context(commands), name)
    assert command is not None
    assert COMMANDS[name].summary.endswith(".")
    assert command.help
    assert f"devaddr-xml {name}" in (command.epilog or "")
    page = (REFERENCE / "commands.md").read_text(encoding="utf-8")
    for option in (param for param in command.params if isinstance(param, click.Option)):
        assert option.help is not None, option.name
        assert option.help.endswith("."), option.name
        assert option.hidden or option.opts[0] in page


def test_options_are_spelled_alike() -> None:
    """An option has one short form and one long form, whichever command has it."""
    context = click.Context(commands)
    forms: dict[str, set[tuple[str, ...]]] = {}
    for name in COMMANDS:
        command = commands.get_command(context, name)
        assert command is not None
        for option in (param for param in command.params if isinstance(param, click.Option)):
            forms.setdefault(max(option.opts, key=len), set()).add(tuple(sorted(option.opts)))
    assert {name: found for name, found in forms.items() if len(found) > 1} == {}


@pytest.mark.parametrize("term", [*TUNABLES, *HINTS], ids=lambda term: term.name)
def test_every_term_is_in_the_reference(term: object) -> None:
    page = (REFERENCE / "hints.md").read_text(encoding="utf-8")
    assert f"### `{term.name}`" in page  # type: ignore[attr-defined]
    assert term.values in page  # type: ignore[attr-defined]


@pytest.mark.parametrize("term", [*TUNABLES, *HINTS], ids=lambda term: term.name)
def test_every_term_has_a_page(term: Term) -> None:
    """It says why a guest needs the term, runs an example without it and with it, and has a picture."""
    page = REFERENCE / ("tunables" if term in TUNABLES else "hints") / f"{term.name}.md"
    text = page.read_text(encoding="utf-8")
    for part in ("## Why", "### Before", "### After", ".svg)"):
        assert part in text
    assert text.count("devaddr-xml assign") == 2
    assert text.count("<!-- output -->") >= 2


def test_every_page_has_a_term() -> None:
    """No page is left of a term that was renamed."""
    folders = {"tunables": (VERSION, *TUNABLES), "hints": HINTS}
    names = {folder: {term.name for term in terms} for folder, terms in folders.items()}
    for folder, wanted in {**names, "policy": set(CHILDREN)}.items():
        assert {page.stem for page in (REFERENCE / folder).glob("*.md")} == wanted
