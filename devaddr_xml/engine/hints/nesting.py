"""Bus groups inside bus groups: ``A/B`` is a switch B below a port of the switch A."""

from __future__ import annotations

from collections.abc import Iterable

SEPARATOR = "/"


class Nesting:
    """Which names of bus groups are inside which others.

    A part of a name before a slash is a group of its own where another name begins with it too, or where ``always`` is
    set, as for names that come from the host's tree. A slash in a name that stands alone has no meaning.
    """

    __slots__ = ("_always", "_shared")

    def __init__(self, names: Iterable[str], always: bool) -> None:
        self._always = always
        counts: dict[str, int] = {}
        for name in dict.fromkeys(names):
            for prefix in (*_prefixes(name), name):
                counts[prefix] = counts.get(prefix, 0) + 1
        self._shared = frozenset(prefix for prefix, count in counts.items() if count > 1)

    def around(self, name: str) -> tuple[str, ...]:
        """The groups around a group, outermost first."""
        return tuple([prefix for prefix in _prefixes(name) if self._always or prefix in self._shared])

    def is_within(self, name: str, other: str) -> bool:
        """Whether the group ``name`` is ``other`` or inside it."""
        return name == other or other in self.around(name)


def _prefixes(name: str) -> list[str]:
    parts = name.split(SEPARATOR)
    if not all(parts):
        return []
    return [SEPARATOR.join(parts[:count]) for count in range(1, len(parts))]
