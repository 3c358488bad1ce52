"""The ``<address>`` of a device: read into the class of its type, and written as libvirt spells it."""

from __future__ import annotations

from collections.abc import Callable

from devaddr_xml.domxml.document import Document, Node
from devaddr_xml.domxml.elements import Element
from devaddr_xml.domxml.faults import invalid_value
from devaddr_xml.domxml.values import any_radix, decimal, hexadecimal, on_off
from devaddr_xml.model.address import (
    Address,
    CcidAddress,
    CcwAddress,
    DimmAddress,
    DriveAddress,
    IsaAddress,
    PciAddress,
    SpaprVioAddress,
    UnassignedAddress,
    UsbAddress,
    VirtioMmioAddress,
    VirtioSerialAddress,
)

_UINT64 = 0xFFFFFFFFFFFFFFFF
_MAX_HUB_DEPTH = 4


class _Attributes:
    """The attributes of one address element, with errors that name them."""

    __slots__ = ("document", "node")

    def __init__(self, document: Document, node: Node) -> None:
        self.document = document
        self.node = node

    def number(self, name: str, syntax: Callable[[str, int, int], int], high: int = 0xFFFFFFFF) -> int:
        """A number, 0 where it is absent."""
        text = self.node.attributes.get(name)
        if text is None:
            return 0
        if text == "0":
            return 0
        try:
            return syntax(text, 0, high)
        except ValueError as error:
            raise invalid_value(self.document, self.node, name, text, str(error)) from error

    def has(self, name: str) -> bool:
        return name in self.node.attributes


def read_address(document: Document, node: Node) -> Address | None:
    """The address that an ``<address>`` element gives; none for type none.

    Raises ValueInvalid for an unknown type and for numbers that are none or out of range.
    """
    word = node.attributes.get("type")
    if word is None or word == "none":
        if word is None:
            raise invalid_value(document, node, "type", None, "an address type")
        return None
    reader = _READERS.get(word)
    if reader is None:
        raise invalid_value(document, node, "type", word, f"one of {', '.join(_READERS)}")
    return reader(_Attributes(document, node))


def read_pci(document: Document, node: Node) -> PciAddress:
    """A PCI address, of a device in the guest or on the host."""
    return _read_pci(_Attributes(document, node))


def _read_pci(given: _Attributes) -> PciAddress:
    attributes = given.node.attributes
    domain = given.number("domain", any_radix)
    bus = given.number("bus", any_radix)
    slot = given.number("slot", any_radix)
    function = given.number("function", any_radix)
    if domain or bus or slot:
        for name, value, high in (("bus", bus, 0xFF), ("slot", slot, 0x1F), ("function", function, 7)):
            if value > high:
                raise invalid_value(given.document, given.node, name, attributes[name], f"at most 0x{high:x}")
    multifunction = None
    if "multifunction" in attributes:
        try:
            multifunction = on_off(attributes["multifunction"])
        except ValueError as error:
            text = attributes["multifunction"]
            raise invalid_value(given.document, given.node, "multifunction", text, str(error)) from error
    uid = fid = None
    if given.node.children and (zpci := given.node.first("zpci")) is not None:
        ids = _Attributes(given.document, zpci)
        uid = ids.number("uid", any_radix) if ids.has("uid") else None
        fid = ids.number("fid", any_radix) if ids.has("fid") else None
    return PciAddress(domain, bus, slot, function, multifunction, uid, fid)


def _read_drive(given: _Attributes) -> DriveAddress:
    return DriveAddress(
        given.number("controller", decimal),
        given.number("bus", decimal),
        given.number("target", decimal),
        given.number("unit", decimal),
    )


def _read_usb(given: _Attributes) -> UsbAddress:
    path = given.node.attributes.get("port")
    port: tuple[int, ...] = ()
    if path is not None:
        try:
            port = tuple(decimal(part) for part in path.split("."))
        except ValueError:
            port = (0,) * (_MAX_HUB_DEPTH + 1)
        if len(port) > _MAX_HUB_DEPTH:
            expected = f"up to {_MAX_HUB_DEPTH} port numbers with dots between them"
            raise invalid_value(given.document, given.node, "port", path, expected)
        if 0 in port:
            port = port[: port.index(0)]
    return UsbAddress(given.number("bus", decimal), port)


def _read_virtio_serial(given: _Attributes) -> VirtioSerialAddress:
    return VirtioSerialAddress(
        given.number("controller", decimal), given.number("bus", decimal), given.number("port", decimal)
    )


def _read_ccid(given: _Attributes) -> CcidAddress:
    return CcidAddress(given.number("controller", decimal), given.number("slot", decimal))


def _read_ccw(given: _Attributes) -> CcwAddress:
    missing = [name for name in ("cssid", "ssid", "devno") if not given.has(name)]
    if len(missing) == 3:
        return CcwAddress()
    if missing:
        raise invalid_value(given.document, given.node, missing[0], None, "all of cssid, ssid and devno, or none")
    return CcwAddress(
        given.number("cssid", any_radix, 254),
        given.number("ssid", any_radix, 3),
        given.number("devno", any_radix, 65535),
    )


def _read_spapr_vio(given: _Attributes) -> SpaprVioAddress:
    return SpaprVioAddress(given.number("reg", hexadecimal) if given.has("reg") else None)


def _read_isa(given: _Attributes) -> IsaAddress:
    return IsaAddress(given.number("iobase", hexadecimal), given.number("irq", hexadecimal))


def _read_dimm(given: _Attributes) -> DimmAddress:
    if not given.has("slot"):
        raise invalid_value(given.document, given.node, "slot", None, "the number of a memory slot")
    return DimmAddress(given.number("slot", decimal), given.number("base", hexadecimal, _UINT64))


_READERS: dict[str, Callable[[_Attributes], Address]] = {
    "pci": _read_pci,
    "drive": _read_drive,
    "usb": _read_usb,
    "virtio-serial": _read_virtio_serial,
    "ccid": _read_ccid,
    "ccw": _read_ccw,
    "spapr-vio": _read_spapr_vio,
    "virtio-mmio": lambda given: VirtioMmioAddress(),
    "isa": _read_isa,
    "dimm": _read_dimm,
    "unassigned": lambda given: UnassignedAddress(),
}


def address_element(address: Address) -> Element:
    """The ``<address>`` element of an address, as libvirt prints it (formatdomain: device addresses)."""
    children: tuple[Element, ...] = ()
    if isinstance(address, PciAddress):
        text = "type='pci'"
        if not address.empty:
            text = (
                f"type='pci' domain='0x{address.domain:04x}' bus='0x{address.bus:02x}'"
                f" slot='0x{address.slot:02x}' function='0x{address.function:d}'"
            )
        if address.multifunction is not None:
            text += " multifunction='on'" if address.multifunction else " multifunction='off'"
        if address.zpci_uid is not None or address.zpci_fid is not None:
            children = (Element("zpci", f"uid='0x{address.zpci_uid or 0:04x}' fid='0x{address.zpci_fid or 0:08x}'"),)
    elif isinstance(address, DriveAddress):
        text = (
            f"type='drive' controller='{address.controller}' bus='{address.bus}'"
            f" target='{address.target}' unit='{address.unit}'"
        )
    elif isinstance(address, UsbAddress):
        text = f"type='usb' bus='{address.bus}'"
        if address.port:
            text += f" port='{'.'.join(map(str, address.port))}'"
    elif isinstance(address, VirtioSerialAddress):
        text = f"type='virtio-serial' controller='{address.controller}' bus='{address.bus}' port='{address.port}'"
    elif isinstance(address, CcidAddress):
        text = f"type='ccid' controller='{address.controller}' slot='{address.slot}'"
    elif isinstance(address, CcwAddress):
        text = "type='ccw'"
        if address.devno is not None:
            text += f" cssid='0x{address.cssid or 0:x}' ssid='0x{address.ssid or 0:x}' devno='0x{address.devno:04x}'"
    elif isinstance(address, SpaprVioAddress):
        text = "type='spapr-vio'" + ("" if address.reg is None else f" reg='0x{address.reg:08x}'")
    elif isinstance(address, IsaAddress):
        text = "type='isa'"
        text += f" iobase='0x{address.iobase:x}'" if address.iobase else ""
        text += f" irq='0x{address.irq:x}'" if address.irq else ""
    elif isinstance(address, DimmAddress):
        text = f"type='dimm' slot='{address.slot}'" + (f" base='0x{address.base:x}'" if address.base else "")
    elif isinstance(address, VirtioMmioAddress):
        text = "type='virtio-mmio'"
    else:
        text = "type='unassigned'"
    return Element("address", text, children)
