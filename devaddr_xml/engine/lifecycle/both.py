"""A running guest and its definition: places that are free in both."""

from __future__ import annotations

from copy import copy

from devaddr_xml.model.address import CcwAddress, DriveAddress, PciAddress, UsbAddress, VirtioSerialAddress
from devaddr_xml.model.device import AnyDevice, Controller, Device, Disk, Interface
from devaddr_xml.model.guest import Guest

Key = tuple[object, ...]


def with_places_of(running: Guest, defined: Guest) -> Guest:
    """The running guest with a device at every place that only the definition has in use.

    A place that both have in use is as the running guest has it. What the definition has on a bus that the running
    guest does not have is left out.
    """
    merged = copy(running)
    held = {key for device in running.devices if (key := _key(device))}
    controllers = {(c.type, c.index) for c in running.devices if isinstance(c, Controller)}
    names = {device.target for device in running.devices if isinstance(device, Disk)}
    more: list[AnyDevice] = []
    for device in defined.devices:
        key = _key(device)
        if key is None or key in held or (isinstance(device, Controller) and device.type == "pci"):
            continue
        stand_in = _stand_in(device, controllers, names)
        if stand_in is not None:
            held.add(key)
            more.append(stand_in)
    merged.devices = [*running.devices, *more]
    return merged


def _key(device: Device) -> Key | None:
    """What tells the device's place from others; a slot counts as a whole."""
    address = device.address
    if isinstance(address, PciAddress):
        return None if address.empty else ("pci", address.bus, address.slot)
    if isinstance(address, DriveAddress):
        bus = device.bus if isinstance(device, Disk) else "scsi"
        return (bus, address.controller, address.bus, address.target, address.unit)
    if isinstance(address, UsbAddress):
        return ("usb", address.bus, address.port) if address.port else None
    if isinstance(address, VirtioSerialAddress):
        return ("virtio-serial", address.controller, address.port)
    return ("ccw", str(address)) if isinstance(address, CcwAddress) and address.complete else None


def _stand_in(device: AnyDevice, controllers: set[tuple[str, int | None]], names: set[str | None]) -> AnyDevice | None:
    """A device at the same place; for PCI a network interface, since the guest can have only one of some devices."""
    address = device.address
    if isinstance(address, PciAddress):
        return Interface(model="virtio", address=address) if ("pci", address.bus) in controllers else None
    if isinstance(address, CcwAddress):
        return Interface(model="virtio", address=address)
    if isinstance(device, Controller) or (isinstance(device, Disk) and device.target in names):
        return None
    own = copy(device)
    own.hints = None
    if isinstance(address, DriveAddress):
        owner = ((device.bus if isinstance(device, Disk) else "scsi") or "scsi", address.controller)
    elif isinstance(address, UsbAddress):
        owner = ("usb", address.bus)
    elif isinstance(address, VirtioSerialAddress):
        owner = ("virtio-serial", address.controller)
    else:
        return None
    return own if owner in controllers else None
