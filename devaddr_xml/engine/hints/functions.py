"""Function numbers of host devices that share a slot of the guest: those of the host, or at least in its order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from devaddr_xml.engine.hints.host_devices import has_place, host_address
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Device

#: Functions of a slot.
_FUNCTIONS = 8


def function_numbers(state: State) -> dict[int, int]:
    """The function that each host device of a slot group wants, by ``id()``.

    With mirroring it is that of the host, and the lowest is function 0. Without, the functions follow each other in the
    order of the host addresses, in groups of new host devices only.
    """
    members: dict[str, list[tuple[PciAddress, Device]]] = {}
    for device in state.hostdevs:
        source = host_address(device)
        if source is not None and device.hints is not None and device.hints.slot_group is not None:
            members.setdefault(device.hints.slot_group, []).append((source, device))
    if state.tunables.topology == "mirror":
        return _mirrored(members.values())
    return _in_order(state, members) if state.rules.slot_groups_as_on_host else {}


def _mirrored(groups: Iterable[list[tuple[PciAddress, Device]]]) -> dict[int, int]:
    wanted: dict[int, int] = {}
    for group in groups:
        numbers = [source.function for source, _ in group]
        if len(set(numbers)) != len(numbers):
            continue
        lowest = min(numbers)
        wanted |= {id(device): 0 if source.function == lowest else source.function for source, device in group}
    return wanted


def _in_order(state: State, groups: Mapping[str, list[tuple[PciAddress, Device]]]) -> dict[int, int]:
    mixed = {
        device.hints.slot_group
        for device in state.visit()
        if device.hints is not None and (has_place(device) or host_address(device) is None)
    }
    wanted: dict[int, int] = {}
    for name, group in groups.items():
        if name not in mixed and len(group) <= _FUNCTIONS:
            ordered = sorted(group, key=lambda member: _number(member[0]))
            wanted |= {id(device): number for number, (_, device) in enumerate(ordered)}
    return wanted


def _number(source: PciAddress) -> tuple[int, int, int, int]:
    """The host address as a number: a PCI domain can have more than four digits."""
    return source.domain, source.bus, source.slot, source.function
