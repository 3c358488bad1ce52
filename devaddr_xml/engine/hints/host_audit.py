"""A finished guest beside its host: pairs of passed-through devices that are closer or farther than on the host."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from typing import NamedTuple

import msgspec

from devaddr_xml.buses.pci.tree import PciTree
from devaddr_xml.engine.hints.host_devices import has_place, passed_through
from devaddr_xml.engine.hints.host_nodes import guest_cell
from devaddr_xml.engine.hints.host_paths import HostPath, host_paths
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Device
from devaddr_xml.model.errors import PlacementError
from devaddr_xml.model.naming import label

#: How close two devices are, from the farthest on; switches count by how many are around both.
_NOTHING, _CELL, _ROOT_COMPLEX, _SWITCH, _SLOT = range(5)
_WORDS = {
    _NOTHING: "apart",
    _CELL: "on one NUMA cell",
    _ROOT_COMPLEX: "below one root complex",
    _SWITCH: "below one switch",
    _SLOT: "in one slot",
}
Level = tuple[int, int]


class Place(NamedTuple):
    """Where a device is, on either side; what is not known is absent. switches: outermost first."""

    cell: int | str | None
    root_complex: int | str | None
    switches: tuple[int | str, ...]
    slot: tuple[int, int] | str | None

    def level(self, other: Place) -> Level:
        """The closest common bridge of two devices, and for switches how many of them are around both."""
        if self.slot is not None and self.slot == other.slot:
            return _SLOT, 0
        common = 0
        for mine, theirs in zip(self.switches, other.switches, strict=False):
            if mine != theirs:
                break
            common += 1
        if common:
            return _SWITCH, common
        if self.root_complex is not None and self.root_complex == other.root_complex:
            return _ROOT_COMPLEX, 0
        return (_CELL, 0) if self.cell is not None and self.cell == other.cell else (_NOTHING, 0)


class Pair(msgspec.Struct, frozen=True):
    """Two devices that are not as close to each other in the guest as on the host."""

    first: Device
    second: Device
    on_host: Level
    in_guest: Level

    @property
    def direction(self) -> str:
        """Closer or farther."""
        return "closer" if self.in_guest > self.on_host else "farther"

    def __str__(self) -> str:
        here, there = described(self.in_guest, self.on_host), described(self.on_host, self.in_guest)
        return f"{self.direction} than on the host: {there} there, {here} in the guest"


class WrongCell(msgspec.Struct, frozen=True):
    """A device that is not on the guest cell of its host node."""

    device: Device
    node: int
    wanted: int
    cell: int | None

    def __str__(self) -> str:
        here = "on no cell" if self.cell is None else f"on cell {self.cell}"
        return f"it is {here}, and its host NUMA node {self.node} is guest cell {self.wanted}"


def described(level: Level, other: Level) -> str:
    """A level in words; the number of switches is stated where the other side has switches too."""
    kind, count = level
    return f"below {count} switches" if kind == _SWITCH == other[0] and count > 1 else _WORDS[kind]


class Sides(NamedTuple):
    """The devices that the facts know and that have their places, each with its place on the host and in the guest."""

    devices: tuple[Device, ...]
    on_host: tuple[Place, ...]
    in_guest: tuple[Place, ...]


def sides(state: State, with_cells: bool = True) -> Sides:
    """Both sides of a guest whose devices have their places; without cells as if neither side had any."""
    placed = [
        (device, address)
        for device, address in passed_through(state)
        if address in state.host.pci and has_place(device) and isinstance(device.address, PciAddress)
    ]
    devices = tuple([device for device, _ in placed])
    addresses = [address for _, address in placed]
    with_cells = with_cells and bool(state.guest.cells)
    on_host, in_guest = _host_places(state, addresses, with_cells), _guest_places(state, devices, with_cells)
    return Sides(devices, tuple(on_host), tuple(in_guest))


def pairs(found: Sides) -> Iterator[Pair]:
    """Every pair of devices that is closer or farther apart in the guest than on the host."""
    for one, two in combinations(range(len(found.devices)), 2):
        on_host = found.on_host[one].level(found.on_host[two])
        in_guest = found.in_guest[one].level(found.in_guest[two])
        if on_host != in_guest and not _is_unknown(found.on_host[one], found.on_host[two], on_host):
            yield Pair(found.devices[one], found.devices[two], on_host, in_guest)


def _is_unknown(one: Place, two: Place, level: Level) -> bool:
    """Whether the facts do not say how close two devices are, having no root complex for one of them."""
    return level[0] < _SWITCH and (one.root_complex is None or two.root_complex is None)


def wrong_cells(state: State, found: Sides) -> Iterator[WrongCell]:
    """Every device that is on another guest cell than the one of its host node."""
    sources = {id(device): address for device, address in passed_through(state)}
    for device, on_host, in_guest in zip(found.devices, found.on_host, found.in_guest, strict=True):
        if isinstance(on_host.cell, int) and on_host.cell != in_guest.cell:
            node = state.host.pci[sources[id(device)]].numa_node or 0
            cell = in_guest.cell if isinstance(in_guest.cell, int) else None
            yield WrongCell(device, node, on_host.cell, cell)


def _host_places(state: State, addresses: Sequence[str], with_cells: bool) -> Iterator[Place]:
    paths = host_paths(state.host, addresses)
    cells: dict[int, int | str | None] = {}
    for address in addresses:
        facts = state.host.pci[address]
        node = facts.numa_node
        cell: int | str | None = None
        if node is not None and node >= 0 and with_cells:
            if node not in cells:
                cells[node] = _cell(state, node)
            cell = cells[node]
        path: HostPath = paths[address]
        yield Place(cell, facts.root_complex, path.switches, path.slot)


def _cell(state: State, node: int) -> int | str:
    """The guest cell of a host node; the node itself where it has none."""
    cell = guest_cell(state.guest, state.host, node).cell
    if cell is None and state.tunables.extra_cells == "add":
        for device, address in passed_through(state):
            if state.host.pci.get(address, _NONE).numa_node == node and device.hints and device.hints.node is not None:
                return device.hints.node
    return f"host node {node}" if cell is None else cell


class _NoDevice(NamedTuple):
    numa_node: int | None = None


_NONE = _NoDevice()


def _guest_places(state: State, devices: Sequence[Device], with_cells: bool) -> Iterator[Place]:
    tree = PciTree(state.controllers)
    raw = [_raw_place(tree, device) for device in devices]
    branches: dict[int, set[object]] = {}
    for place in raw:
        steps = (*place.switches, place.slot)
        for above, below in pairwise(steps):
            branches.setdefault(above, set()).add(below)  # type: ignore[arg-type]
    for place in raw:
        switches = tuple([switch for switch in place.switches if len(branches[switch]) > 1])  # type: ignore[index]
        yield place._replace(switches=switches, cell=place.cell if with_cells else None)


def _raw_place(tree: PciTree, device: Device) -> Place:
    """The place of a device in the guest, with every switch above it, branching or not."""
    assert isinstance(device.address, PciAddress)
    bus = device.address.bus
    path = [*tree.path(bus)]
    above = [index for index in reversed(path) if index in tree.controllers]
    switches = tuple([index for index in above if tree.controllers[index].model == "pcie-switch-upstream-port"])
    top = tree.top(bus)
    cell, root = (None, path[-1]) if top is None else (top.node, top.index)
    return Place(cell, root, switches, (bus, device.address.slot))


def warn_of_differences(state: State) -> None:
    """Say of each device that was mirrored in this run what it is closer to, or farther from, than on the host."""
    for device, difference in _differences(state):
        state.journal.warn(f"its place is not mirrored: {difference}", device)


def refuse_differences(state: State) -> None:
    """Raise PlacementError for a device that joins a running guest away from its host place (``numa="strict"``)."""
    if state.tunables.numa != "strict":
        return
    for device, difference in _differences(state):
        raise PlacementError(
            f"the running guest has no free place that mirrors its host: {difference}",
            device=label(device),
            line=device.line,
            remedy='Attach it without --live, or say numa="prefer" in the policy: it then goes there with a warning. '
            "migrate --keep lays out the stopped guest as its host is",
        )


def _differences(state: State) -> Iterator[tuple[Device, str]]:
    """Each device that was mirrored in this run and is not as on the host, and what of it is not."""
    if not state.mirrored:
        return
    found = sides(state, state.tunables.numa != "off")
    told: dict[int, list[str]] = {}
    by_id = {id(device): device for device in found.devices}
    for pair in pairs(found):
        mine, other = (pair.first, pair.second) if id(pair.first) in state.mirrored else (pair.second, pair.first)
        if id(mine) in state.mirrored:
            told.setdefault(id(mine), []).append(f"{label(other)} is {pair}")
    for key, differences in told.items():
        more = f"; and {len(differences) - _MOST_TOLD} more" if len(differences) > _MOST_TOLD else ""
        yield by_id[key], "; ".join(differences[:_MOST_TOLD]) + more
    for wrong in wrong_cells(state, found):
        if id(wrong.device) in state.mirrored:
            yield wrong.device, str(wrong)


_MOST_TOLD = 3
