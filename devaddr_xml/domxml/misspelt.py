"""Attributes that nothing reads although they look like one that is read, there or in a child element."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import msgspec

from devaddr_xml.domxml.addresses import ADDRESS_ATTRIBUTES
from devaddr_xml.domxml.devices import LAYOUTS
from devaddr_xml.domxml.document import Document, Node
from devaddr_xml.domxml.element_map import Branch
from devaddr_xml.domxml.facts.fact import Place
from devaddr_xml.domxml.facts.table import place_for
from devaddr_xml.domxml.faults import called
from devaddr_xml.model.nearest import nearest
from devaddr_xml.model.notice import Notice

#: How much a misspelt attribute looks like the known one.
_ALIKE = 0.8
#: So many unknown attributes of one element are compared with known ones, which takes its time.
_MOST = 50
#: Attributes of libvirt's that look like others, and of which nothing here depends.
_OTHERS = frozenset(("dmode", "fmode", "iommufd", "listen", "managed", "portid", "tag", "vram64"))
#: Elements that every device can have, whose attributes are called like many others.
_COMMON = frozenset(("alias", "acpi", "address", "boot", "rom"))


class Known(msgspec.Struct, frozen=True, gc=False):
    """The attributes of one element that are read, and what is read of its children."""

    attributes: frozenset[str]
    children: dict[str, Known]


@cache
def _known_of(tag: str) -> Known:
    """What is read of the element of one kind of device."""
    return _merged(place_for(tag) or Place(), LAYOUTS[tag].branch)


def _merged(place: Place, branch: Branch) -> Known:
    needed = (need.path.rpartition("/")[2] for need in place.needs)
    names = {*place.attributes, *(name for name, _ in branch.attributes), *(n[1:] for n in needed if n[0] == "@")}
    tags = {*place.children, *branch.children}
    below = {tag: _merged(place.children.get(tag, Place()), branch.children.get(tag, Branch())) for tag in tags}
    return Known(frozenset(names), below)


def misspelt(document: Document, device: Node) -> Iterator[Notice]:
    """Warnings about attributes of a device's element that libvirt does not read."""
    yield from _in_element(document, device, device, _known_of(device.tag))


def _in_element(document: Document, device: Node, node: Node, known: Known) -> Iterator[Notice]:
    names = known.attributes
    if not names.issuperset(node.attributes):
        unknown = [name for name in node.attributes if name not in names and "}" not in name]
        for name in unknown[:_MOST]:
            if (remedy := _remedy(name, node, known)) is not None:
                message = f"{name[:60]} is not an attribute of <{node.tag}> that libvirt reads"
                yield Notice(message, called(device), document.line(node), remedy)
    for child in node.children:
        if child.tag == "address" and node is device:
            yield from _in_address(document, device, child)
        elif (below := known.children.get(child.tag)) is not None and (
            child.children or not below.attributes.issuperset(child.attributes)
        ):
            yield from _in_element(document, device, child, below)


def _in_address(document: Document, device: Node, node: Node) -> Iterator[Notice]:
    names = ADDRESS_ATTRIBUTES.get(node.attributes.get("type", ""))
    if names and not node.attributes.keys() <= {"type", *names}:
        yield from _in_element(document, device, node, Known(frozenset(("type", *names)), {}))


def _remedy(name: str, node: Node, known: Known) -> str | None:
    """What was probably meant by an attribute that is not known: another one that is not there, or a child element."""
    if name in _OTHERS:
        return None
    free = sorted([other for other in known.attributes if other not in node.attributes])
    if (near := nearest(name, free, _ALIKE)) is not None:
        return f"Did you mean {near}?"
    if name in known.children and node.first(name) is None:
        return f"Did you mean the element <{name}>?"
    tags = _readers(known, name)
    if not tags or any(name in inner.attributes for inner in node.children if inner.tag in tags):
        return None
    return f"Did you mean the attribute {name} of {' or '.join(f'<{tag}>' for tag in tags)}?"


def is_read_below(tag: str, name: str) -> bool:
    """Whether an attribute of that name is one of a child of the device's element."""
    return bool(_readers(_known_of(tag), name))


def _readers(known: Known, name: str) -> list[str]:
    """The child elements of which an attribute of that name is read."""
    return sorted(tag for tag, below in known.children.items() if name in below.attributes and tag not in _COMMON)
