"""The commands by which QEMU itself plugs devices into a running guest, in the order in which it takes them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import AnyDevice, Device, Disk, Hostdev, Interface
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.kind_rows import KIND_NAMED
from devaddr_xml.views.qemu_args import Properties, qemu_properties

_SUFFIXES = {"virtio-transitional": "-transitional", "virtio-non-transitional": "-non-transitional"}


def in_order(devices: Sequence[AnyDevice]) -> list[AnyDevice]:
    """The devices in the order in which they are plugged in: functions of a slot from the highest, function 0 last.

    The guest looks at a slot when function 0 comes, and finds the others then.
    """
    first: dict[tuple[int, int], int] = {}
    ranked = []
    for position, device in enumerate(devices):
        address, rank = device.address, (position, 0)
        if isinstance(address, PciAddress):
            rank = (first.setdefault((address.bus, address.slot), position), -address.function)
        ranked.append((rank, position))
    return [devices[position] for _, position in sorted(ranked)]


def plug_commands(guest: Guest, devices: Sequence[Device]) -> tuple[str, ...]:
    """QMP commands for devices of a complete guest, in the order given.

    Each says what is plugged in and where. The back end, such as netdev or drive, is the caller's; so is the driver
    of a device for which there are several.
    """
    properties = qemu_properties(guest)
    commands = []
    for device in devices:
        driver = _driver(device)
        arguments = {**({"driver": driver} if driver else {}), **_host(device), **properties.get(id(device), {})}
        commands.append(msgspec.json.encode({"execute": "device_add", "arguments": arguments}).decode())
    return tuple(commands)


def _driver(device: Device) -> str | None:
    if _is_assigned(device):
        return "vfio-pci"
    model = (device.bus if isinstance(device, Disk) else device.model) or "virtio"
    if model in ("virtio", *_SUFFIXES):
        name = KIND_NAMED[device.kind].driver
        return name and name + _SUFFIXES.get(device.model or "", "")
    return device.model if isinstance(device, Interface) else None


def _is_assigned(device: Device) -> bool:
    return isinstance(device, Interface | Hostdev) and device.source is not None and device.source.pci is not None


def _host(device: Device) -> Properties:
    source = device.source if isinstance(device, Interface | Hostdev) else None
    return {"host": str(source.pci)} if source is not None and source.pci is not None else {}
