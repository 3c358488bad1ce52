"""A topology file for NCCL: which GPUs and network cards are below which switches and cells (NCCL_TOPO_FILE).

The format is that of NCCL's own dumps (NCCL_TOPO_DUMP_FILE), version 1: ``system`` holds a ``cpu`` for each NUMA node,
which holds ``pci`` elements, nested as switches are. What is left out, NCCL reads from the guest's sysfs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from devaddr_xml.engine.finished.topology import Topology
from devaddr_xml.engine.hints.host_devices import host_address
from devaddr_xml.engine.hints.host_nodes import guest_cell
from devaddr_xml.engine.hints.host_paths import host_paths
from devaddr_xml.model.device import Device
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.host import HostFacts

#: The class of a bridge; NCCL merges a pci element of it with the ones inside.
_BRIDGE = "0x060400"
#: NCCL's word for a CPU of no known node.
_NO_NODE = -1
_WORD = 32


class _Switch(msgspec.Struct):
    """A cell or a switch with what is below it; lines: of the devices right below."""

    start: str
    inside: dict[str, _Switch] = {}
    lines: list[str] = []

    def text(self, depth: int) -> Iterator[str]:
        step = "  " * depth
        yield f"{step}<{self.start}>"
        for switch in self.inside.values():
            yield from switch.text(depth + 1)
        for line in self.lines:
            yield f"{step}  {line}"
        yield f"{step}</{self.start.partition(' ')[0]}>"


def as_nccl(guest: Guest, host: HostFacts | None = None) -> str:
    """The topology file of a finished guest, with addresses as the guest sees them.

    host: with the facts of its host, devices stand to each other as they do there; without, as they do in the guest.
    """
    topology = Topology(guest)
    facts = host if host is not None and host.pci else None
    cells: dict[int, _Switch] = {}
    for device, path in _placed(topology, facts):
        where = topology.guest_address(device)
        if where is None:
            continue
        cell = _cell(topology, facts, device)
        here = cells.get(cell)
        if here is None:
            here = cells[cell] = _Switch(_cpu(guest, cell))
        for switch in path:
            here = here.inside.setdefault(switch, _Switch(f'pci busid="{switch}" class="{_BRIDGE}"'))
        here.lines.append(f'<pci busid="{where}"{_class(facts, device)}/>')
    lines = [line for _, cell in sorted(cells.items()) for line in cell.text(1)]
    return "\n".join(('<system version="1">', *lines, "</system>")) + "\n"


def _placed(topology: Topology, host: HostFacts | None) -> Iterator[tuple[Device, Sequence[str]]]:
    """Every passed-through device with the addresses of the switches above it, outermost first."""
    sources = [(device, str(source)) for device in topology.guest.devices if (source := host_address(device))]
    if host is None:
        for device, _ in sources:
            yield device, _switches_in_guest(topology, device)
        return
    paths = host_paths(host, [address for _, address in sources])
    names: dict[str, str] = {}
    for device, address in sources:
        path = paths[address].switches if address in paths else ()
        yield device, [names.setdefault(switch, f"ffff:ff:{len(names):02x}.0") for switch in path]


def _switches_in_guest(topology: Topology, device: Device) -> list[str]:
    bus = topology.bus_of(device)
    above = [] if bus is None else [each.controller for each in topology.above(bus)]
    switches = (controller for controller in reversed(above) if controller.model == "pcie-switch-upstream-port")
    return [str(topology.guest_address(switch)) for switch in switches]


def _cell(topology: Topology, host: HostFacts | None, device: Device) -> int:
    """The guest cell of a device: of its host node where that is known, else of its place."""
    source = host_address(device)
    facts = host.pci.get(str(source)) if host is not None and source is not None else None
    if host is not None and facts is not None and facts.numa_node is not None and facts.numa_node >= 0:
        cell = guest_cell(topology.guest, host, facts.numa_node).cell
        if cell is not None:
            return cell
    node = topology.node_of(device)
    return _NO_NODE if node is None else node


def _cpu(guest: Guest, number: int) -> str:
    cpus = next((cell.cpus for cell in guest.cells if cell.id == number), None)
    if cpus is None:
        cpus = () if guest.cells else tuple(range(guest.vcpus))
    return f'cpu numaid="{number}" affinity="{_mask(cpus)}" arch="{guest.arch}"'


def _mask(cpus: Sequence[int]) -> str:
    """CPUs as Linux writes a set of them: words of 32 bits in hexadecimal, the highest first."""
    value = sum(1 << cpu for cpu in set(cpus))
    count = max(1, -(-value.bit_length() // _WORD))
    return ",".join(f"{value >> _WORD * at & 0xFFFFFFFF:08x}" for at in reversed(range(count)))


def _class(host: HostFacts | None, device: Device) -> str:
    source = host_address(device)
    facts = host.pci.get(str(source)) if host is not None and source is not None else None
    return f' class="0x{facts.class_.removeprefix("0x")}"' if facts is not None and facts.class_ else ""
