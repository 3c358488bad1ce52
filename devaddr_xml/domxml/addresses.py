"""The ``<address>`` of a device: read into the class of its type, and written as libvirt spells it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from devaddr_xml.domxml.document import Document, Node
from devaddr_xml.domxml.elements import attribute_text
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

#: How libvirt prints the numbers of the PCI addresses that a guest can have.
_DOMAINS = {"0x0000": 0}
_BUSES = {f"0x{number:02x}": number for number in range(256)}
_SLOTS = {f"0x{number:02x}": number for number in range(32)}
_FUNCTIONS = {f"0x{number}": number for number in range(8)}


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


def usual_pci(node: Node) -> PciAddress | None:
    """The PCI address of an ``<address>`` that says it just as libvirt prints it; none for any other element.

    Large documents hold hundreds of them; everything else goes through `read_address`.
    """
    attributes = node.attributes
    if len(attributes) != 5 or node.children or attributes.get("type") != "pci":
        return None
    try:
        domain = _DOMAINS[attributes["domain"]]
        bus = _BUSES[attributes["bus"]]
        slot = _SLOTS[attributes["slot"]]
        address = PciAddress(domain, bus, slot, _FUNCTIONS[attributes["function"]])
    except KeyError:
        return None
    return None if address.empty else address


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
            port = tuple([decimal(part) for part in path.split(".")])
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


def address_spelling(address: Address) -> dict[str, str]:
    """The attributes of an ``<address>`` as libvirt prints them (formatdomain: device addresses)."""
    return _SPELLINGS[type(address)](address)


@cache
def _pci_template(quote: str) -> str:
    return attribute_text({"type": "pci"} | _PCI_NUMBERS, quote)


def address_text(address: Address, quote: str) -> str:
    """The attributes of an ``<address>`` as text, each with a space before it."""
    if type(address) is PciAddress and address.multifunction is None:
        numbers = address.domain, address.bus, address.slot, address.function
        if any(numbers[:3]):
            return _pci_template(quote) % numbers
    return attribute_text(address_spelling(address), quote)


def zpci_spelling(address: Address) -> dict[str, str]:
    """The attributes of the ``<zpci>`` in an ``<address>``; empty where there is none."""
    if type(address) is not PciAddress or (address.zpci_uid is None and address.zpci_fid is None):
        return {}
    return {"uid": f"0x{address.zpci_uid or 0:04x}", "fid": f"0x{address.zpci_fid or 0:08x}"}


#: How the numbers of a PCI address are printed.
_PCI_NUMBERS = {"domain": "0x%04x", "bus": "0x%02x", "slot": "0x%02x", "function": "0x%d"}


def _spell_pci(address: PciAddress) -> dict[str, str]:
    spelled = {"type": "pci"}
    if not address.empty:
        numbers = (address.domain, address.bus, address.slot, address.function)
        for (name, form), number in zip(_PCI_NUMBERS.items(), numbers, strict=True):
            spelled[name] = form % number
    if address.multifunction is not None:
        spelled["multifunction"] = "on" if address.multifunction else "off"
    return spelled


def _spell_drive(address: DriveAddress) -> dict[str, str]:
    return {
        "type": "drive",
        "controller": str(address.controller),
        "bus": str(address.bus),
        "target": str(address.target),
        "unit": str(address.unit),
    }


def _spell_usb(address: UsbAddress) -> dict[str, str]:
    spelled = {"type": "usb", "bus": str(address.bus)}
    if address.port:
        spelled["port"] = ".".join(map(str, address.port))
    return spelled


def _spell_virtio_serial(address: VirtioSerialAddress) -> dict[str, str]:
    controller, bus, port = address.controller, address.bus, address.port
    return {"type": "virtio-serial", "controller": str(controller), "bus": str(bus), "port": str(port)}


def _spell_ccid(address: CcidAddress) -> dict[str, str]:
    return {"type": "ccid", "controller": str(address.controller), "slot": str(address.slot)}


def _spell_ccw(address: CcwAddress) -> dict[str, str]:
    if address.cssid is None or address.ssid is None or address.devno is None:
        return {"type": "ccw"}
    cssid, ssid, devno = address.cssid, address.ssid, address.devno
    return {"type": "ccw", "cssid": f"0x{cssid:x}", "ssid": f"0x{ssid:x}", "devno": f"0x{devno:04x}"}


def _spell_spapr_vio(address: SpaprVioAddress) -> dict[str, str]:
    return {"type": "spapr-vio"} if address.reg is None else {"type": "spapr-vio", "reg": f"0x{address.reg:08x}"}


def _spell_isa(address: IsaAddress) -> dict[str, str]:
    numbers = {"iobase": address.iobase, "irq": address.irq}
    return {"type": "isa", **{name: f"0x{value:x}" for name, value in numbers.items() if value}}


def _spell_dimm(address: DimmAddress) -> dict[str, str]:
    spelled = {"type": "dimm", "slot": str(address.slot)}
    if address.base:
        spelled["base"] = f"0x{address.base:x}"
    return spelled


_SPELLINGS: dict[type[Address], Callable[[Any], dict[str, str]]] = {
    PciAddress: _spell_pci,
    DriveAddress: _spell_drive,
    UsbAddress: _spell_usb,
    VirtioSerialAddress: _spell_virtio_serial,
    CcidAddress: _spell_ccid,
    CcwAddress: _spell_ccw,
    SpaprVioAddress: _spell_spapr_vio,
    IsaAddress: _spell_isa,
    DimmAddress: _spell_dimm,
    VirtioMmioAddress: lambda address: {"type": "virtio-mmio"},
    UnassignedAddress: lambda address: {"type": "unassigned"},
}

#: The attributes that an address of each type can have, beside its type.
ADDRESS_ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "pci": ("domain", "bus", "slot", "function", "multifunction"),
    "drive": ("controller", "bus", "target", "unit"),
    "usb": ("bus", "port"),
    "virtio-serial": ("controller", "bus", "port"),
    "ccid": ("controller", "slot"),
    "ccw": ("cssid", "ssid", "devno"),
    "spapr-vio": ("reg",),
    "virtio-mmio": (),
    "isa": ("iobase", "irq"),
    "dimm": ("slot", "base"),
    "unassigned": (),
}


def is_spelled(node: Node, address: Address) -> bool:
    """Whether an ``<address>`` element says its address the way libvirt prints it."""
    given = node.attributes
    spelled = address_spelling(address)
    if not spelled.items() <= given.items():
        return False
    if len(spelled) < len(given) and any(n in given and n not in spelled for n in ADDRESS_ATTRIBUTES[given["type"]]):
        return False
    zpci = node.first("zpci")
    return zpci_spelling(address).items() <= zpci.attributes.items() if zpci is not None else True
