"""What a device is on the host: the sources of host devices, of interfaces that are such, and of disks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from devaddr_xml.domxml.addresses import read_pci
from devaddr_xml.domxml.document import Document, Node
from devaddr_xml.model.device import HostSource

#: Attributes of a disk's ``<source>`` that say where its data is.
_DISK_SOURCES = frozenset(("file", "dev", "dir", "protocol", "pool", "path", "type", "volume"))
#: Those of them that tell one disk from another; a protocol does it together with a name.
_DISK_NAMES = ("file", "dev", "dir", "protocol", "name", "pool", "volume", "path")
#: Attributes that identify a host device, by the child of ``<source>`` that has them.
_KEYS = (
    ("vendor", ("id",)),
    ("product", ("id",)),
    ("adapter", ("name",)),
    ("address", ("bus", "device", "port", "target", "unit")),
    ("host", ("name", "port")),
)


def _disk(document: Document, node: Node, values: dict[str, Any]) -> None:
    source = node.first("source")
    attributes = source.attributes if source is not None else {}
    values["has_source"] = not _DISK_SOURCES.isdisjoint(attributes)
    words = [f"{name}={attributes[name]}" for name in _DISK_NAMES if name in attributes]
    if words and (len(words) > 1 or "protocol" not in attributes):
        values["source"] = " ".join(words)


def _interface(document: Document, node: Node, values: dict[str, Any]) -> None:
    if values.get("type") != "hostdev" or (source := node.first("source")) is None:
        return
    address = source.first("address")
    kind = address.attributes.get("type") if address is not None else None
    values["source_type"] = kind
    values["source"] = _source(document, source, kind)


def _hostdev(document: Document, node: Node, values: dict[str, Any]) -> None:
    source = node.first("source")
    if source is not None:
        values["source"] = _source(document, source, values.get("type"))


def _source(document: Document, source: Node, kind: str | None) -> HostSource | None:
    """What a host device's ``<source>`` names."""
    address = source.first("address")
    if kind == "pci":
        return HostSource(pci=read_pci(document, address)) if address is not None else None
    if kind == "mdev":
        uuid = address.attributes.get("uuid") if address is not None else None
        return HostSource(uuid=uuid.lower()) if uuid else None
    words = [
        f"{name}={_number(value)}" for name, value in source.attributes.items() if name in ("protocol", "name", "wwpn")
    ]
    for tag, names in _KEYS:
        child = source.first(tag)
        if child is not None:
            words += [f"{tag}-{name}={_number(child.attributes[name])}" for name in names if name in child.attributes]
    for tag in ("block", "char", "interface"):
        child = source.first(tag)
        if child is not None:
            words.append(f"{tag}={document.content(child)}")
    by_port = kind == "usb" and address is not None and "device" not in address.attributes
    port = address.attributes.get("port") if address is not None and by_port else None
    return HostSource(key=" ".join((kind or "", *words)), usb_port=port) if words else None


def _number(text: str) -> str:
    """One spelling for equal numbers."""
    try:
        return str(int(text, 0)) if len(text) <= 20 else text
    except ValueError:
        return str(int(text)) if text.isdecimal() and text.isascii() and len(text) <= 20 else text


#: What reads the source of a device, by element.
IDENTITIES: dict[str, Callable[[Document, Node, dict[str, Any]], None]] = {
    "disk": _disk,
    "interface": _interface,
    "hostdev": _hostdev,
}
