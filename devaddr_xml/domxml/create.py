"""Elements for devices that the document did not have, with children and attributes in libvirt's order."""

from __future__ import annotations

from typing import Any

from devaddr_xml.domxml.addresses import address_element
from devaddr_xml.domxml.devices import LAYOUTS
from devaddr_xml.domxml.document import BLANK, Document, Node
from devaddr_xml.domxml.elements import Element, escaped
from devaddr_xml.domxml.layout import Branch, Layout
from devaddr_xml.model.device import Device

#: Video memory in KiB that libvirt states for a model (the attribute ``vram``).
_VIDEO_MEMORY = {"vga": 16384, "cirrus": 16384, "vmvga": 16384, "bochs": 16384, "xen": 4096}
#: Children of a character device that are its own, and are not shared by its twin.
_OWN_CHILDREN = ("target", "alias", "address")


def device_element(device: Device) -> Element:
    """The element of a new device."""
    layout = LAYOUTS[device.kind]
    element = branch_element(layout.tag, layout.branch, device) or Element(layout.tag)
    if device.kind == "video":
        element = element._replace(children=(_video_model(device),))
    if device.address is None:
        return element
    return element._replace(children=_with_address(layout, element.children, address_element(device.address)))


def twin_element(document: Document, node: Node, device: Device) -> Element:
    """The element of a serial port or console that repeats the other: the same source, with its own target."""
    element = device_element(device)
    text = document.text
    start = text[node.start : document.start_tag_end(node)].removesuffix(">").removesuffix("/").rstrip(BLANK)
    _, _, attributes = start.partition(node.tag)
    shared = tuple(
        Element("", content=text[child.start : document.end(child)])
        for child in node.children
        if child.tag not in _OWN_CHILDREN
    )
    return element._replace(attributes=attributes.strip(BLANK), children=shared + element.children, copied=True)


def branch_element(tag: str, branch: Branch, device: Device) -> Element | None:
    """The element that says what ``device`` has of the fields of one branch; none if it has nothing to say."""
    attributes = attribute_text(branch, device)
    content = ""
    if branch.text is not None and (value := getattr(device, branch.text.name)) is not None:
        content = escaped(branch.text.show(value))
    children = []
    for name, inner in branch.children.items():
        child = branch_element(name, inner, device)
        if child is not None:
            children.append(child)
    if not (attributes or content or children or (branch.presence and getattr(device, branch.presence.name))):
        return None
    return Element(tag, attributes, tuple(children), content)


def attribute_text(branch: Branch, device: Device) -> str:
    """The attributes of a branch, in single quotes."""
    values: list[tuple[str, Any, Any]] = [
        (attribute, value, field.show)
        for attribute, field in branch.attributes
        if field.written and (value := getattr(device, field.name)) is not None
    ]
    return " ".join([f"{attribute}='{escaped(show(value))}'" for attribute, value, show in values])


def _with_address(layout: Layout, children: tuple[Element, ...], address: Element) -> tuple[Element, ...]:
    """The children with the address where libvirt prints it."""
    rank = layout.order["address"]
    before = tuple(child for child in children if layout.order.get(child.tag, -1) < rank)
    return (*before, address, *children[len(before) :])


def _video_model(device: Device) -> Element:
    """The ``<model>`` of the video device that comes with a graphics server: the primary one, with one head."""
    model = device.model or ""
    attributes = f"type='{escaped(model)}'"
    if model in _VIDEO_MEMORY:
        attributes += f" vram='{_VIDEO_MEMORY[model]}'"
    if model != "none":
        attributes += " heads='1' primary='yes'"
    return Element("model", attributes)
