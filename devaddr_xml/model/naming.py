"""How a device is called: a label for messages, and the references by which a hint can name it."""

from __future__ import annotations

from collections.abc import Iterable

from devaddr_xml.model.device import Controller, Device, Disk, Filesystem, Hostdev, Interface


def label(device: Device) -> str:
    """A short name of the device for messages, such as ``disk vda`` or ``controller pci.3``."""
    if isinstance(device, Controller):
        index = "?" if device.index is None else device.index
        return f"controller {device.type}.{index}" + (f" ({device.model})" if device.model else "")
    name = device.alias or own_name(device) or device.model
    return f"{device.kind} {name}" if name else device.kind


def own_name(device: Device) -> str | None:
    """What identifies the device without an alias: MAC, target, host address, mdev UUID or TYPE.INDEX; else none."""
    if isinstance(device, Interface):
        return device.mac or (str(device.source.pci) if device.source and device.source.pci else None)
    if isinstance(device, Disk | Filesystem):
        return device.target
    if isinstance(device, Hostdev) and device.source:
        return str(device.source.pci) if device.source.pci else device.source.uuid
    if isinstance(device, Controller) and device.index is not None:
        return f"{device.type}.{device.index}"
    return None


def references(devices: Iterable[Device]) -> dict[str, list[Device]]:
    """Every reference that names a device, with the devices that it names, in document order.

    The forms are those of the hint vocabulary: user alias, MAC address, disk target or filesystem target directory,
    host PCI address, mdev UUID, controller ``TYPE.INDEX``, and ``TAG[N]`` counted from 1.
    """
    table: dict[str, list[Device]] = {}
    counts: dict[str, int] = {}
    for device in devices:
        counts[device.kind] = number = counts.get(device.kind, 0) + 1
        names = {f"{device.kind}[{number}]": None}
        if device.alias:
            names[device.alias] = None
        if isinstance(device, Interface) and device.source and device.source.pci:
            names[str(device.source.pci)] = None
        if own := own_name(device):
            names[own.lower() if isinstance(device, Interface) else own] = None
        for name in names:
            table.setdefault(name, []).append(device)
    return table


def preferred_references(devices: Iterable[Device]) -> dict[int, str]:
    """For each device, by ``id()``, the first reference form that it has."""
    counts: dict[str, int] = {}
    chosen: dict[int, str] = {}
    for device in devices:
        counts[device.kind] = number = counts.get(device.kind, 0) + 1
        chosen[id(device)] = device.alias or own_name(device) or f"{device.kind}[{number}]"
    return chosen
