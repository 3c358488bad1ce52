"""Rows and notes that are alike, one after the other, as the first, how many more there are, and the last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from devaddr_xml.views.outline import Item

#: So many rows that are alike are folded; fewer are shorter as they are.
FEWEST = 8


def folded(items: Sequence[Item]) -> Iterator[Item | int]:
    """The items, and in the place of those in the middle of a long run their number."""
    for _, group in groupby(items, shape):
        run = list(group)
        if len(run) < FEWEST:
            yield from run
        else:
            yield run[0]
            yield len(run) - 2
            yield run[-1]


def shape(item: Item) -> tuple[object, ...]:
    """What two rows have in common that are alike: all but names and places."""
    own = (item.role, item.kind, item.model, item.node, item.hotplug, item.added, item.mark, item.count)
    return (*own, tuple([shape(child) for child in item.children]))


def folded_notes(notes: Sequence[str]) -> Iterator[str]:
    """The notes, and in the place of those in the middle of a long run that say the same how many there are."""
    for _, group in groupby(notes, lambda note: note.partition(": ")[2]):
        run = list(group)
        if len(run) < FEWEST:
            yield from run
        else:
            yield run[0]
            yield f"… {len(run) - 2:,} more like these"
            yield run[-1]
