"""What of a device the guest can tell: its attributes with defaults filled in, and its place."""

from __future__ import annotations

from msgspec.structs import replace

from devaddr_xml.buses.pci.controllers import PORTS
from devaddr_xml.model.address import Address, PciAddress
from devaddr_xml.model.device import Controller, Device
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.kind_rows import KINDS

#: The attributes that count, by kind. Back ends (files, bridges, cache modes) are not the guest's business.
FIELDS: dict[str, tuple[str, ...]] = {kind.name: kind.abi for kind in KINDS if kind.abi is not None}

#: The same for the guest as a whole.
GUEST_FIELDS = ("arch", "machine", "os_type", "acpi", "vcpus", "memory", "max_memory", "memory_slots", "cells")

#: libvirt's spelling where it is not ours with hyphens.
_SPELLING = {
    "chassis_nr": "chassisNr",
    "bus_nr": "busNr",
    "target_index": "target index",
    "mem_reserve": "memReserve",
    "master_startport": "master startport",
    "model_name": "model name",
    "max_memory": "maxMemory",
    "memory_slots": "maxMemory slots",
    "os_type": "os type",
    "cells": "NUMA cells",
    "target_type": "target type",
    "label_size": "label size",
}


def attributes(device: Device) -> dict[str, object]:
    """The attributes that count, by libvirt's spelling; what is unset has the value that libvirt would give it."""
    values = {_SPELLING.get(name, name): getattr(device, name) for name in FIELDS.get(device.kind, ())}
    if isinstance(device, Controller):
        values["port"] = None if device.port is None else f"0x{device.port:x}"
        values["hotplug"] = device.hotplug is not False
        if device.type == "pci":
            if device.model in PORTS and device.chassis is None:
                values["chassis"] = device.index
            if device.model == "pci-bridge" and device.chassis_nr is None:
                values["chassisNr"] = device.index
    address = device.address
    if isinstance(address, PciAddress):
        values["multifunction"] = bool(address.multifunction)
        values["zPCI uid"] = address.zpci_uid
        values["zPCI fid"] = address.zpci_fid
    return values


def guest_attributes(guest: Guest) -> dict[str, object]:
    """The attributes of the guest as a whole."""
    values = {_SPELLING.get(name, name): getattr(guest, name) for name in GUEST_FIELDS}
    values["NUMA cells"] = " ".join(f"{cell.id}:{cell.memory}KiB:{_ranges(cell.cpus)}" for cell in guest.cells)
    return values


def place(device: Device) -> Address | None:
    """The device's address, without what is compared as an attribute; none when it has none."""
    address = device.address
    if isinstance(address, PciAddress):
        if address.empty:
            return None
        return replace(address, multifunction=None, zpci_uid=None, zpci_fid=None)
    return address


def written(value: object) -> str | None:
    """An attribute's value as libvirt would write it; none when it is unset."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def _ranges(numbers: tuple[int, ...]) -> str:
    """Numbers as ranges: ``0-3,8``."""
    parts: list[str] = []
    start = previous = None
    for number in (*numbers, None):
        if start is not None and previous is not None and number != previous + 1:
            parts.append(str(start) if start == previous else f"{start}-{previous}")
            start = None
        start = number if start is None else start
        previous = number
    return ",".join(parts)
