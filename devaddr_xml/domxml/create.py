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
    element = branch_element(layout.tag, layout.branch, layout.written(device)) or Element(layout.tag)
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


def branch_element(tag: str, branch: Branch, values: dict[str, Any]) -> Element | None:
    """The element for those of ``values``, by field name, that belong into one branch; none if there are none."""
    attributes = ""
    for attribute, field in branch.attributes:
        value = values.get(field.name)
        if value is not None:
            text = field.show(value)
            attributes += f" {attribute}='{escaped(text)}'"
    content = ""
    if branch.text is not None and (value := values.get(branch.text.name)) is not None:
        content = escaped(branch.text.show(value))
    children: tuple[Element, ...] = ()
    for name, inner in branch.children.items():
        if not inner.names.isdisjoint(values):
            child = branch_element(name, inner, values)
            if child is not None:
                children += (child,)
    if not (attributes or content or children or (branch.presence and values[branch.presence.name])):
        return None
    return Element(tag, attributes[1:], children, content)


def _with_address(layout: Layout, children: tuple[Element, ...], address: Element) -> tuple[Element, ...]:
    """The children with the address where libvirt prints it."""
    rank = layout.order["address"]
    place = len(children)
    while place and layout.order.get(children[place - 1].tag, -1) > rank:
        place -= 1
    return (*children[:place], address, *children[place:])


def _video_model(device: Device) -> Element:
    """The ``<model>`` of the video device that comes with a graphics server: the primary one, with one head."""
    model = device.model or ""
    attributes = f"type='{escaped(model)}'"
    if model in _VIDEO_MEMORY:
        attributes += f" vram='{_VIDEO_MEMORY[model]}'"
    if model != "none":
        attributes += " heads='1' primary='yes'"
    return Element("model", attributes)
