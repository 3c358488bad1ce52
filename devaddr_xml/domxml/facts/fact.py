"""The kinds of facts about elements, and the tree in which those of one kind of device are looked up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from devaddr_xml.domxml.document import Node

#: Paths of attributes of the device's element to the values for which a fact holds.
When = Mapping[str, tuple[str | None, ...]]

#: The values of a few attributes of a device's element.
Kind = tuple[str | None, ...]

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
    """The facts about one element: its attributes, its text, what it must have, and its children.

    words: for each attribute that has facts, the values that all of them take on every device. kinds: the attributes of
    the device's own element on which any need depends, here or elsewhere in the element, and the values named there.
    """

    attributes: dict[str, list[OneOf | Syntax | Only]] = {}
    text: list[OneOf | Syntax] = []
    needs: list[Needs] = []
    once: list[Once] = []
    children: dict[str, Place] = {}
    words: dict[str, frozenset[str]] = {}
    kinds: tuple[tuple[str, frozenset[str | None]], ...] = ()
    _needed: dict[Kind, tuple[Sequence[Part], bool]] = {}

    def kind(self, device: Node) -> Kind:
        """What tells devices with different needs apart, as far as it is in attributes of the device's own element."""
        own = device.attributes
        return tuple(
            [value if (value := own.get(name)) is None or value in values else _ANOTHER for name, values in self.kinds]
        )

    def needed(self, device: Node, kind: Kind) -> Sequence[Part]:
        """What such a device must have here. Devices of one kind share the answer, nearly always."""
        if not self.needs:
            return ()
        found = self._needed.get(kind)
        if found is None:
            named = [_part(need) for need in self.needs if holds(device, _own_part(need.when))]
            found = self._needed[kind] = named, all(part.always for part in named)
        parts, always = found
        return parts if always else [part for part in parts if part.always or holds(device, part.need.when)]


class Part(msgspec.Struct, frozen=True):
    """What an element must have: an attribute or else a child of that name.

    always: whether all devices with these attributes need it, whatever is below them.
    """

    name: str
    attribute: bool
    always: bool
    need: Needs


def _part(need: Needs) -> Part:
    last = need.path.rpartition("/")[2]
    always = all(path.startswith("@") for path in need.when)
    return Part(last.lstrip("@"), last.startswith("@"), always, need)


def _own_part(when: When) -> When:
    """The conditions on attributes of the device's element itself."""
    return {path: values for path, values in when.items() if path.startswith("@")}


def _kinds_of(needs: list[Needs]) -> tuple[tuple[str, frozenset[str | None]], ...]:
    """The attributes of the device's element on which the needs depend, and the values that they name there."""
    asked: dict[str, set[str | None]] = {}
    for need in needs:
        for path, values in _own_part(need.when).items():
            asked.setdefault(path[1:], set()).update(values)
    return tuple([(name, frozenset(values)) for name, values in asked.items()])


def _words_of(facts: Iterable[OneOf | Syntax | Only]) -> frozenset[str]:
    """The values that all facts about an attribute take on every device; of those that a function reads, none."""
    always = [frozenset(fact.values) if type(fact) is OneOf and not fact.when else frozenset() for fact in facts]
    return frozenset.intersection(*always)


def place_of(facts: Iterable[Fact]) -> Place:
    """The facts about one kind of device, by where they are looked up."""
    top = Place()
    every = tuple(facts)
    _put(top, every)
    kinds = _kinds_of([fact for fact in every if isinstance(fact, Needs)])
    waiting = [top]
    while waiting:
        place = waiting.pop()
        place.kinds = kinds
        place.words = {name: _words_of(about) for name, about in place.attributes.items()}
        waiting += place.children.values()
    return top


def _put(top: Place, facts: Iterable[Fact]) -> None:
    """Put each fact where it is looked up."""
    for fact in facts:
        *above, last = fact.path.split("/")
        place = top
        for tag in above:
            place = place.children.setdefault(tag, Place())
        if isinstance(fact, Needs):
            place.needs.append(fact)
        elif isinstance(fact, Once):
            place.once.append(fact)
        elif isinstance(fact, (OneOf, Syntax, Only)):
            if last == "text()" and not isinstance(fact, Only):
                place.text.append(fact)
            else:
                place.attributes.setdefault(last[1:], []).append(fact)


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
        if step[0] == "@":
            return node.attributes.get(step[1:])
        for child in node.children:
            if child.tag == step:
                node = child
                break
        else:
            return None
    return "here"
