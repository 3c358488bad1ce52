"""Elements and attributes that nothing reads although they look as if something did."""

from __future__ import annotations

from collections.abc import Iterator

from devaddr_xml.domxml.devices import LAYOUTS
from devaddr_xml.domxml.document import Document, Node
from devaddr_xml.domxml.facts.table import place_for
from devaddr_xml.model.hints import Hints
from devaddr_xml.model.notice import Notice

#: Elements in ``<devices>`` that are no devices of the guest but known to libvirt.
_NO_DEVICES = frozenset(("emulator", "redirfilter", "lease"))
#: Elements of a domain that are called like a device.
_OF_DOMAIN = frozenset(("memory",))
#: How a namespace begins that is meant to be ours.
_NEARLY = ("devaddr", "urn:devaddr")
_HINT_NAMES = frozenset(Hints.__struct_encode_fields__)


def stray_parts(document: Document) -> Iterator[Notice]:
    """Warnings about unknown elements in ``<devices>``, devices outside it, and hints that are none."""
    for part in document.root.children:
        if part.tag == "devices":
            yield from _in_devices(document, part)
        elif part.tag in LAYOUTS and part.tag not in _OF_DOMAIN:
            message = f"<{part.tag}> is outside <devices>, where nothing reads it. Move it into <devices>"
            yield Notice(message, part.tag, document.line(part))


def _in_devices(document: Document, devices: Node) -> Iterator[Notice]:
    for node in devices.children:
        if node.tag in LAYOUTS:
            yield from _hint_attributes(document, node)
        elif node.tag not in _NO_DEVICES and "}" not in node.tag:
            from difflib import get_close_matches  # seldom needed

            nearest = get_close_matches(node.tag, LAYOUTS, 1, 0.6)
            hint = f". Did you mean <{nearest[0]}>?" if nearest else ""
            shown = node.tag[:60]
            yield Notice(
                f"<{shown}> is no device that libvirt knows, and is left out{hint}", shown, document.line(node)
            )


def _hint_attributes(document: Document, node: Node) -> Iterator[Notice]:
    looked_at = [name for name in node.attributes if name in _HINT_NAMES or "}" in name]
    if not looked_at:
        return
    from devaddr_xml.model.vocabulary import NAMESPACE, PREFIX

    for name in looked_at:
        namespace, brace, local = name.rpartition("}")
        if brace and namespace != NAMESPACE and namespace.lower().startswith(_NEARLY):
            message = f"the attribute {local} is in the namespace {namespace[:60]!r}, which is not {NAMESPACE!r}"
            yield Notice(message, node.tag, document.line(node))
        elif not brace and name in _HINT_NAMES and name not in _own_attributes(node.tag):
            message = f"{name} is no attribute of <{node.tag}>. The hint is {PREFIX}:{name}"
            yield Notice(message, node.tag, document.line(node))


def _own_attributes(tag: str) -> set[str]:
    """The attributes of libvirt's own that an element can have."""
    place = place_for(tag)
    return {name for name, _ in LAYOUTS[tag].branch.attributes} | set(place.attributes if place is not None else ())
