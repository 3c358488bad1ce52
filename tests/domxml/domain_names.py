"""Reads from libvirt's grammar of domains which devices there are, and which models, types and buses they have."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lxml import etree

_RNG = "{http://relaxng.org/ns/structure/1.0}"
_FILES = (
    "domaincommon.rng",
    "domain.rng",
    "basictypes.rng",
    "networkcommon.rng",
    "storagecommon.rng",
    "domainoverrides.rng",
)
#: The attributes that tell devices of a kind apart, of the element itself and of its children.
_OWN = ("model", "type", "bus", "device", "mode", "backend")
_INNER = {"model": ("type", "name"), "target": ("type", "bus")}

Names = dict[str, dict[str, list[str]]]


class Grammar:
    """The definitions of the grammar in a folder."""

    def __init__(self, folder: Path) -> None:
        self._definitions: dict[str, list[etree._Element]] = {}
        for name in _FILES:
            for definition in etree.parse(folder / name).getroot().iter(_RNG + "define"):
                self._definitions.setdefault(definition.get("name"), []).append(definition)

    def names(self) -> Names:
        """By device with an address, and by attribute, the values that the grammar lists."""
        found: dict[str, dict[str, set[str]]] = {}
        for definition in self._definitions["devices"]:
            for devices in self._children(definition, "element"):
                for device in self._children(devices, "element"):
                    if any(child.get("name") == "address" for child in self._children(device, "element")):
                        self._collect(device, found.setdefault(device.get("name"), {}))
        return {
            kind: {field: sorted(values) for field, values in sorted(fields.items()) if values}
            for kind, fields in sorted(found.items())
        }

    def _collect(self, device: etree._Element, fields: dict[str, set[str]]) -> None:
        for attribute in self._children(device, "attribute"):
            if attribute.get("name") in _OWN:
                fields.setdefault(attribute.get("name"), set()).update(self._values(attribute))
        for child in self._children(device, "element"):
            for attribute in self._children(child, "attribute"):
                if attribute.get("name") in _INNER.get(child.get("name"), ()):
                    name = f"{child.get('name')}/{attribute.get('name')}"
                    fields.setdefault(name, set()).update(self._values(attribute))

    def _children(
        self, node: etree._Element, kind: str, seen: frozenset[str] = frozenset()
    ) -> Iterator[etree._Element]:
        """The elements or attributes that stand directly in ``node``, whatever definitions they come from."""
        for child in node:
            if child.tag == _RNG + kind:
                yield child
            elif child.tag == _RNG + "ref" and child.get("name") not in seen:
                for definition in self._definitions.get(child.get("name"), ()):
                    yield from self._children(definition, kind, seen | {child.get("name")})
            elif isinstance(child.tag, str) and child.tag not in (_RNG + "element", _RNG + "attribute"):
                yield from self._children(child, kind, seen)

    def _values(self, node: etree._Element, seen: frozenset[str] = frozenset()) -> Iterator[str]:
        for child in node.iter(_RNG + "value"):
            yield child.text or ""
        for reference in node.iter(_RNG + "ref"):
            if reference.get("name") not in seen:
                for definition in self._definitions.get(reference.get("name"), ()):
                    yield from self._values(definition, seen | {reference.get("name")})
