"""The names in the package: none has a word that the field does not use, and each part of a name counts."""

from __future__ import annotations

import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = [*(ROOT / "devaddr_xml").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]

#: What none of our names says, and what it says instead.
RETIRED = {
    "wish": "hint, policy",
    "wishes": "hints, policy",
    "wished": "asked",
    "demand": "need",
    "demands": "needs",
    "seat": "place",
    "seats": "places",
    "seated": "placed",
    "still": "without hotplug",
    "settled": "fixed, given",
    "pressed": "short of",
    "circle": "group, loop",
    "circles": "groups, loops",
    "relay": "relayout",
    "honour": "verify",
    "giving": "set",
    "homes": "base, parents",
    "nature": "connection, kind",
    "natures": "connections, kinds",
    "remains": "leftovers",
    "survival": "preservation",
    "said": "stated, given",
    "lives": "is",
}


def parts(name: str) -> list[str]:
    """The words of a name in snake_case or CamelCase."""
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]


def names(text: str) -> list[tuple[str, int]]:
    """The names of a module, each with its line."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [(token.string, token.start[0]) for token in tokens if token.type == tokenize.NAME]


@pytest.mark.parametrize("folder", sorted({path.parent.relative_to(ROOT).as_posix() for path in FILES}))
def test_no_name_has_a_retired_word(folder: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line} {name}: better {RETIRED[word]}"
        for path in (ROOT / folder).glob("*.py")
        for name, line in [(path.stem, 0), *names(path.read_text())]
        for word in parts(name)
        if word in RETIRED
    ]
    assert found == []


@pytest.mark.parametrize("name", ["_wishes", "seat_of", "isStill", "HOMES", "CheckNature", "demand"])
def test_retired_words_are_found(name: str) -> None:
    assert set(parts(name)) & set(RETIRED)


@pytest.mark.parametrize("name", ["signature", "needs", "installed", "relayout", "compressed", "distill"])
def test_other_words_are_not(name: str) -> None:
    assert not set(parts(name)) & set(RETIRED)
