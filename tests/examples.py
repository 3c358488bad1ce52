"""How many examples a property is tried with."""

from __future__ import annotations

from hypothesis import settings


def at_most(count: int) -> int:
    """So many examples, or fewer where the profile that ``conftest.py`` loads says fewer."""
    return min(count, settings().max_examples)
