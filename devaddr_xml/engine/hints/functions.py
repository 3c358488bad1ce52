"""Function numbers of a host slot's devices: in the guest's slot they are the same."""

from __future__ import annotations

from devaddr_xml.engine.hints.host_devices import host_address
from devaddr_xml.engine.state import State
from devaddr_xml.model.device import Device


def function_numbers(state: State) -> dict[int, int]:
    """The function that each member of a mirrored slot wants, by ``id()``; the lowest is function 0 if none else is."""
    if state.tunables.topology != "mirror":
        return {}
    members: dict[str, list[tuple[int, Device]]] = {}
    for device in state.hostdevs:
        source = host_address(device)
        if source is not None and device.hints is not None and device.hints.slot_group is not None:
            members.setdefault(device.hints.slot_group, []).append((source.function, device))
    wanted: dict[int, int] = {}
    for group in members.values():
        numbers = [function for function, _ in group]
        if len(set(numbers)) != len(numbers):
            continue
        lowest = min(numbers)
        wanted |= {id(device): 0 if function == lowest else function for function, device in group}
    return wanted
