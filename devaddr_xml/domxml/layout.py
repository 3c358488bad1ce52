"""Where the fields of a device stand in its element: paths, and the branches that reader and writer both follow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from devaddr_xml.model.device import Device


def _plain(value: Any) -> str:
    return str(value)


class Field(msgspec.Struct, frozen=True):
    """One field of a device and its place in the XML.

    path: ``child/@attribute``, ``child`` for its text, or ``child?`` for a child that is there or not.
    read: text to value (raises ValueError with what was expected). show: value to text.
    sized: the text is a size whose unit is in the element's ``unit`` attribute.
    written: whether the field can be written back; it is read alone where it only tells part of what the XML says.
    """

    name: str
    path: str
    read: Callable[[str], Any] | None = None
    show: Callable[[Any], str] = _plain
    sized: bool = False
    written: bool = True


class Branch(msgspec.Struct):
    """The fields of one element: its attributes, its text, whether it is there, and its children."""

    attributes: list[tuple[str, Field]] = []
    text: Field | None = None
    presence: Field | None = None
    children: dict[str, Branch] = {}
    names: frozenset[str] = frozenset()

    def grow(self, steps: list[str], field: Field) -> None:
        """Put a field at the end of its path."""
        self.names = self.names | {field.name}
        step = steps[0] if steps else ""
        if not steps:
            self.text = field
        elif step.startswith("@"):
            self.attributes.append((step[1:], field))
        else:
            child = self.children.setdefault(step.removesuffix("?"), Branch())
            if step.endswith("?"):
                child.presence = field
                child.names = child.names | {field.name}
            else:
                child.grow(steps[1:], field)


class Layout:
    """The element of one kind of device.

    fields: in the order in which libvirt prints them. required: fields without which there is no such device.
    printed: fields that libvirt prints also where the document leaves them to their default.
    order: the child elements as libvirt orders them, for finding the place of a new one.
    """

    __slots__ = ("branch", "device", "fields", "order", "printed", "required", "tag")

    def __init__(
        self,
        device: type[Device],
        *fields: Field,
        required: tuple[str, ...] = (),
        printed: tuple[str, ...] = (),
        order: tuple[str, ...] = ("source", "protocol", "log", "driver", "target", "model", "boot", "alias", "address"),
    ) -> None:
        self.tag = device.kind
        self.device = device
        self.fields = fields
        self.required = required
        self.printed = printed
        self.order = {tag: rank for rank, tag in enumerate(order)}
        self.branch = Branch()
        for field in fields:
            self.branch.grow(field.path.split("/"), field)
