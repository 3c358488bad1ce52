"""Detach devices from a guest: the place that each frees, and the controllers that stay."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy

import msgspec

from devaddr_xml.buses.pci.controllers import OFFERS, ROOTS
from devaddr_xml.buses.pci.tree import PciTree
from devaddr_xml.engine.plan import plan
from devaddr_xml.model.address import Address, PciAddress, UsbAddress
from devaddr_xml.model.capabilities import Capabilities
from devaddr_xml.model.device import AnyDevice, Controller, Device, Hub
from devaddr_xml.model.errors import DevaddrError, PlacementError, Unsupported
from devaddr_xml.model.events import Decision
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.hanging import controller_of
from devaddr_xml.model.host import HostFacts
from devaddr_xml.model.naming import label, only_one, preferred_references, reference_key, references, unknown_device
from devaddr_xml.model.plan import Plan
from devaddr_xml.model.policy import Policy

#: Devices that libvirt adds unless the document excludes them.
_UNLESS_NONE = {"memballoon": "<memballoon model='none'/>", "usb": "<controller type='usb' model='none'/>"}


class Stay(msgspec.Struct, frozen=True, kw_only=True):
    """A controller that stays after a device behind it was removed; empty: whether no device is behind it now."""

    controller: str
    empty: bool


class Freed(msgspec.Struct, frozen=True, kw_only=True):
    """The place that one device frees.

    device: its label; ref: the reference by which it was known. address: its place, if it had one. shared: another
    device in its slot, which keeps the slot in use. hotplug: whether a device can be plugged into the place while the
    guest runs. stays: the controllers above the place, the nearest first. hints: whether hints for it were removed,
    too.
    """

    device: str
    ref: str
    address: Address | None
    shared: str | None = None
    hotplug: bool = False
    stays: tuple[Stay, ...] = ()
    hints: bool = False


class Detached(msgspec.Struct, frozen=True, kw_only=True):
    """The complete guest as it was, the removed devices, the guest without them, and the places that they free."""

    before: Plan
    leaving: tuple[AnyDevice, ...]
    after: Plan
    freed: tuple[Freed, ...]


def detach(
    guest: Guest,
    refs: Sequence[str],
    *,
    capabilities: Capabilities,
    policy: Policy | None = None,
    host: HostFacts | None = None,
    words: Callable[[Decision], str],
) -> Detached:
    """Remove the devices that ``refs`` name from ``guest``; every other device keeps its place.

    words: the text for the rule of a decision. Raises ValueInvalid for a reference that names no device or several,
    PlacementError for a device that others need
    (function 0 of a shared slot, a controller or hub with devices behind it), Unsupported for one that would be added
    again.
    """
    before = plan(guest, policy=policy, capabilities=capabilities, host=host)
    devices = before.guest.devices
    leaving = [named_device(devices, ref) for ref in dict.fromkeys(refs)]
    gone = {id(device) for device in leaving}
    staying = [device for device in devices if id(device) not in gone]
    for device in leaving:
        _check_dependants(device, staying)
    reduced = copy(before.guest)
    reduced.devices = staying
    reduced.policy = policy_without(before.guest, staying)
    after = plan(reduced, capabilities=capabilities, host=host)
    if _back(after, leaving):
        raise _comes_back(after, leaving, words)
    names = preferred_references(devices)
    stated = {id(device) for device in leaving if device.hints is not None}
    freed = [_freed(device, names[id(device)], after.guest.devices, id(device) in stated) for device in leaving]
    return Detached(before=before, leaving=tuple(leaving), after=after, freed=tuple(freed))


def named_device(devices: Sequence[AnyDevice], ref: str) -> AnyDevice:
    """The device that a reference names; raises ValueInvalid if it names none or several."""
    found = references(devices).get(reference_key(ref), [])
    if len(found) == 1:
        return found[0]  # type: ignore[return-value]
    raise unknown_device(devices, ref, found)


def policy_without(guest: Guest, staying: Sequence[AnyDevice]) -> Policy | None:
    """The guest's policy without entries for removed devices, with references that are valid without them."""
    if guest.policy is None or not guest.policy.devices:
        return guest.policy
    table = references(guest.devices)
    names = preferred_references(staying)
    entries = []
    for entry in guest.policy.devices:
        device = only_one(table, entry.ref)
        if device is None:
            entries.append(entry)
        elif id(device) in names:
            entries.append(msgspec.structs.replace(entry, ref=names[id(device)]))
    return msgspec.structs.replace(guest.policy, devices=tuple(entries))


def _check_dependants(device: AnyDevice, staying: Sequence[AnyDevice]) -> None:
    address = device.address
    if isinstance(address, PciAddress) and not address.empty and not address.function:
        for other in _in_slot(address, staying):
            raise _needed(
                device, other, f"it is function 0 of its slot, without which the guest does not find {other.address}"
            )
    if isinstance(device, Controller):
        for other in _behind(device, staying):
            raise _needed(device, other, "devices are behind it")
    if isinstance(device, Hub) and isinstance(address, UsbAddress):
        for other in staying:
            theirs = other.address
            if isinstance(theirs, UsbAddress) and theirs.bus == address.bus and _is_below(theirs.port, address.port):
                raise _needed(device, other, "devices are behind it")


def _in_slot(address: PciAddress, staying: Sequence[AnyDevice]) -> Iterator[AnyDevice]:
    for other in staying:
        theirs = other.address
        if isinstance(theirs, PciAddress) and (theirs.bus, theirs.slot) == (address.bus, address.slot):
            yield other


def _is_below(port: tuple[int, ...], hub: tuple[int, ...]) -> bool:
    return len(port) > len(hub) and port[: len(hub)] == hub


def _behind(controller: Controller, staying: Sequence[AnyDevice]) -> Iterator[AnyDevice]:
    """The devices on a controller, and the USB companions of a master."""
    key = (controller.type, controller.index)
    twins = [
        other
        for other in staying
        if isinstance(other, Controller) and other is not controller and (other.type, other.index) == key
    ]
    if controller.type == "pci":
        yield from (d for d in staying if isinstance(d.address, PciAddress) and d.address.bus == controller.index)
    elif not any(twin.master_startport is None for twin in twins):
        yield from (other for other in staying if controller_of(other) == key)
    if controller.master_startport is None and all(twin.master_startport is not None for twin in twins):
        yield from twins


def _needed(device: AnyDevice, other: AnyDevice, reason: str) -> PlacementError:
    return PlacementError(
        f"it cannot be detached alone: {reason}",
        device=label(device),
        line=device.line,
        other=label(other),
        other_line=other.line,
        remedy="Detach both, or the other one first",
    )


def _back(after: Plan, leaving: Sequence[AnyDevice]) -> list[Device]:
    """What the engine adds again in place of the removed devices.

    Spare ports of the policy do not count, unless a removed device is such a port.
    """
    ports_left = any(_kind(device) == ("controller", "pci") for device in leaving)
    return [device for device in after.added if ports_left or _kind(device) != ("controller", "pci")]


def _comes_back(after: Plan, leaving: Sequence[AnyDevice], words: Callable[[Decision], str]) -> DevaddrError:
    """The error for a device that the engine would add again."""
    added = _back(after, leaving)[0]
    device = next((each for each in leaving if _kind(each) == _kind(added)), leaving[0])
    rule = next((words(decision) for decision in after.decisions if decision.device is added), "")
    instead = _UNLESS_NONE.get(_kind(added)[-1])
    return Unsupported(
        f"without it {label(added)} would be added again: {rule}",
        device=label(device),
        line=device.line,
        remedy=f"Write {instead} in its place" if instead else None,
    )


def _kind(device: Device) -> tuple[str, ...]:
    return (device.kind, device.type) if isinstance(device, Controller) else (device.kind,)


def _freed(device: AnyDevice, ref: str, staying: Sequence[AnyDevice], hints: bool) -> Freed:
    address = device.address
    stays = tuple(
        [
            Stay(controller=label(controller), empty=not any(True for _ in _behind(controller, staying)))
            for controller in _above(device, staying)
        ]
    )
    shared = next(_in_slot(address, staying), None) if isinstance(address, PciAddress) else None
    return Freed(
        device=label(device),
        ref=ref,
        address=address,
        shared=label(shared) if shared is not None else None,
        hotplug=_hotpluggable(device, staying),
        stays=stays,
        hints=hints,
    )


def _controller(devices: Sequence[AnyDevice], type: str, index: int) -> Controller | None:
    found = (d for d in devices if isinstance(d, Controller) and (d.type, d.index) == (type, index))
    return next(found, None)


def _above(device: AnyDevice, staying: Sequence[AnyDevice]) -> Iterator[Controller]:
    """The controllers above a place, roots left out."""
    if key := controller_of(device):
        if (controller := _controller(staying, *key)) is not None:
            yield controller
        return
    for controller in PciTree(staying).above(device):
        if controller.model in ROOTS:
            return
        yield controller


def _hotpluggable(device: AnyDevice, staying: Sequence[AnyDevice]) -> bool:
    address = device.address
    if isinstance(address, PciAddress):
        bus = _controller(staying, "pci", address.bus)
        return bus is not None and bus.model is not None and OFFERS[bus.model].hotplug and bus.hotplug is not False
    key = controller_of(device)
    return key is not None and key[0] in ("scsi", "usb", "virtio-serial")
