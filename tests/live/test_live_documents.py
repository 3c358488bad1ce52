"""The documentation lists every known difference between versions, with its reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from live.known_differences import KNOWN, KnownDifference

PAGE = Path(__file__).resolve().parents[2] / "docs" / "recipes" / "against-a-real-host.md"


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
def test_difference_is_documented(known: KnownDifference) -> None:
    assert f"* {known.name}: {known.reason}" in " ".join(PAGE.read_text().split())
