"""Free places for later: how many the policy asks for, and the ports or bridges that provide them."""

from __future__ import annotations

from collections.abc import Collection, Container

from msgspec.structs import replace

from devaddr_xml.buses.pci.bus import Bus
from devaddr_xml.buses.pci.controllers import PORTS
from devaddr_xml.buses.pci.flags import AUTO, CONVENTIONAL, EXPRESS, PCI_BRIDGE
from devaddr_xml.buses.pci.space import Need, Space
from devaddr_xml.engine.pci.growth import Growth
from devaddr_xml.engine.pci.needs import Needs
from devaddr_xml.engine.pci.regions import Regions
from devaddr_xml.engine.state import State
from devaddr_xml.model.errors import PlacementError
from devaddr_xml.model.policy import Spare

_TWO_GIB = 2 * 1024 * 1024

_PORT = Need(EXPRESS | AUTO)
_SLOT = Need(CONVENTIONAL | AUTO, hotplug=True)


def add_spares(state: State, needs: Needs, growth: Growth, space: Space) -> None:
    """The same as `_add_spares`; an error names the policy as its cause."""
    try:
        _add_spares(state, needs, growth, space)
    except PlacementError as error:
        if error.line is None and state.guest.policy is not None:
            error.line = state.guest.policy.line
        raise


def _add_spares(state: State, needs: Needs, growth: Growth, space: Space) -> None:
    """Add ports (or bridges) to the trial until there are as many free hotpluggable places as the policy asks for."""
    wanted = state.tunables.spare_ports
    if wanted == "kubevirt":
        wanted = kubevirt_spares(state.guest.memory or 0, sum(is_occupied_port(bus) for bus in space.buses))
    slots = state.tunables.spare_slots
    if slots and not needs.express_root:
        wanted = max(slots, wanted) if isinstance(wanted, int) else slots
    opened = _opened_ports(state)
    if isinstance(wanted, int):
        unfit = _unfit_ports(state, state.tunables.mem_reserve)
        _fill(needs, growth, space, opened, 0, wanted - growth.keeps_slot, "spare ports", unfit)
    for spare, group in node_spares(state, needs, space):
        _fill(
            needs, growth, space, opened, group, spare.ports, spare_owner(spare), _unfit_ports(state, spare.mem_reserve)
        )
    if slots and needs.express_root:
        while space.buses and _free_slots(space) < slots:
            growth(space, _SLOT, len(space.buses), "spare slots")


def _unfit_ports(state: State, wanted: int | str | None) -> Collection[int]:
    """Ports that reserve no memory, if spare ports must."""
    if not wanted:
        return ()
    from devaddr_xml.engine.pci.reserves import unfit_ports

    return unfit_ports(state, wanted)


def _free_slots(space: Space) -> int:
    """Free hotpluggable conventional slots in the common region."""
    return sum(
        bus.free.bit_count() for bus in space.buses if not bus.group and bus.hotplug and bus.accepts & CONVENTIONAL
    )


def node_spares(state: State, needs: Needs, space: Space) -> list[tuple[Spare, int]]:
    """The spare ports of nodes that the policy asks for, each with its region."""
    policy = state.guest.policy
    if policy is None or state.tunables.numa == "off":
        return []
    return [(spare, _node_group(needs, space, spare)) for spare in policy.spares]


def spare_owner(spare: Spare) -> str:
    """The name of the owner of a node's spare ports in messages."""
    return f"spare ports of node {spare.node}"


def kubevirt_spares(memory: int, used: int) -> int:
    """How many free ports KubeVirt keeps: memory in KiB, ``used`` occupied ports (its docs: pci-topology)."""
    return max(16 - used, 6) if memory > _TWO_GIB else max(8 - used, 3)


def is_occupied_port(bus: Bus) -> bool:
    """Whether the bus is that of an occupied port."""
    return bus.is_port and bool(bus.busy)


def _opened_ports(state: State) -> set[int | None]:
    """Indexes of ports with hotplug off in the document that get hotplug on if they stay empty."""
    if state.tunables.port_hotplug not in ("on", "spare-only"):
        return set()
    return {
        port.index
        for port in state.controllers
        if port.model in PORTS and port.hotplug is False and not (port.hints and port.hints.port_hotplug == "off")
    }


def free_places(
    regions: Regions,
    space: Space,
    opened: Container[int | None],
    groups: Container[int],
    express: bool,
    unfit: Collection[int] = (),
) -> int:
    """Free hotpluggable places of regions: empty ports (also of switches), or free slots of conventional buses.

    opened: ports that become hotpluggable, whatever the document says. unfit: ports that do not count.
    """
    if express:
        return sum(
            bus.is_port
            and (bus.hotplug or bus.number in opened)
            and not bus.busy
            and bus.number not in unfit
            and bool(bus.free)
            and bool(bus.accepts & EXPRESS)
            and (bus.group in groups or regions.is_switch_of(bus.group, groups))
            for bus in space.buses
        )
    return sum(
        bus.free.bit_count()
        for bus in space.buses
        if bus.group in groups and bus.hotplug and bus.accepts & CONVENTIONAL
    )


def _fill(
    needs: Needs,
    growth: Growth,
    space: Space,
    opened: Container[int | None],
    group: int,
    wanted: int,
    owner: str,
    unfit: Collection[int] = (),
) -> None:
    if not space.buses:
        return
    express = needs.express_root
    groups = needs.regions.beside(group)
    while free_places(needs.regions, space, opened, groups, express, unfit) < wanted:
        bridged = not express and space.search(needs.new_controller(PCI_BRIDGE, group, 1)) is not None
        need = replace(_PORT, group=group) if express else replace(_SLOT, group=group, bridged=bridged)
        if not (express and not group and growth.port_of_a_switch_behind(space, owner)):
            growth(space, need, len(space.buses), owner)


def _node_group(needs: Needs, space: Space, spare: Spare) -> int:
    """The region of the node without a root complex; else the node's region with the lowest bus, if any."""
    plain = needs.regions.node(spare.node, None)
    groups = needs.regions.beside(plain)
    present = [bus.group for bus in space.buses if bus.group in groups]
    return plain if plain in present or not present else present[0]
