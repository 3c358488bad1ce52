"""The kinds of facts about elements, and the tree in which those of one kind of device are looked up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from devaddr_xml.domxml.document import Node

#: Paths of attributes of the device's element to the values for which a fact holds.
When = Mapping[str, tuple[str | None, ...]]

#: A value that no fact names.
_ANOTHER = "\0"

#: For a path at which there is anything.
ANY: tuple[str | None, ...] = ("*",)


class Fact(msgspec.Struct, frozen=True, gc=False):
    """A fact about the attribute ``child/@name``, the element ``child``, or its text ``child/text()``.

    when: the fact holds only for devices whose element has one of these values at each of these paths.
    """

    path: str
    when: When = {}


class OneOf(Fact, frozen=True, gc=False):
    """A value is one of a few words."""

    values: tuple[str, ...] = ()


class Syntax(Fact, frozen=True, gc=False):
    """A value is read by a function, which raises ValueError with what it expects."""

    read: Callable[[str], Any] = str


class Needs(Fact, frozen=True, gc=False):
    """An attribute is there wherever its element is, or a child wherever its parent is.

    unless: paths of the device of which one is enough instead.
    """

    unless: tuple[str, ...] = ()


class Only(Fact, frozen=True, gc=False):
    """An attribute is there only on devices that ``when`` describes."""


class Once(Fact, frozen=True, gc=False):
    """An element is there at most so many times."""

    most: int = 1


class Place(msgspec.Struct, gc=False):
    """The facts about one element: its attributes, its text, what it must have, and its children."""

    attributes: dict[str, list[OneOf | Syntax | Only]] = {}
    text: list[OneOf | Syntax] = []
    needs: list[Needs] = []
    once: list[Once] = []
    children: dict[str, Place] = {}
    _kinds: dict[str, set[str | None]] | None = None
    _needed: dict[tuple[str | None, ...], tuple[Needs, ...]] = {}

    def needed(self, device: Node) -> tuple[Needs, ...]:
        """What such a device must have here. Devices of one kind share the answer; there are few kinds."""
        if not self.needs:
            return ()
        if self._kinds is None:
            self._kinds = {}
            for need in self.needs:
                for path, values in need.when.items():
                    self._kinds.setdefault(path, set()).update(values)
        kind = tuple(
            value if (value := value_at(device, path)) is None or value in values else _ANOTHER
            for path, values in self._kinds.items()
        )
        found = self._needed.get(kind)
        if found is None:
            found = self._needed[kind] = tuple(need for need in self.needs if holds(device, need.when))
        return found


def place_of(facts: Iterable[Fact]) -> Place:
    """The facts about one kind of device, by where they are looked up."""
    top = Place()
    for fact in facts:
        *above, last = fact.path.split("/")
        place = top
        for tag in above:
            place = place.children.setdefault(tag, Place())
        if isinstance(fact, Needs):
            place.needs.append(fact)
        elif isinstance(fact, Once):
            place.once.append(fact)
        elif isinstance(fact, OneOf | Syntax | Only):
            if last == "text()" and not isinstance(fact, Only):
                place.text.append(fact)
            else:
                place.attributes.setdefault(last[1:], []).append(fact)
    return top


def holds(device: Node, when: When) -> bool:
    """Whether the device is one for which a fact holds."""
    for path, values in when.items():
        value = value_at(device, path)
        if value is None if values is ANY else value not in values:
            return False
    return True


def value_at(device: Node, path: str) -> str | None:
    """The attribute at a path below a device's element, ``here`` for an element that is there; none if it is absent."""
    node = device
    for step in path.split("/"):
        if step.startswith("@"):
            return node.attributes.get(step[1:])
        child = node.first(step)
        if child is None:
            return None
        node = child
    return "here"
