"""Every line of the threat model names tests that are there."""

from __future__ import annotations

import re

import pytest
from docs.markdown import REPOSITORY

PAGE = (REPOSITORY / "docs" / "threat-model.md").read_text()
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| what holds")]


@pytest.mark.parametrize("row", ROWS)
def test_line_is_tested(row: str) -> None:
    tests = re.findall(r"`(tests/\S+\.py)::(test_\w+)`", row)
    assert tests, "a line without a test"
    for path, name in tests:
        assert re.search(rf"^def {name}\(", (REPOSITORY / path).read_text(), re.MULTILINE), f"{path} has no {name}"


def test_there_are_lines() -> None:
    assert len(ROWS) >= 15
