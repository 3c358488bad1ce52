"""How many examples a property is tried with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import settings

T = TypeVar("T")

#: Whether everything is tried: with HYPOTHESIS_PROFILE=ci, as in .ci/run, and with search.
THOROUGH = settings().max_examples >= settings.get_profile("ci").max_examples


def scaled(count: int) -> int:
    """``count`` examples in the profile ci; in another, as many more or fewer as it says for all properties."""
    return max(1, count * settings().max_examples // settings.get_profile("ci").max_examples)


def sampled(rows: Sequence[T], every: int) -> Sequence[T]:
    """All rows where everything is tried, else one of so many."""
    return rows if THOROUGH else rows[::every]
