"""Guest NUMA cells and root complexes of host devices, from what is known of the host."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from devaddr_xml.engine.hints.host_devices import has_place, passed_through, refuse_unknown
from devaddr_xml.engine.hints.machine_kind import has_expanders
from devaddr_xml.engine.hints.merge import Hinted
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Device, Hostdev, Interface
from devaddr_xml.model.errors import HintError
from devaddr_xml.model.events import Chosen, Rule
from devaddr_xml.model.guest import Guest, NumaCell
from devaddr_xml.model.hints import NO_HINTS, Hints
from devaddr_xml.model.host import HostFacts, HostPciDevice
from devaddr_xml.model.naming import label
from devaddr_xml.model.policy import MachineKind, Policy
from devaddr_xml.rules.guest import uses_host_nodes

#: The least memory of a cell that QEMU takes through a memory back end, in KiB: what libvirt rounds sizes up to.
LEAST_CELL = 1024


class _Cell(NamedTuple):
    """The guest cell of a host node, or why there is none."""

    cell: int | None
    problem: str = ""
    several: bool = False


def infer_nodes(state: State, kind: MachineKind, policy: Policy, all_hinted: list[Hinted]) -> list[Hinted]:
    """The hints, with ``node`` and ``root-complex`` for host PCI devices that have neither an address nor a node.

    Nothing is inferred for a guest that only asks for libvirt's layout: a policy that says ``numa``, another profile or
    tunable, or any hint is what asks for more. Nor where the guest has no NUMA cells or the machine no expander buses.
    Raises HintError under ``numa="strict"`` when a host node has no guest cell or several.
    """
    if not _is_wanted(state, kind, policy, all_hinted):
        return all_hinted
    refuse_unknown(state, all_hinted)
    known = {id(hinted.device): hinted for hinted in all_hinted}
    cells = Cells(state)
    inferred: list[tuple[Hinted, Hints]] = []
    for device in state.hostdevs:
        facts = _facts(state.host, device)
        if facts is None or facts.numa_node is None or facts.numa_node < 0:
            continue
        hinted = known.get(id(device))
        if hinted is None:
            hinted = Hinted(device, NO_HINTS, device.line)
        before = hinted.hints
        _complete(hinted, facts, cells)
        if hinted.hints is not before:
            known[id(device)] = hinted
            inferred.append((hinted, before))
    everything = [known[id(device)] for device in state.guest.devices if id(device) in known]
    leave_mixed_groups(everything, inferred)
    for hinted, before in inferred:
        if hinted.hints.node != before.node:
            state.journal.note(hinted.device, Chosen("node", hinted.hints.node), Rule.HOST_NODE, "policy")
    return everything


def _is_wanted(state: State, kind: MachineKind, policy: Policy, all_hinted: list[Hinted]) -> bool:
    if not state.guest.cells or state.tunables.numa == "off" or not has_expanders(state, kind):
        return False
    hints = [hinted.hints for hinted in all_hinted]
    return uses_host_nodes(policy, state.tunables, hints, kind)


def _facts(host: HostFacts, device: Device) -> HostPciDevice | None:
    """What is known of the host device behind a device that has no address yet."""
    if isinstance(device.address, PciAddress) and not device.address.empty:
        return None
    if not isinstance(device, Interface | Hostdev) or device.source is None or device.source.pci is None:
        return None
    return host.pci.get(str(device.source.pci))


def _complete(hinted: Hinted, facts: HostPciDevice, cells: Cells) -> None:
    """Fill in what the hints of one host device leave open."""
    if hinted.hints.placement == "root-complex":
        return
    if hinted.hints.node is None:
        node = cells.of(hinted.device, facts)
        if node is None:
            return
        hinted.hints = msgspec.structs.replace(hinted.hints, node=node)
    if hinted.hints.root_complex is None and facts.root_complex:
        hinted.hints = msgspec.structs.replace(hinted.hints, root_complex=facts.root_complex)


class Cells:
    """The guest cell of each host node, looked up once; with ``extra-cells="add"`` one is made where there is none."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._known: dict[int, _Cell] = {}

    def of(self, device: Device, facts: HostPciDevice) -> int | None:
        """The cell of a host device; none where its node is not known, the guest has no cells, or nodes are ignored.

        Raises HintError under ``numa="strict"`` when there is no one cell, and warns otherwise.
        """
        state, node = self._state, facts.numa_node
        if node is None or node < 0 or not state.guest.cells or state.tunables.numa == "off":
            return None
        cell = self._known.get(node)
        if cell is None:
            cell = self._known[node] = self._find(node)
        if cell.cell is not None:
            return cell.cell
        message = f"the node of the device is not known: it is on host NUMA node {node}, and {cell.problem}"
        if state.tunables.numa == "strict":
            raise HintError(
                message,
                device=label(device),
                line=device.line,
                remedy='Give it a node hint; numa="prefer" turns this into a warning, numa="off" ignores nodes',
            )
        state.journal.warn(message, device, remedy="Give it a node hint")
        return None

    def known(self, facts: HostPciDevice) -> int | None:
        """The cell that a host device has, by pinning or because it was looked up; none without any complaint."""
        node = facts.numa_node
        if node is None or node < 0:
            return None
        found = self._known.get(node) or guest_cell(self._state.guest, self._state.host, node)
        return found.cell

    def _find(self, node: int) -> _Cell:
        state = self._state
        cell = guest_cell(state.guest, state.host, node)
        if state.tunables.extra_cells != "add" or cell.several:
            return cell
        if cell.cell is None and (earlier := self._earlier(node)) is not None:
            return _Cell(earlier)
        return _Cell(add_cell(state, node)) if cell.cell is None else cell

    def _earlier(self, node: int) -> int | None:
        """The cell on which a device of the host node is already."""
        state = self._state
        for device, address in passed_through(state):
            facts = state.host.pci.get(address)
            if facts is not None and facts.numa_node == node and has_place(device) and device.hints is not None:
                return device.hints.node
        return None


def add_cell(state: State, node: int) -> int:
    """A further cell of the guest, without vCPUs, for the devices of a host node; returns its id."""
    guest = state.guest
    number = max(cell.id for cell in guest.cells) + 1
    memory = 0 if state.rules.empty_numa_cells else LEAST_CELL
    guest.cells = (*guest.cells, NumaCell(id=number, memory=memory))
    more = f"; the guest has {memory >> 10} MiB more" if memory else ""
    state.journal.warn(f"guest NUMA cell {number} was added for the devices of host NUMA node {node}{more}")
    return number


def guest_cell(guest: Guest, host: HostFacts, node: int) -> _Cell:
    """The guest cell whose memory is on a host node (numatune/memnode), else the one whose vCPUs are (vcpupin)."""
    cells = {cell.id for cell in guest.cells}
    found = sorted({memnode.cell for memnode in guest.memnodes if node in memnode.nodes and memnode.cell in cells})
    how = "memory of"
    if not found:
        cpus = set(host.cpus.get(node, ()))
        here = {pin.vcpu for pin in guest.vcpu_pins if not cpus.isdisjoint(pin.cpus)}
        found = [cell.id for cell in guest.cells if not here.isdisjoint(cell.cpus)]
        how = "vCPUs of"
    if len(found) == 1:
        return _Cell(found[0])
    if found:
        return _Cell(None, f"{how} guest cells {', '.join(map(str, found))} are there", True)
    if guest.vcpu_pins and not host.cpus.get(node):
        return _Cell(None, f"the host facts name no cpus of node {node}, which vcpupin needs to find its guest cell")
    return _Cell(None, "neither numatune/memnode nor vcpupin puts a guest cell there")


def cell_of_node(guest: Guest, host: HostFacts, node: int) -> int | None:
    """The one guest cell of a host node, if there is one."""
    return guest_cell(guest, host, node).cell


def leave_mixed_groups(all_hinted: list[Hinted], inferred: list[tuple[Hinted, Hints]]) -> None:
    """Take back what was inferred for members of a group that does not share it; ``inferred`` has the hints before."""
    for field in ("slot_group", "bus_group"):
        named: dict[str, set[tuple[int | None, str | None]]] = {}
        for hinted in all_hinted:
            name = getattr(hinted.hints, field)
            if name is not None:
                named.setdefault(name, set()).add((hinted.hints.node, hinted.hints.root_complex))
        for hinted, before in inferred:
            name = getattr(hinted.hints, field)
            if name is not None and len(named[name]) > 1:
                hinted.hints = before
