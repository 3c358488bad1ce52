"""Where a device is, as one line of text: read from an ``<address>`` element, or from what QEMU says of the device."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from lxml import etree

#: The parts of each type of address, with the number base in which they are shown; parts that are not given are 0.
_PARTS: dict[str, tuple[tuple[str, str], ...]] = {
    "pci": (("domain", "{:04x}"), ("bus", ":{:02x}"), ("slot", ":{:02x}"), ("function", ".{:x}")),
    "drive": (("controller", "{}"), ("bus", ":{}"), ("target", ":{}"), ("unit", ":{}")),
    "virtio-serial": (("controller", "{}"), ("bus", ":{}"), ("port", ":{}")),
    "ccid": (("controller", "{}"), ("slot", ":{}")),
    "ccw": (("cssid", "{:x}"), ("ssid", ".{:x}"), ("devno", ".{:04x}")),
    "spapr-vio": (("reg", "{:#x}"),),
    "dimm": (("slot", "slot {}"),),
}

#: What a PCI controller says of itself beyond its address: path below ``<target>``, and its name in the text.
_TARGETS = (("@busNr", "bus number"), ("node", "node"), ("@chassis", "chassis"), ("@port", "port"))


def address_place(device: etree._Element) -> str | None:
    """The place that the device's ``<address>`` names, such as ``pci 0000:01:00.0``; None if it names none."""
    address = device.find("address")
    kind = None if address is None else address.get("type")
    if address is None or kind in (None, "none", "unassigned"):
        return None
    if kind == "usb":
        return f"usb {address.get('bus', '0')}:{address.get('port')}" if address.get("port") else None
    if kind not in _PARTS:
        return kind
    return f"{kind} " + "".join(form.format(int(address.get(part, "0"), 0)) for part, form in _PARTS[kind])


def port_details(controller: etree._Element) -> dict[str, int]:
    """The numbers of a PCI controller that the guest or QEMU sees, by name."""
    found = {}
    target = controller.find("target")
    for path, name in _TARGETS if target is not None and controller.get("type") == "pci" else ():
        value = target.get(path[1:]) if path.startswith("@") else target.findtext(path)  # type: ignore[union-attr]
        if value is not None:
            found[name] = int(value, 0)
    return found


def qemu_place(properties: Mapping[str, Any], controller: str | None = None) -> str | None:
    """The place in QEMU's properties of a device, in the words of `address_place`; None where they have none.

    controller: on which kind of disk controller the device is: its model for SCSI, else ``sata`` or ``ide``.
    """
    bus = str(properties.get("parent_bus", "")).rpartition("/")[2]
    if "devno" in properties and bus.startswith("virtual-css"):
        return f"ccw {properties['devno']}"
    for pattern, place in _BUSES:
        match = pattern.fullmatch(bus)
        if match:
            return place(int(match[1] or 0), int(match[2] or 0), properties, controller)
    return None


def qemu_port_details(properties: Mapping[str, Any]) -> dict[str, int]:
    """What QEMU says of a PCI controller's numbers, in the words of `port_details`."""
    known = {"bus_nr": "bus number", "numa_node": "node", "chassis": "chassis", "port": "port"}
    return {name: properties[key] for key, name in known.items() if isinstance(properties.get(key), int)}


_Place = Callable[[int, int, Mapping[str, Any], "str | None"], "str | None"]


def _on_pci(number: int, _part: int, properties: Mapping[str, Any], _on: str | None) -> str | None:
    at = properties.get("addr")
    return None if at is None else f"pci 0000:{number:02x}:{at >> 3:02x}.{at & 7:x}"


def _on_scsi(number: int, _part: int, properties: Mapping[str, Any], controller: str | None) -> str:
    if controller not in _UNIT_IS_TARGET:
        return f"drive {number}:{properties.get('channel', 0)}:{properties['scsi-id']}:{properties['lun']}"
    return f"drive {number}:{properties.get('channel', 0)}:{properties['lun']}:{properties['scsi-id']}"


def _on_usb(number: int, _part: int, properties: Mapping[str, Any], _on: str | None) -> str:
    return f"usb {number}:{properties['port']}"


def _on_sata(number: int, part: int, _properties: Mapping[str, Any], _on: str | None) -> str:
    return f"drive {number}:0:0:{part}"


def _on_ide(number: int, _part: int, properties: Mapping[str, Any], controller: str | None) -> str:
    """A channel of the chipset's own controller: a SATA channel has one device, an IDE channel has two."""
    return f"drive 0:0:0:{number}" if controller == "sata" else f"drive 0:{number}:0:{properties.get('unit', 0)}"


def _on_floppy(_number: int, _part: int, properties: Mapping[str, Any], _on: str | None) -> str:
    return f"drive 0:0:0:{properties.get('unit', 0)}"


def _on_virtio_serial(number: int, part: int, properties: Mapping[str, Any], _on: str | None) -> str:
    return f"virtio-serial {number}:{part}:{properties['nr']}"


def _on_ccid(number: int, _part: int, properties: Mapping[str, Any], _on: str | None) -> str:
    return f"ccid {number}:{properties.get('slot', 0)}"


def _on_vio(_number: int, _part: int, properties: Mapping[str, Any], _on: str | None) -> str:
    return f"spapr-vio {properties['reg']:#x}"


#: SCSI controllers on which libvirt's unit is QEMU's target; on the others it is the logical unit.
_UNIT_IS_TARGET = frozenset({"lsilogic", "am53c974", "dc390", "ncr53c90"})

#: QEMU's names of buses, each with what a device on it says; the numbers in a name are the controller and its part.
_BUSES: tuple[tuple[re.Pattern[str], _Place], ...] = (
    (re.compile(r"pcie?\.(\d+)(?:\.(\d+))?"), _on_pci),
    (re.compile(r"scsi(\d+)\.(\d+)"), _on_scsi),
    (re.compile(r"usb(\d*)\.(\d+)"), _on_usb),
    (re.compile(r"sata(\d+)\.(\d+)"), _on_sata),
    (re.compile(r"ide\.(\d+)()"), _on_ide),
    (re.compile(r"floppy-bus\.(\d+)()"), _on_floppy),
    (re.compile(r"virtio-serial(\d+)\.(\d+)"), _on_virtio_serial),
    (re.compile(r"ccid(\d+)\.(\d+)"), _on_ccid),
    (re.compile(r"spapr-vio(\d*)()"), _on_vio),
)
