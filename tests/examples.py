"""How many examples a property is tried with."""

from __future__ import annotations

from hypothesis import settings


def scaled(count: int) -> int:
    """``count`` examples in the standard profile; in another, as many more or fewer as it says for all properties."""
    return max(1, count * settings().max_examples // settings.get_profile("standard").max_examples)
