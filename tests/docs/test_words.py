"""The words of the field: words that the project has retired are in no page, no help text and no docstring."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from docs.markdown import _BLOCK, REPOSITORY, pages

from devaddr_xml.cli.group import COMMANDS, commands
from devaddr_xml.model.vocabulary import CONTRADICTIONS, HINTS, MACHINE_KINDS, SPARE, TUNABLES, VERSION

#: What was retired, as a pattern, and what to write instead.
RETIRED = {
    r"wish(es|ed)?": "hint, policy or request",
    r"seats?": "place",
    r"settle[sd]?": "decide, fix",
    r"pressed": "limited",
    r"circles?": "group, cycle",
    r"relay(s|ed)?": "pass on",
    r"honou?r(s|ed)?": "follow",
    r"natures?": "kind",
    r"survivals?": "keep, stay",
    r"remains?": "stay, is left",
    r"(is|are|was|were|be|been) said|said of": "the subject that says it",
    r"cannot be(?=[,.;:)]|$)": "is impossible, is refused",
    r"(?<!-)lives(?=[,.;:)]| in | on | below )": "is, exists, runs",
    r"tell(s|ing)? of": "says, shows",
    r"(is|are|was|be|been) had": "exists, is found",
    r"shall": "the present tense",
}
PATTERN = re.compile("|".join(rf"\b(?:{word})(?!\w)" for word in RETIRED), re.IGNORECASE)

DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def retired(text: str) -> list[str]:
    """The retired words in a text, with what is around them."""
    text = " ".join(text.split())
    return [text[max(0, match.start() - 40) : match.end() + 40] for match in PATTERN.finditer(text)]


def prose(page: Path) -> str:
    """A page without its code and without links to files."""
    text = _BLOCK.sub("", page.read_text(encoding="utf-8"))
    return re.sub(r"`[^`\n]*`|\]\([^)]*\)", "", text)


def docstrings() -> Iterator[tuple[str, str]]:
    """The docstrings of the package, by where they are."""
    package = REPOSITORY / "devaddr_xml"
    for path in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, DOCUMENTED) and (text := ast.get_docstring(node)):
                yield f"{path.relative_to(REPOSITORY)}:{getattr(node, 'lineno', 1)}", text


def comments() -> Iterator[tuple[str, str]]:
    """The comments of the package, of the tests and of the documentation's programs, by where they are."""
    for folder in ("devaddr_xml", "tests", "docs", "benchmarks", "rng"):
        for path in sorted((REPOSITORY / folder).rglob("*.py")):
            for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline):
                if token.type == tokenize.COMMENT:
                    yield f"{path.relative_to(REPOSITORY)}:{token.start[0]}", token.string


@pytest.mark.parametrize("page", [*pages(), REPOSITORY / "CHANGELOG.md"], ids=lambda page: page.name)
def test_page(page: Path) -> None:
    assert retired(prose(page)) == []


@pytest.mark.parametrize("name", COMMANDS)
def test_help(name: str) -> None:
    context = click.Context(commands, info_name="devaddr-xml")
    command = commands.get_command(context, name)
    assert command is not None
    assert retired(command.get_help(context)) == []


def test_vocabulary() -> None:
    texts = [*MACHINE_KINDS.values(), *(pair.reason for pair in CONTRADICTIONS)]
    for term in (VERSION, *TUNABLES, *HINTS, *SPARE):
        texts += [term.meaning, *term.where.values()]
    assert [found for text in texts for found in retired(text)] == []


def test_docstrings() -> None:
    found = {place: words for place, text in docstrings() if (words := retired(text))}
    assert found == {}


def test_comments() -> None:
    found = {place: words for place, text in comments() if (words := retired(text))}
    assert found == {}


@pytest.mark.parametrize("text", ["A wish.", "It cannot be, as such", "what is said of it", "where it lives."])
def test_a_retired_word_is_found(text: str) -> None:
    assert retired(text)


@pytest.mark.parametrize("text", ["It cannot be read.", "virsh attach-device --live", "mode='said'x", "seated"])
def test_other_words_are_not(text: str) -> None:
    assert retired(text) == []
