"""Numbers that no address, controller or port has: refused before anything counts on them.

A document cannot hold most of them, but a guest that a program makes, or that comes as JSON, can.
"""

from __future__ import annotations

from typing import NamedTuple

from devaddr_xml.engine.work import Work
from devaddr_xml.model.address import (
    Address,
    CcidAddress,
    CcwAddress,
    DimmAddress,
    DriveAddress,
    IsaAddress,
    PciAddress,
    SpaprVioAddress,
    UsbAddress,
    VirtioSerialAddress,
    address_type,
)
from devaddr_xml.model.device import Controller, Device, Memory, Parallel, Serial
from devaddr_xml.model.errors import DevaddrError, PlacementError, ValueInvalid
from devaddr_xml.model.naming import label

BYTE = 0xFF
SHORT = 0xFFFF
WORD = 0xFFFFFFFF
LONG = 0xFFFFFFFFFFFFFFFF

#: A PCI bus is numbered by the index of its controller, in eight bits.
LAST_PCI_INDEX = BYTE


class Limit(NamedTuple):
    """A field and its largest value; the smallest is 0."""

    field: str
    most: int


ADDRESSES: dict[type, tuple[Limit, ...]] = {
    PciAddress: (Limit("function", 7), Limit("slot", 31), Limit("bus", BYTE), Limit("domain", WORD)),
    DriveAddress: (Limit("unit", WORD), Limit("target", WORD), Limit("bus", WORD), Limit("controller", WORD)),
    UsbAddress: (Limit("bus", WORD),),
    VirtioSerialAddress: (Limit("port", WORD), Limit("bus", WORD), Limit("controller", WORD)),
    CcidAddress: (Limit("slot", WORD), Limit("controller", WORD)),
    CcwAddress: (Limit("devno", SHORT), Limit("ssid", 3), Limit("cssid", 254)),
    SpaprVioAddress: (Limit("reg", LONG),),
    IsaAddress: (Limit("iobase", WORD), Limit("irq", WORD)),
    DimmAddress: (Limit("slot", WORD), Limit("base", LONG)),
}

DEVICES: dict[type, tuple[Limit, ...]] = {
    Controller: (Limit("index", WORD), Limit("ports", WORD), Limit("vectors", WORD), Limit("node", WORD)),
    Serial: (Limit("port", WORD),),
    Parallel: (Limit("port", WORD),),
    Memory: (Limit("size", LONG), Limit("node", WORD), Limit("label_size", LONG), Limit("base", LONG)),
}


def refuse_impossible_numbers(work: Work) -> None:
    """Raise ValueInvalid for a number outside what its field can hold, PlacementError for a PCI bus beyond the last."""
    for device in work.guest.devices:
        limits = DEVICES.get(type(device))
        if limits is not None:
            _check(device, device, limits)
            if type(device) is Controller and device.type == "pci" and (device.index or 0) > LAST_PCI_INDEX:
                raise _no_such_bus(device)
        address = device.address
        if address is not None:
            limits = ADDRESSES.get(type(address))
            if limits is not None:
                _check(device, address, limits)
            if type(address) is UsbAddress and address.port:
                _check_path(device, address.port)


def _check(device: Device, holder: Device | Address, limits: tuple[Limit, ...]) -> None:
    for field, most in limits:
        value = getattr(holder, field)
        if value is not None and not 0 <= value <= most:
            where = "" if isinstance(holder, Device) else f"{address_type(holder)} address: "
            raise _impossible(device, f"{where}{field} {value} is outside 0 to {most}")


def _check_path(device: Device, path: tuple[int, ...]) -> None:
    if len(path) > 4 or not all(0 <= port <= WORD for port in path):
        raise _impossible(device, "usb address: a port is a path of one to four numbers from 1")


def _impossible(device: Device, message: str) -> DevaddrError:
    return ValueInvalid(message, device=label(device), line=device.line, remedy="Correct it, or leave it out")


def _no_such_bus(controller: Controller) -> DevaddrError:
    return PlacementError(
        f"index {controller.index} is above the largest of a PCI controller, {LAST_PCI_INDEX}",
        device=label(controller),
        line=controller.line,
        remedy=f"Use an index from 1 to {LAST_PCI_INDEX}",
    )
