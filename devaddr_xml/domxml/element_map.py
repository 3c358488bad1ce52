"""Where the fields of a device stand in its element: paths, and the branches that reader and writer both follow."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

import msgspec

from devaddr_xml.domxml.elements import escaped
from devaddr_xml.model.device import Device


class Field(msgspec.Struct, frozen=True):
    """One field of a device and its place in the XML.

    path: ``child/@attribute``, ``child`` for its text, or ``child?`` for a child that is there or not.
    read: text to value (raises ValueError with what was expected). show: value to text.
    unset: the value that is not written. sized: the text is a size whose unit is in the element's ``unit`` attribute.
    written: whether the field can be written back; it is read alone where it only tells part of what the XML says.
    """

    name: str
    path: str
    read: Callable[[str], Any] | None = None
    show: Callable[[Any], str] = escaped
    unset: Any = None
    sized: bool = False
    written: bool = True


class Branch(msgspec.Struct):
    """The fields of one element: its attributes, its text, whether it is there, and its children.

    names: of all fields here and below that can be written.
    """

    attributes: list[tuple[str, Field]] = []
    text: Field | None = None
    presence: Field | None = None
    children: dict[str, Branch] = {}
    names: frozenset[str] = frozenset()

    def grow(self, steps: list[str], field: Field) -> None:
        """Put a field at the end of its path."""
        if field.written:
            self.names = self.names | {field.name}
        if not steps:
            self.text = field
        elif steps[0].startswith("@"):
            self.attributes.append((steps[0][1:], field))
        elif steps[0].endswith("?"):
            names = frozenset([field.name]) if field.written else frozenset()
            self.children[steps[0][:-1]] = Branch(presence=field, names=names)
        else:
            self.children.setdefault(steps[0], Branch()).grow(steps[1:], field)

    def present(self, values: dict[str, str]) -> list[tuple[str, Branch]]:
        """The children into which any of ``values``, by field name, belong."""
        return [(tag, child) for tag, child in self.children.items() if not child.names.isdisjoint(values)]

    @property
    def ranks(self) -> dict[str, int]:
        """The place of each attribute among those that libvirt prints."""
        return {attribute: rank for rank, (attribute, _) in enumerate(self.attributes)}


class Layout:
    """The element of one kind of device.

    fields: in the order in which libvirt prints them. required: fields without which there is no such device.
    printed: fields that libvirt prints also where the document leaves them to their default.
    order: the child elements as libvirt orders them, for finding the place of a new one.
    """

    __slots__ = (
        "_values",
        "_written",
        "branch",
        "device",
        "fields",
        "names",
        "order",
        "printed",
        "required",
        "tag",
    )

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
        self.names = tuple([field.name for field in fields if field.written])
        self._written = tuple([(field.name, field.show, field.unset) for field in fields if field.written])
        # the last one lets a single name come as a tuple, too, and is the same for all
        self._values = attrgetter(*self.names, "kind")

    def written(self, device: Device) -> dict[str, str]:
        """What the device has that can be written: the text of its fields that are set, by name."""
        texts: dict[str, str] = {}
        for row, value in zip(self._written, self._values(device)):  # noqa: B905
            if value is not None:
                name, show, unset = row
                if value is not unset:
                    texts[name] = show(value)
        return texts

    def changed(self, old: Device, new: Device) -> set[str]:
        """The names of the fields that can be written and differ."""
        before, after = self._values(old), self._values(new)
        if before == after:
            return set()
        return {name for name, one, other in zip(self.names, before, after) if one != other}  # noqa: B905
