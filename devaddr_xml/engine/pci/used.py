"""With ``slot-reuse="never"``, slots that were in use stay empty, and new devices go after them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from devaddr_xml.buses.ccw import CcwDevices
from devaddr_xml.buses.pci.space import Space
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import VIRTUAL_CHANNELS, CcwAddress, PciAddress
from devaddr_xml.model.device import Controller, Device
from devaddr_xml.model.errors import PlacementError
from devaddr_xml.model.policy import NO_POLICY, Policy

START_ANEW = "Remove <devaddr:used> from the policy, and places of removed devices are free again"


def close_used(state: State, space: Space) -> None:
    """Close the slots in the policy's list, and for devices all slots before the last one that is or was in use."""
    if state.tunables.slot_reuse != "never":
        return
    remembered = _numbers((state.guest.policy or NO_POLICY).used)
    present = _numbers(slots_of(state.guest.devices))
    last: dict[int, tuple[int, int]] = {}
    for number, slot in {*remembered, *present}:
        if number < len(space.buses) and space.buses[number].model != "pcie-root":
            group = space.buses[number].group
            last[group] = max(last.get(group, (0, 0)), (number, slot))
    for number, slot in remembered:
        if number < len(space.buses):
            space.retire(number, slot)
    for bus in space.buses:
        if bus.model != "pcie-root" and bus.group in last:
            number, slot = last[bus.group]
            bus.passed = bus.range if bus.number < number else (2 << slot) - 1 if bus.number == number else 0


def pass_over_used(state: State, numbers: CcwDevices) -> None:
    """Leave the channel numbers up to the last one that is or was in use to the devices that have them."""
    if state.tunables.slot_reuse != "never":
        return
    in_use = (*(state.guest.policy or NO_POLICY).used, *slots_of(state.guest.devices))
    last = max(
        (int(text[len(VIRTUAL_CHANNELS) :], 16) for text in in_use if text.startswith(VIRTUAL_CHANNELS)), default=None
    )
    if last is not None:
        numbers.pass_over(last)


def remember_used(state: State) -> None:
    """Add every slot in use to the policy's list."""
    if state.tunables.slot_reuse == "never":
        state.guest.policy = remembering(state.guest.policy or NO_POLICY, slots_of(state.guest.devices))


def remembering(policy: Policy, slots: Iterable[str]) -> Policy:
    """The policy with more slots in its list."""
    return msgspec.structs.replace(policy, used=tuple(sorted({*policy.used, *slots})))


def slots_of(devices: Iterable[Device]) -> Iterator[str]:
    """The PCI slots of devices, ``BB:SS``, without those of PCI controllers, and the channel numbers, ``fe.0.DDDD``."""
    for device in devices:
        address = device.address
        if isinstance(device, Controller) and device.type == "pci":
            continue
        if isinstance(address, PciAddress) and not address.empty:
            yield f"{address.bus:02x}:{address.slot:02x}"
        elif isinstance(address, CcwAddress) and str(address).startswith(VIRTUAL_CHANNELS):
            yield str(address)


def explained(state: State, error: PlacementError) -> PlacementError:
    """The error, with a remedy that frees the slots in the policy's list, if there are any."""
    if state.tunables.slot_reuse == "never" and (state.guest.policy or NO_POLICY).used:
        error.remedy = f"{error.remedy}; or: {START_ANEW}" if error.remedy else START_ANEW
    return error


def _numbers(slots: Iterable[str]) -> list[tuple[int, int]]:
    """Bus and slot of each text that names a PCI slot."""
    parted = (text.split(":") for text in slots if ":" in text)
    return [(int(bus, 16), int(slot, 16)) for bus, slot in parted]
