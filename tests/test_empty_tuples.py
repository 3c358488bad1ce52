"""JSON leaves out an empty tuple that is the one empty tuple of the interpreter. In Python 3.10 one that is made of a
generator is another, so the package makes its tuples of lists."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import devaddr_xml

PACKAGE = Path(devaddr_xml.__file__).parent
LAZY = ("filter", "map", "zip")


def tuples_of_generators(source: str) -> list[int]:
    """The lines where a tuple is made of something that does not know its length."""
    return [
        call.lineno
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "tuple" and call.args
        if isinstance(call.args[0], ast.GeneratorExp)
        or (isinstance(call.args[0], ast.Call) and getattr(call.args[0].func, "id", None) in LAZY)
    ]


def test_no_tuple_is_made_of_a_generator() -> None:
    found = [
        f"{path}:{line}" for path in sorted(PACKAGE.rglob("*.py")) for line in tuples_of_generators(path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize(
    ("source", "lines"),
    [("tuple(x for x in y)", [1]), ("a\ntuple(map(f, y))", [2]), ("tuple([x for x in y])", []), ("tuple(y)", [])],
)
def test_what_counts_as_a_generator(source: str, lines: list[int]) -> None:
    assert tuples_of_generators(source) == lines
