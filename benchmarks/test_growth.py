"""No step of assign grows faster than the guest."""

from __future__ import annotations

from growth import SIZES, calls

#: What a function's calls may grow by when the guest grows to twice its size; a quadratic step shows as 4.
MOST = 2.4


def test_calls_grow_with_the_guest() -> None:
    small, large = map(calls, SIZES)
    assert len([name for name, number in large.items() if number > SIZES[1]]) > 50
    bounds = {name: MOST * max(small.get(name, 0), SIZES[0]) for name in large}
    assert {name: number for name, number in large.items() if number > bounds[name]} == {}
