"""Finding out again what the first pass decided, from a domain that KubeVirt has read back with losses.

KubeVirt defines a domain up to three times, and calls the hook each time: with placeholder interfaces; without them, so
that their ports stay empty; and with more ports (KubeVirt, docs/pci-topology.md). In between it keeps only what its own
description of a domain has. Addresses of network interfaces, file systems, video devices and others are gone, and most
attributes of controllers. Placing those devices anew would put them on the ports that the placeholders have left.

So a domain that comes back is taken apart into what it was at first, laid out as at first for one number of
placeholders after the other, and compared with every address that has survived. Where all of them agree, the rest is
known too. Where none does, somebody else has given addresses: they stay, and only the rest is placed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from typing import TypeGuard

import msgspec

import devaddr_xml
from devaddr_xml.integrations.kubevirt.instance import Instance
from devaddr_xml.model.address import Address, PciAddress, UsbAddress
from devaddr_xml.model.device import AnyDevice, Controller, Device, Interface
from devaddr_xml.model.errors import DevaddrError
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.hints import Hints
from devaddr_xml.model.host import HostFacts
from devaddr_xml.model.naming import only_one, references
from devaddr_xml.model.plan import Plan
from devaddr_xml.model.policy import NO_POLICY, Policy

#: KubeVirt reserves places for no more interfaces than a PCIe root complex has slots.
MOST_PLACEHOLDERS = 32

#: What of a device does not come from the first pass: where it stands, and what follows from what is there now.
_OF_THE_MOMENT = frozenset(("line", "hints", "address", "hotplug"))


class Origin(msgspec.Struct, frozen=True):
    """A guest as it may have been at first, and where each of its devices is in the guest that came back."""

    guest: Guest
    positions: tuple[int | None, ...]


def plan_pass(guest: Guest, instance: Instance, host: HostFacts | None = None) -> tuple[Plan, int | None]:
    """Lay out the guest of one pass, and say how many placeholders there were in the first one, if this was not it.

    The guest stays as it was. Raises DevaddrError when a layout is impossible, or the hints cannot be met.
    """
    if came_back(guest):
        for placeholders in _likely(instance.placeholders):
            completed = _completed(guest, instance, placeholders, host)
            if completed is not None:
                return devaddr_xml.plan(completed, policy=instance.policy, host=host), placeholders
    plan = devaddr_xml.plan(_reserved(guest, instance, guest.devices), policy=instance.policy, host=host)
    _forget_placeholders(plan.guest)
    return plan, None


def came_back(guest: Guest) -> bool:
    """Whether libvirt or the hook has laid the guest out before: it has ports, and no placeholders."""
    return any(_is_pci_controller(device) for device in guest.devices) and not any(
        _is_placeholder(device) for device in guest.devices
    )


def _likely(expected: int) -> Iterator[int]:
    yield expected
    yield from (number for number in range(MOST_PLACEHOLDERS) if number != expected)


def _completed(guest: Guest, instance: Instance, placeholders: int, host: HostFacts | None) -> Guest | None:
    """The guest with everything that the first pass decided, if this is what it began with."""
    origin = _origin(guest, instance, placeholders)
    try:
        first = devaddr_xml.plan(origin.guest, policy=instance.policy, host=host).guest
    except DevaddrError:
        return None
    controllers: dict[int | None, Controller] = {
        device.index: device for device in first.devices if _is_pci_controller(device)
    }
    devices: list[AnyDevice] = [copy(device) for device in guest.devices]
    for position, found in zip(origin.positions, first.devices, strict=False):
        if position is not None and not _is_pci_controller(found) and not _take_over(devices[position], found):
            return None
    for device in devices:
        if _is_pci_controller(device) and not _is_bare(device):
            same = controllers.pop(device.index, None)
            if same is None or same.model != device.model or not _take_over(device, same):
                return None
    if controllers:
        return None
    lost = (device for device in first.devices[len(origin.positions) :] if not _is_pci_controller(device))
    return msgspec.structs.replace(guest, devices=[*devices, *lost])


def _origin(guest: Guest, instance: Instance, placeholders: int) -> Origin:
    """The guest without what a layout adds, and with so many placeholders behind its interfaces."""
    devices: list[AnyDevice] = []
    positions: list[int | None] = []
    behind = max((at for at, device in enumerate(guest.devices) if isinstance(device, Interface)), default=-1)
    for position, device in enumerate(guest.devices):
        if not _is_pci_controller(device) or _is_given_root(device):
            unplaced = copy(device)
            unplaced.address = _given(device, instance)
            devices.append(unplaced)
            positions.append(position)
        if position == behind:
            devices += [_placeholder(instance) for _ in range(placeholders)]
            positions += [None] * placeholders
    return Origin(_reserved(guest, instance, devices), tuple(positions))


def _given(device: Device, instance: Instance) -> Address | None:
    """The address that the device had at first: what the user chose, and what comes through all passes unharmed."""
    address = device.address
    if isinstance(address, PciAddress):
        return instance.given.get(device.alias or "")
    return None if isinstance(address, UsbAddress) and not address.port else address


def _take_over(device: Device, found: Device) -> bool:
    """Complete a device with what the first pass decided; False when it is at another place than it was then."""
    address = device.address
    if isinstance(address, PciAddress) and not address.empty and not _same_place(address, found.address):
        return False
    device.address = found.address
    for name in device.__struct_fields__:
        if name not in _OF_THE_MOMENT and getattr(device, name) is None:
            setattr(device, name, getattr(found, name))
    return True


def _same_place(one: PciAddress, other: Address | None) -> bool:
    return isinstance(other, PciAddress) and (one.domain, one.bus, one.slot, one.function) == (
        other.domain,
        other.bus,
        other.slot,
        other.function,
    )


def _reserved(guest: Guest, instance: Instance, devices: Iterable[AnyDevice]) -> Guest:
    """The guest with these devices, its placeholders alone in a place that can be plugged into.

    They keep a place for an interface that is plugged in later, so they may not share it, nor be integrated.
    """
    tunables = (instance.policy or NO_POLICY).over(guest.policy or Policy()).tunables()
    apart = tunables.packing != "separate" or tunables.pcie_placement != "root-port" or tunables.overflow == "pack"
    if not apart or instance.transitional:
        return msgspec.structs.replace(guest, devices=list(devices))
    return msgspec.structs.replace(
        guest,
        devices=[
            msgspec.structs.replace(device, hints=device.hints or Hints(hotplug="yes"))
            if _is_placeholder(device)
            else device
            for device in devices
        ],
    )


def _forget_placeholders(guest: Guest) -> None:
    """Remove the hints of placeholder devices from the policy, which is written into the domain."""
    if guest.policy is None or not guest.policy.devices:
        return
    table = references(guest.devices)
    named = ((entry, only_one(table, entry.ref)) for entry in guest.policy.devices)
    kept = [entry for entry, device in named if device is None or not _is_placeholder(device)]
    guest.policy = msgspec.structs.replace(guest.policy, devices=tuple(kept))


def _placeholder(instance: Instance) -> Interface:
    model = "virtio-transitional" if instance.transitional else "virtio-non-transitional"
    return Interface(type="ethernet", model=model)


def _is_placeholder(device: Device) -> bool:
    """Whether it is an interface that KubeVirt made up: those of a VMI have an alias, and a MAC address."""
    return isinstance(device, Interface) and device.type == "ethernet" and not (device.alias or device.mac)


def _is_pci_controller(device: Device) -> TypeGuard[Controller]:
    return isinstance(device, Controller) and device.type == "pci"


def _is_bare(device: Controller) -> bool:
    """Whether it is a port that KubeVirt has added since."""
    return device.address is None and bool(device.index)


def _is_given_root(device: Device) -> bool:
    """Whether KubeVirt itself has written down the root: then no layout would have been made without it."""
    return isinstance(device, Controller) and not device.index and device.pcihole64 is not None
