"""``topology="mirror"``: what a place on the host means in the guest, as hints (hint vocabulary, section 6)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from devaddr_xml.engine.hints.host_devices import OWN_PLACE, has_place, host_address, passed_through, refuse_unknown
from devaddr_xml.engine.hints.host_nodes import Cells, leave_mixed_groups
from devaddr_xml.engine.hints.host_paths import HostPath, host_paths, slot_of, switches_above
from devaddr_xml.engine.hints.machine_kind import has_expanders
from devaddr_xml.engine.hints.merge import Hinted
from devaddr_xml.engine.hints.nesting import SEPARATOR
from devaddr_xml.engine.state import State
from devaddr_xml.model.device import Device
from devaddr_xml.model.events import Chosen, Rule
from devaddr_xml.model.hints import NO_HINTS, Hints
from devaddr_xml.model.host import HostFacts
from devaddr_xml.model.policy import MachineKind


def mirror(state: State, kind: MachineKind, all_hinted: list[Hinted]) -> list[Hinted]:
    """The hints, with those that the host places of passed-through devices without an address mean.

    Raises HintError under ``numa="strict"`` for a device that the facts do not know or whose host node has no cell.
    """
    refuse_unknown(state, all_hinted)
    known = {id(hinted.device): hinted for hinted in all_hinted}
    cells = Cells(state)
    expanders = has_expanders(state, kind)
    mirrored: list[Hinted] = []
    inferred: list[tuple[Hinted, Hints]] = []
    for device, address in passed_through(state):
        facts = state.host.pci.get(address)
        if facts is None or has_place(device):
            continue
        hinted = known.get(id(device)) or Hinted(device, NO_HINTS, device.line)
        before = _without_groups_of_host(state.host, address, hinted.hints)
        if before.placement == "root-complex":
            continue
        node = cells.of(device, facts) if before.node is None and expanders else before.node
        root_complex = before.root_complex or (facts.root_complex if expanders else None)
        hinted.hints = msgspec.structs.replace(before, node=node, root_complex=root_complex)
        known[id(device)] = hinted
        inferred.append((hinted, before))
        if _follows(before, cells.known(facts), facts.root_complex):
            mirrored.append(hinted)
    _place_among_others(state, kind, mirrored)
    state.mirrored = frozenset(id(hinted.device) for hinted in mirrored)
    for hinted in mirrored:
        state.journal.note(hinted.device, _described(hinted.hints), Rule.HOST_PLACE, "policy")
    everything = [known[id(device)] for device in state.guest.devices if id(device) in known]
    leave_mixed_groups(everything, [pair for pair in inferred if pair[0] not in mirrored])
    return everything


def _follows(before: Hints, cell: int | None, root_complex: str | None) -> bool:
    """Whether hints leave the place of a device below its root complex to the host, or say the same."""
    if any(getattr(before, name) is not None for name in OWN_PLACE):
        return False
    return before.node in (None, cell) and before.root_complex in (None, root_complex)


def _without_groups_of_host(host: HostFacts, address: str, hints: Hints) -> Hints:
    """The hints without groups that an earlier run has named after the host's own switches and slots."""
    innermost = (hints.bus_group or "").rpartition(SEPARATOR)[2]
    if innermost and innermost in switches_above(host, host.pci[address]):
        hints = msgspec.structs.replace(hints, bus_group=None)
    return hints if hints.slot_group != slot_of(address) else msgspec.structs.replace(hints, slot_group=None)


def _described(hints: Hints) -> tuple[Chosen, ...]:
    known = {
        "node": hints.node,
        "root complex": hints.root_complex,
        "switch": hints.bus_group,
        "slot": hints.slot_group,
    }
    return tuple([Chosen(name, value) for name, value in known.items() if value is not None])


def _place_among_others(state: State, kind: MachineKind, mirrored: list[Hinted]) -> None:
    """Give the devices their switches and slots, beside those that have theirs already."""
    new = {str(host_address(hinted.device)): hinted for hinted in mirrored}
    earlier = _Earlier(
        (address, device) for device, address in passed_through(state) if has_place(device) and _is_mirrored(device)
    )
    paths = host_paths(state.host, (*new, *earlier.devices))
    conventional = {slot_of(address) for address in new if state.host.pci[address].express is False}
    behind = [address for address in new if kind == "express" and slot_of(address) not in conventional]
    switched = host_paths(state.host, (*behind, *earlier.devices))
    switches = earlier.switches({address: switched[address] for address in behind}, switched)
    slots = earlier.slots({address: paths[address] for address in new})
    for address, hinted in new.items():
        name = SEPARATOR.join(switches.get(address, ())) or None
        slot = slots.get(address) if hinted.hints.hotplug != "yes" else None
        placement = hinted.hints.placement
        if kind == "express" and name is None:
            placement = _usual(state, slot_of(address) in conventional) or placement
        hinted.hints = msgspec.structs.replace(hinted.hints, bus_group=name, slot_group=slot, placement=placement)
    _agree_on_nodes([device.hints for device in earlier.devices.values() if device.hints], new)


def _usual(state: State, conventional: bool) -> Literal["bridge", "root-port"] | None:
    """The placement to ask for, so that tunables for devices without a host place do not decide; none if they agree."""
    if conventional:
        return "bridge" if state.tunables.legacy_placement != "bridge" else None
    return "root-port" if state.tunables.pcie_placement != "root-port" else None


def _agree_on_nodes(earlier: Iterable[Hints], new: dict[str, Hinted]) -> None:
    """One expander bus has one cell: devices of a switch or a slot take that of the lowest of them that has one."""
    nodes = {top: hints.node for hints in earlier if (top := _top(hints)) and hints.node is not None}
    for address in sorted(new):
        hints = new[address].hints
        if (top := _top(hints)) and hints.node is not None:
            nodes.setdefault(top, hints.node)
    for hinted in new.values():
        if (top := _top(hinted.hints)) and top in nodes:
            hinted.hints = msgspec.structs.replace(hinted.hints, node=nodes[top])


def _top(hints: Hints) -> str | None:
    """The outermost of the groups in which a device is."""
    return (hints.bus_group or "").partition(SEPARATOR)[0] or hints.slot_group


def _is_mirrored(device: Device) -> bool:
    """Whether a device that has its place got it by mirroring, or by hints that say the same."""
    hints = device.hints
    return hints is not None and any((hints.root_complex, hints.bus_group, hints.slot_group))


class _Earlier:
    """Devices that are placed already: what they are with, and so what new ones can be with."""

    def __init__(self, devices: Iterable[tuple[str, Device]]) -> None:
        self.devices = dict(devices)

    def switches(self, new: dict[str, HostPath], every: dict[str, HostPath]) -> dict[str, tuple[str, ...]]:
        """The names of the switches above each new device; those that earlier ones are below keep their names."""
        recorded: dict[str, tuple[str, ...]] = {}
        for device in self.devices.values():
            path = tuple((device.hints.bus_group or "").split(SEPARATOR)) if device.hints else ()
            recorded |= {switch: path[: at + 1] for at, switch in enumerate(path) if switch}
        named = {address: _joined(path.switches, recorded) for address, path in new.items()}
        branches: dict[tuple[str, ...], set[str]] = {}
        for address, path in named.items():
            steps = (*path, every[address].slot or address)
            for at in range(1, len(steps)):
                branches.setdefault(steps[:at], set()).add(steps[at])
        kept = {path[-1] for path, below in branches.items() if len(below) > 1 or path[-1] in recorded}
        return {address: tuple([switch for switch in path if switch in kept]) for address, path in named.items()}

    def slots(self, new: dict[str, HostPath]) -> dict[str, str]:
        """The slot group of each new device that shares its slot with another new one, or with one that has a group."""
        groups = {slot_of(address): d.hints.slot_group for address, d in self.devices.items() if d.hints}
        members: dict[str, list[str]] = {}
        for address, path in new.items():
            if path.slot is not None:
                members.setdefault(path.slot, []).append(address)
        return {
            address: groups.get(slot) or slot
            for slot, addresses in members.items()
            if len(addresses) > 1 or groups.get(slot)
            for address in addresses
        }


def _joined(path: tuple[str, ...], recorded: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """A path of switches, of which those that are in the guest already keep their place there."""
    for at in range(len(path) - 1, -1, -1):
        if path[at] in recorded:
            return (*recorded[path[at]], *path[at + 1 :])
    return path
