"""Which controllers are invented when a device finds no place."""

from __future__ import annotations

from devaddr_xml.buses.pci.bus import EXPANDERS, Bus, Owner
from devaddr_xml.buses.pci.connect import (
    AUTO,
    CONVENTIONAL,
    DOWNSTREAM_PORT,
    EXPRESS,
    INTEGRATED,
    PCI_BRIDGE,
    PCI_EXPANDER,
    PCIE_EXPANDER,
    PCIE_TO_PCI_BRIDGE,
    ROOT_PORT,
    UPSTREAM_PORT,
)
from devaddr_xml.buses.pci.space import PACK_PORTS, Demand, Space, describe, kind_name
from devaddr_xml.engine.pci.demand import Demands
from devaddr_xml.engine.pci.regions import Region
from devaddr_xml.machines.machine import Machine
from devaddr_xml.model.device import Device
from devaddr_xml.model.errors import PlacementError

LAST_BUS = 255


class Growth:
    """Makes new buses in a space, by the machine and by the region in which the place is wanted.

    bridge_below_port: whether QEMU has a pcie-to-pci-bridge (else a dmi-to-pci-bridge starts a conventional tree).
    """

    __slots__ = ("_bridge_below_port", "_drop_in", "_express_root", "_machine", "_regions")

    def __init__(self, machine: Machine, demands: Demands, bridge_below_port: bool) -> None:
        self._machine = machine
        self._express_root = demands.express_root
        self._drop_in = demands.drop_in
        self._bridge_below_port = bridge_below_port
        self._regions = demands.regions

    def __call__(self, space: Space, demand: Demand, number: int, owner: Owner) -> int:
        """Add buses so that bus ``number`` exists; returns the number of the bus that serves the device."""
        if number < len(space.buses):
            return number
        if number > LAST_BUS:
            raise _refusal(owner, f"{kind_name(demand.needs)} needs one more bus, and all 256 PCI buses are in use")
        region = self._regions.table[demand.group]
        if demand.needs & INTEGRATED:
            raise _refusal(owner, "every slot of bus 0 that it may use is taken")
        if region.kind in ("common", "isolation"):
            return self._common(space, demand, number, owner)
        if region.kind == "node":
            return self._below_expander(space, demand, region, owner)
        if region.conventional:
            return self._conventional_group(space, demand, region, owner)
        return self._below_switch(space, demand, region, owner)

    def _common(self, space: Space, demand: Demand, number: int, owner: Owner) -> int:
        """What libvirt makes."""
        count = number - len(space.buses) + 1
        if demand.needs & CONVENTIONAL:
            return self._conventional(space, number, count, demand.bridged)
        if demand.needs & (EXPRESS | UPSTREAM_PORT):
            for _ in range(count):
                self._port(space, demand, 0)
            return number
        if demand.needs & PCI_BRIDGE and not self._drop_in:
            return self._conventional(space, number, count, True)
        raise _refusal(
            owner, f"{kind_name(demand.needs)} needs a place on a PCI bus, and no bus that takes it has room"
        )

    def _conventional(self, space: Space, number: int, count: int, bridge: bool) -> int:
        if self._machine.host_bridges and not bridge:
            for _ in range(count):
                space.add_bus("pci-root")
            return number
        if not any(bus.accepts & PCI_BRIDGE and bus.group == 0 for bus in space.buses):
            number = max(number, len(space.buses) + 1)
            self._foundation(space, 0, 0)
        while len(space.buses) <= number:
            space.add_bus("pci-bridge")
        return number

    def _foundation(self, space: Space, seat: int, group: int) -> Bus:
        """The first conventional bus of a PCI Express tree."""
        if not self._bridge_below_port:
            return self._bus(space, "dmi-to-pci-bridge", seat, group)
        port = self._bus(space, "pcie-root-port", seat, group)
        port.accepts = PCIE_TO_PCI_BRIDGE | AUTO
        return self._bus(space, "pcie-to-pci-bridge", group, group)

    def _port(self, space: Space, demand: Demand, group: int) -> Bus:
        return self._bus(space, "pcie-root-port", group, group, demand.hotplug)

    def _bus(self, space: Space, model: str, seat: int, group: int, hotplug: bool | None = None) -> Bus:
        bus = space.add_bus(model, hotplug)
        bus.seat = seat
        bus.group = group
        bus.locked = bool(group)
        if model == "pci-root" or model in EXPANDERS:
            bus.node = self._regions.home(group).node
        return bus

    def _below_expander(self, space: Space, demand: Demand, region: Region, owner: Owner) -> int:
        """A place below an expander bus, or on an additional host bridge, of a NUMA cell."""
        group = region.number
        if self._machine.host_bridges:
            if demand.bridged:
                return self._seated_bridge(space, group, group, owner).number
            return self._bus(space, "pci-root", 0, group).number
        if not self._express_root:
            return self._conventional_below_expander(space, demand, region, owner).number
        self._ensure_expander(space, region, owner)
        if not demand.needs & CONVENTIONAL:
            return self._port(space, demand, group).number
        return self._foundation(space, group, group).number

    def _conventional_below_expander(self, space: Space, demand: Demand, region: Region, owner: Owner) -> Bus:
        """The expander's own bus; or a bridge on it, since QEMU cannot plug anything into the expander's own."""
        if demand.bridged or demand.hotplug:
            return self._seated_bridge(space, region.number, region.number, owner)
        return self._expander(space, "pci-expander-bus", region, owner)

    def _expander(self, space: Space, model: str, region: Region, owner: Owner) -> Bus:
        """A new expander bus; it takes its slot on bus 0 at once, since it can sit nowhere else."""
        machine = self._machine
        if not (machine.pcie_expander if model == "pcie-expander-bus" else machine.pci_expander):
            raise _refusal(owner, f"{region} needs an expander bus, which machine {machine.name} does not have")
        bus = self._bus(space, model, 0, region.number)
        space.place(Demand(PCI_EXPANDER if model == "pci-expander-bus" else PCIE_EXPANDER), owner)
        bus.seated = True
        return bus

    def prepare(self, space: Space, group: int, owner: Owner) -> None:
        """Make the first expander bus of a node region before endpoints fill bus 0."""
        region = self._regions.table[group]
        if region.kind != "node" or self._machine.host_bridges or any(bus.group == group for bus in space.buses):
            return
        if self._express_root:
            self._ensure_expander(space, region, owner)
        else:
            self._expander(space, "pci-expander-bus", region, owner)

    def _ensure_expander(self, space: Space, region: Region, owner: Owner) -> None:
        if space.search(Demand(ROOT_PORT, region.number, PACK_PORTS)) is None:
            self._expander(space, "pcie-expander-bus", region, owner)

    def _ensure_home(self, space: Space, parent: int, owner: Owner) -> None:
        home = self._regions.table[parent]
        if home.kind == "node" and self._express_root:
            self._ensure_expander(space, home, owner)

    def _conventional_group(self, space: Space, demand: Demand, region: Region, owner: Owner) -> int:
        """A bridge whose bus only the devices of the group use."""
        is_there = any(bus.group == region.number and bus.accepts & CONVENTIONAL for bus in space.buses)
        if is_there and region.kind == "group":
            raise _refusal(owner, f"the bus of {region} is full")
        if not self._express_root:
            return self._seated_bridge(space, region.parent, region.number, owner).number
        self._ensure_home(space, region.parent, owner)
        if not self._bridge_below_port:
            return self._bus(space, "dmi-to-pci-bridge", region.parent, region.number).number
        port = self._bus(space, "pcie-root-port", region.parent, region.number)
        port.accepts = PCIE_TO_PCI_BRIDGE | AUTO
        return self._bus(space, "pcie-to-pci-bridge", region.number, region.number).number

    def _seated_bridge(self, space: Space, parent: int, group: int, owner: Owner) -> Bus:
        """A bridge that has its slot at once; one more bus comes first where there is no slot left."""
        seat = Demand(PCI_BRIDGE, parent)
        if space.search(seat) is None:
            self._add_seats(space, self._regions.table[parent], owner)
        space.place(seat, owner)
        bus = self._bus(space, "pci-bridge", parent, group)
        bus.seated = True
        return bus

    def _add_seats(self, space: Space, home: Region, owner: Owner) -> None:
        """One more bus on which a bridge can sit."""
        if self._machine.host_bridges:
            self._bus(space, "pci-root", 0, home.number)
        elif home.kind == "node":
            self._expander(space, "pci-expander-bus", home, owner)
        else:
            self._conventional(space, len(space.buses), 1, True)

    def _below_switch(self, space: Space, demand: Demand, region: Region, owner: Owner) -> int:
        """A downstream port; and the switch above it where there is none with room."""
        group = region.number
        if not self._express_root:
            raise _refusal(owner, "a switch needs PCI Express, which the machine does not have")
        switches = [bus for bus in space.buses if bus.group == group and bus.accepts & DOWNSTREAM_PORT]
        ports = sum(bus.seat == group and bus.model == "pcie-switch-downstream-port" for bus in space.buses)
        if ports >= 32 * len(switches):
            if switches and region.kind == "group":
                raise _refusal(owner, f"the switch of {region} has 32 ports, and all are taken")
            self._ensure_home(space, region.parent, owner)
            port = self._bus(space, "pcie-root-port", region.parent, group)
            port.accepts = UPSTREAM_PORT | AUTO
            self._bus(space, "pcie-switch-upstream-port", group, group)
        return self._bus(space, "pcie-switch-downstream-port", group, group, demand.hotplug).number


def _refusal(owner: Owner, message: str) -> PlacementError:
    return PlacementError(
        message,
        device=describe(owner),
        line=owner.line if isinstance(owner, Device) else None,
        remedy="Remove devices, or let several share a slot or a bus",
    )
