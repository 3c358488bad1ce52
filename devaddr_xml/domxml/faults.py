"""The error for a value that its place does not allow."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import msgspec

from devaddr_xml.domxml.document import Document, Node
from devaddr_xml.model.errors import DevaddrError, ValueInvalid
from devaddr_xml.model.notice import Notice

_LONGEST = 60
_NAMES = (("target", "dev"), ("mac", "address"), ("alias", "name"), ("target", "name"), ("target", "dir"))
_OWN = ("id", "model", "name", "type")
#: A PCI address as lspci prints it.
_LSPCI = r"(?:([0-9a-fA-F]{4}):)?([0-9a-fA-F]{1,2}):([0-9a-fA-F]{1,2})\.([0-7])"
_HEXADECIMAL = r"[0-9a-fA-F]+"
_SIZE = r"\s*(\d+)\s*([kKMGTP](?:i?B)?)\s*"
#: Numbers of an address that libvirt prints in hexadecimal.
_USUALLY_HEXADECIMAL = frozenset(("domain", "bus", "slot", "function", "iobase", "irq", "reg", "devno", "base"))
_ON = frozenset(("on", "yes", "true", "1", "enable", "enabled"))
_OFF = frozenset(("off", "no", "false", "0", "disable", "disabled"))


def shown(text: str) -> str:
    """A value of the document for a message: quoted, and not longer than is useful."""
    return repr(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")


def invalid_value(
    document: Document, node: Node, attribute: str | None, text: str | None, expected: str
) -> ValueInvalid:
    """The error for an attribute, or for the text of an element where ``attribute`` is none.

    text: the value that was found; none where it is missing.
    """
    tag = node.tag[:_LONGEST]
    place = f"attribute {attribute!r} of <{tag}>" if attribute else f"<{tag}>"
    device = device_around(document, node)
    who = called(device) if device is not None else None
    line = document.line(node)
    if text is None:
        remedy = f"Write <{tag} {attribute}='...'>" if attribute else f"Add <{tag}>"
        return ValueInvalid(f"{place} is missing: expected {expected}", device=who, line=line, remedy=remedy)
    remedy = remedy_for(node, attribute, text, device)
    return ValueInvalid(f"{place} is {shown(text)}: expected {expected}", device=who, line=line, remedy=remedy)


def remedy_for(node: Node, attribute: str | None, text: str, device: Node | None) -> str:
    """What to write instead of a value, where its likely meaning is known; device: that it is in, if it is in one."""
    if node.tag == "address" and (address := re.fullmatch(_LSPCI, text.strip())):
        domain, bus, slot, function = address.groups()
        return f"Write domain='0x{domain or '0000'}' bus='0x{bus}' slot='0x{slot}' function='0x{function}'"
    size = re.fullmatch(_SIZE, text)
    if attribute is None and size:
        return f"Write <{node.tag} unit='{size[2]}'>{size[1]}</{node.tag}>"
    if word := switched(text, ("on", "off")):
        return word
    if attribute in _USUALLY_HEXADECIMAL and re.fullmatch(_HEXADECIMAL, text) and not text.isdecimal():
        return f"Write {attribute}='0x{text}' for a hexadecimal number"
    if node.tag == "address" and attribute != "type" and device is not None and node in device.children:
        return "Correct it, or remove the <address>, and a place is chosen"
    return "Correct it, or leave it out" if device is not None else "Correct it"


def switched(text: str, known: Sequence[str]) -> str | None:
    """A remedy for a switch in other words than its own: ``on`` and ``off``, or ``yes`` and ``no``."""
    word = text.strip().lower()
    side = _ON if word in _ON and not word.isdigit() else _OFF if word in _OFF and not word.isdigit() else None
    found = next((value for value in known if side is not None and value in side), None)
    return f"Did you mean '{found}'?" if found is not None else None


def line_of(document: Document, part: str) -> int:
    """The line of a part of the domain, such as ``os/type``, or of what there is around its place."""
    node = document.root
    for tag in part.split("/"):
        node = node.first(tag) or node
    return document.line(node)


@contextmanager
def located(document: Document) -> Iterator[None]:
    """Give errors about a part of the domain the line of that part."""
    try:
        yield
    except DevaddrError as error:
        if error.line is None and error.about is not None:
            error.line = line_of(document, error.about)
        raise


def warned(document: Document, notices: Iterable[Notice]) -> tuple[Notice, ...]:
    """The warnings, where those about no element of the document have the line of its devices."""
    whole = line_of(document, "devices")
    return tuple([notice if notice.line else msgspec.structs.replace(notice, line=whole) for notice in notices])


def device_around(document: Document, node: Node) -> Node | None:
    """The device whose element has ``node`` in it, or is it."""
    for part in document.root.children:
        if part.tag == "devices":
            for device in part.children:
                if device.start <= node.start < device.end:
                    return device
    return None


def called(device: Node) -> str:
    """What a device's element is called in a message."""
    if device.tag == "controller" and (kind := device.attributes.get("type")):
        index, model = device.attributes.get("index", "?"), device.attributes.get("model")
        return f"controller {kind}.{index}" + (f" ({model})" if model else "")
    for tag, name in _NAMES:
        child = device.first(tag)
        if child is not None and child.attributes.get(name):
            return f"{device.tag} {child.attributes[name]}"
    own = next((device.attributes[name] for name in _OWN if device.attributes.get(name)), "")
    return f"{device.tag} {own}".strip()
