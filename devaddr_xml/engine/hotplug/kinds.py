"""What a running guest takes: which devices libvirt hotplugs, and the places that QEMU lets them have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from devaddr_xml.buses.pci.controllers import OFFERS
from devaddr_xml.engine.state import State
from devaddr_xml.machines.machine import applies
from devaddr_xml.model.address import (
    IsaAddress,
    PciAddress,
    SpaprVioAddress,
    VirtioMmioAddress,
    address_type,
)
from devaddr_xml.model.device import Controller, Device
from devaddr_xml.model.errors import DevaddrError, PlacementError, Unsupported
from devaddr_xml.model.hanging import controller_of
from devaddr_xml.model.kind_rows import KIND_OF
from devaddr_xml.model.naming import label
from devaddr_xml.rules.questions import Rules

FUNCTIONS = (
    "libvirt plugs in function 0 only. QEMU itself takes functions of one slot, the highest first and function 0 last "
    "(--print commands)"
)
COLD = "Attach it without --live"


#: Places without hotplug in a running guest.
_FIXED = (IsaAddress, SpaprVioAddress, VirtioMmioAddress)


def check_kinds(guest: Iterable[Device], devices: Iterable[Device], rules: Rules) -> None:
    """Raise Unsupported for one of ``devices`` that libvirt does not hotplug into a guest that has those of ``guest``.

    Attributes that are unset are passed over: they may yet get a default.
    """
    present = {device.kind: device for device in guest}
    for device in devices:
        row = KIND_OF[type(device)].live
        if row is None:
            raise _not_hotpluggable(device, f"no device of kind {device.kind} is hotpluggable")
        for name, values in row.only.items():
            value = getattr(device, name)
            if value is not None and value not in values:
                raise _not_hotpluggable(
                    device, f"no {device.kind} with {name.replace('_', ' ')} {value} is hotpluggable"
                )
        if device.kind in present and (row.single or not applies(rules, row.several_when)):
            raise _not_hotpluggable(device, "the guest can have one only", other=present[device.kind])
        present[device.kind] = device


def _not_hotpluggable(device: Device, reason: str, other: Device | None = None) -> Unsupported:
    return Unsupported(
        f"it cannot be hotplugged: {reason}",
        device=label(device),
        line=device.line,
        other=label(other) if other else None,
        other_line=other.line if other else None,
        remedy=None if other else COLD,
    )


def check_places(state: State, devices: Sequence[Device]) -> None:
    """Raise PlacementError unless every one of ``devices`` came to a place that QEMU can plug it into.

    Also places that their own document names are looked at.
    """
    slots = Counter(_slot(device.address) for device in devices if isinstance(device.address, PciAddress))
    firsts = {_slot(d.address) for d in devices if isinstance(d.address, PciAddress) and not d.address.function}
    for device in devices:
        if isinstance(device.address, _FIXED):
            raise _misplaced(device, f"nothing at an address of type {address_type(device.address)} is hotpluggable")
        if isinstance(device.address, PciAddress):
            _check_pci(state, device, device.address, {id(other) for other in devices}, firsts)
    if any(count > 1 for count in slots.values()):
        state.journal.warn(FUNCTIONS)


def _slot(address: PciAddress) -> tuple[int, int]:
    return address.bus, address.slot


def check_nothing_added(state: State, devices: Sequence[Device]) -> None:
    """Raise PlacementError when a pass added something for one of ``devices``: libvirt does not add it by itself."""
    if state.added:
        raise _needs_more(devices, state.added[0])


def _check_pci(
    state: State, device: Device, address: PciAddress, together: set[int], firsts: set[tuple[int, int]]
) -> None:
    """Refuse a place that takes no device now.

    together: the devices, by ``id()``, that are plugged in at once. firsts: the slots that get their function 0 so.
    """
    if address.function and _slot(address) not in firsts:
        raise _misplaced(
            device,
            f"{address} is function {address.function} of its slot, and only function 0 is hotpluggable by itself",
        )
    bus = state.controller("pci", address.bus)
    if bus is None or bus.model is None:
        return
    if not OFFERS[bus.model].hotplug:
        raise _misplaced(device, f"{address} is on a {bus.model}, and nothing there is hotpluggable")
    if bus.hotplug is False:
        raise _misplaced(device, f"{address} is on {label(bus)}, which has hotplug='off'")
    for other in state.visit():
        theirs = other.address
        if id(other) in together or not isinstance(theirs, PciAddress) or theirs.empty:
            continue
        if (theirs.bus, theirs.slot) == (address.bus, address.slot):
            raise _misplaced(device, f"{label(other)} is in the slot of {address} already")


def _misplaced(device: Device, reason: str) -> PlacementError:
    return PlacementError(
        f"it cannot be hotplugged: {reason}",
        device=label(device),
        line=device.line,
        remedy="Leave its <address> out, and a free place is chosen; or attach it without --live",
    )


def _needs_more(devices: Sequence[Device], added: Device) -> DevaddrError:
    """The error for devices that would need ``added``, with the device that needs it in front."""
    key = (added.type, added.index) if isinstance(added, Controller) else None
    device = next((device for device in devices if key and controller_of(device) == key), devices[0])
    remedy = COLD
    if isinstance(added, Controller) and added.type == "scsi":
        remedy += f", or attach a <controller type='scsi' index='{added.index}' model='virtio-scsi'/> along with it"
    return PlacementError(
        f"it needs another device, {label(added)}, and a running guest gets none by itself",
        device=label(device),
        line=device.line,
        remedy=remedy,
    )
