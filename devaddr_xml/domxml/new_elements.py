"""Elements for devices that the document did not have, with children and attributes in libvirt's order."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from devaddr_xml.domxml.addresses import address_text, zpci_spelling
from devaddr_xml.domxml.devices import LAYOUTS
from devaddr_xml.domxml.document import Node
from devaddr_xml.domxml.element_map import Branch
from devaddr_xml.domxml.elements import Copied, Element, New, Style, attribute_text, children_text, closed, escaped
from devaddr_xml.domxml.splice import Splicer
from devaddr_xml.model.address import Address
from devaddr_xml.model.device import Controller, Device, Iommu

#: Video memory in KiB that libvirt states for a model (the attribute ``vram``).
_VIDEO_MEMORY = {"vga": "16384", "cirrus": "16384", "vmvga": "16384", "bochs": "16384", "xen": "4096"}
#: What says where a character device leads, on the host.
_SHARED_ATTRIBUTES = ("type", "tty")
_SHARED_CHILDREN = ("source", "protocol", "log")


class NewAddress(msgspec.Struct, frozen=True):
    """The ``<address>`` element of an address."""

    address: Address

    @property
    def tag(self) -> str:
        """The name of the element."""
        return "address"

    def text(self, break_: str, style: Style) -> str:
        """The element as libvirt prints it."""
        return _address_element(self.address, break_, style)


def _address_element(address: Address, break_: str, style: Style) -> str:
    start = "<address" + address_text(address, style.quote)
    ids = zpci_spelling(address)
    if not ids:
        return start + "/>"
    return closed(start, "address", children_text((Element("zpci", ids),), break_, style), break_)


class NewBranch(msgspec.Struct, frozen=True):
    """An element below a device, with those of the device's values that belong into it."""

    tag: str
    branch: Branch
    values: dict[str, str]

    def text(self, break_: str, style: Style) -> str:
        """The element as libvirt prints it."""
        return branch_text(self.tag, self.branch, self.values, break_, style)


class NewDevice(msgspec.Struct, frozen=True):
    """The element of a device."""

    device: Device

    @property
    def tag(self) -> str:
        """The name of the element."""
        return self.device.kind

    def text(self, break_: str, style: Style) -> str:
        """The element as libvirt prints it."""
        device = self.device
        if device.kind == "video":
            return Element("video", {}, (_video_model(device), *_address_of(device))).text(break_, style)
        values = LAYOUTS[device.kind].written(device)
        if isinstance(device, Controller) and device.pcihole64 is not None:
            return _with_hole(device, values).text(break_, style)
        if device.address is not None:
            values["address"] = _address_element(device.address, break_ + style.step if break_ else "", style)
        return _template(device.kind, tuple(values), break_, style) % values


@lru_cache(maxsize=256)
def _template(kind: str, names: tuple[str, ...], break_: str, style: Style) -> str:
    """The text of a device that has these fields, with the name of a field where its value goes.

    Guests have many devices that differ in nothing but values.
    """
    branch = LAYOUTS[kind].branch
    values = {name: f"%({name})s" for name in names}
    address = (break_ + style.step if break_ else "") + values["address"] if "address" in values else ""
    return branch_text(kind, branch, values, break_, style, address)


class Twin(msgspec.Struct, frozen=True):
    """The element of a serial port or console that repeats the other one, ``node``: it has the same source.

    shared: the attributes and children that both have.
    """

    device: Device
    attributes: str
    shared: tuple[Copied, ...]

    @property
    def tag(self) -> str:
        """The name of the element."""
        return self.device.kind

    def text(self, break_: str, style: Style) -> str:
        """The element as libvirt prints it."""
        layout = LAYOUTS[self.device.kind]
        values = layout.written(self.device)
        own = [NewBranch(tag, branch, values) for tag, branch in layout.branch.present(values)]
        children: tuple[New, ...] = (*self.shared, *own, *_address_of(self.device))
        return closed(f"<{self.tag}{self.attributes}", self.tag, children_text(children, break_, style), break_)


def twin_of(splicer: Splicer, node: Node, device: Device) -> Twin:
    """The element of ``device``, which repeats the one of ``node``: what says where it leads is the same."""
    text = splicer.document.text
    shared = [
        Copied(child.tag, text[child.start : splicer.document.end(child)])
        for child in node.children
        if child.tag in _SHARED_CHILDREN
    ]
    attributes = ""
    for name, quoted in splicer.quoted_attributes(node):
        _, declares, prefix = name.partition("xmlns:")
        if name in _SHARED_ATTRIBUTES or (declares and any(f"{prefix}:" in child.source for child in shared)):
            attributes += f" {name}={quoted}"
    return Twin(device, attributes, tuple(shared))


def _with_hole(device: Controller, values: dict[str, str]) -> Element:
    """The element of a PCI root whose 64-bit hole is stated."""
    branch = LAYOUTS[device.kind].branch
    attributes = {name: values[field.name] for name, field in branch.attributes if field.name in values}
    own = [NewBranch(tag, inner, values) for tag, inner in branch.present(values)]
    return Element(device.kind, attributes, (*own, *_address_of(device), hole_of(device)))


def hole_of(controller: Controller) -> Copied:
    """The size of the 64-bit hole of a PCI root."""
    return Copied("pcihole64", f"<pcihole64 unit='KiB'>{controller.pcihole64}</pcihole64>")


def copied_iommu(splicer: Splicer, node: Node, device: Iommu) -> Element:
    """The element of an IOMMU that is as the one of ``node``, and serves another bus."""
    text = splicer.document.text
    children: list[New] = []
    driver = {"pciBus": str(device.pci_bus)}
    for child in node.children:
        if child.tag == "driver":
            own = {name: quoted[1:-1] for name, quoted in splicer.quoted_attributes(child)}
            children.append(Element("driver", own | driver))
            driver = {}
        elif child.tag not in ("alias", "address"):
            children.append(Copied(child.tag, text[child.start : splicer.document.end(child)]))
    if driver:
        children.insert(0, Element("driver", driver))
    attributes = {
        name: quoted[1:-1]
        for name, quoted in splicer.quoted_attributes(node)
        if ":" not in name and not name.startswith("xmlns")
    }
    return Element("iommu", attributes, tuple(children))


def branch_text(tag: str, branch: Branch, values: dict[str, str], break_: str, style: Style, address: str = "") -> str:
    """An element with those of ``values``, by field name, that belong into it.

    address: the text of the device's address, with the line break before it.
    """
    attributes = {attribute: values[field.name] for attribute, field in branch.attributes if field.name in values}
    start = f"<{tag}{attribute_text(attributes, style.quote)}"
    if branch.text is not None and branch.text.name in values:
        return f"{start}>{values[branch.text.name]}</{tag}>"
    children = [NewBranch(name, child, values) for name, child in branch.present(values)]
    return closed(start, tag, children_text(children, break_, style) + address, break_)


def _address_of(device: Device) -> tuple[New, ...]:
    return () if device.address is None else (NewAddress(device.address),)


def _video_model(device: Device) -> Element:
    """The ``<model>`` of the video device that comes with a graphics server: the primary one, with one head."""
    model = device.model or ""
    attributes = {"type": escaped(model)}
    if model in _VIDEO_MEMORY:
        attributes["vram"] = _VIDEO_MEMORY[model]
    if model != "none":
        attributes |= {"heads": "1", "primary": "yes"}
    return Element("model", attributes)
