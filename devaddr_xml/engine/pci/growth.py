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
from devaddr_xml.buses.pci.space import Demand, Space, describe, kind_name
from devaddr_xml.engine.pci.regions import COMMON, Region, Regions
from devaddr_xml.machines.machine import Machine
from devaddr_xml.model.device import Device
from devaddr_xml.model.errors import PlacementError

LAST_BUS = 255


class Growth:
    """Makes new buses in a space, by the machine and by the region in which the place is wanted.

    bridge_below_port: whether QEMU has a pcie-to-pci-bridge (else a dmi-to-pci-bridge starts a conventional tree).
    """

    __slots__ = ("_bridge_below_port", "_express_root", "_machine", "_regions")

    def __init__(self, machine: Machine, express_root: bool, bridge_below_port: bool, regions: Regions) -> None:
        self._machine = machine
        self._express_root = express_root
        self._bridge_below_port = bridge_below_port
        self._regions = regions

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
            return self._conventional(space, number, count, demand.avoid_root)
        if demand.needs & (EXPRESS | UPSTREAM_PORT):
            for _ in range(count):
                self._port(space, demand, 0)
            return number
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
            return self._bus(space, "pci-root", 0, group).number
        if not self._express_root:
            return self._conventional_below_expander(space, region, owner, demand.hotplug is True)
        self._ensure_expander(space, region, owner)
        if not demand.needs & CONVENTIONAL:
            return self._port(space, demand, group).number
        if any(bus.group == group and bus.accepts & PCI_BRIDGE and not bus.full for bus in space.buses):
            return self._bus(space, "pci-bridge", group, group).number
        return self._foundation(space, group, group).number

    def _conventional_below_expander(self, space: Space, region: Region, owner: Owner, hotplug: bool = False) -> int:
        """The expander's own bus; or a bridge on it, since QEMU cannot plug anything into the expander's own."""
        if not self._machine.pci_expander:
            raise self._no_expander(region, owner)
        home = next((bus for bus in space.buses if bus.group == region.number and bus.accepts & PCI_BRIDGE), None)
        if home is None:
            home = self._expander(space, "pci-expander-bus", region, owner)
        elif not hotplug or home.full:
            return self._expander(space, "pci-expander-bus", region, owner).number
        return self._bus(space, "pci-bridge", region.number, region.number).number if hotplug else home.number

    def _expander(self, space: Space, model: str, region: Region, owner: Owner) -> Bus:
        """A new expander bus; it takes its slot on bus 0 at once, since it can sit nowhere else."""
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
            self._conventional_below_expander(space, region, owner)

    def _ensure_expander(self, space: Space, region: Region, owner: Owner) -> None:
        seat = Demand(ROOT_PORT, region.number, 1)
        if space.search(seat) is None:
            if not self._machine.pcie_expander:
                raise self._no_expander(region, owner)
            self._expander(space, "pcie-expander-bus", region, owner)

    def _no_expander(self, region: Region, owner: Owner) -> PlacementError:
        return _refusal(owner, f"{region} needs an expander bus, which machine {self._machine.name} does not have")

    def _ensure_home(self, space: Space, parent: int, owner: Owner) -> None:
        home = self._regions.table[parent]
        if home.kind == "node" and self._express_root:
            self._ensure_expander(space, home, owner)

    def _conventional_group(self, space: Space, demand: Demand, region: Region, owner: Owner) -> int:
        """A bridge whose bus only the devices of the group use."""
        if any(bus.group == region.number and bus.accepts & CONVENTIONAL for bus in space.buses):
            raise _refusal(owner, f"the bus of {region} is full")
        self._ensure_home(space, region.parent, owner)
        if not self._express_root:
            self._ensure_conventional_home(space, region.parent, owner)
            return self._seated_bridge(space, region, owner).number
        if not self._bridge_below_port:
            return self._bus(space, "dmi-to-pci-bridge", region.parent, region.number).number
        port = self._bus(space, "pcie-root-port", region.parent, region.number)
        port.accepts = PCIE_TO_PCI_BRIDGE | AUTO
        return self._bus(space, "pcie-to-pci-bridge", region.number, region.number).number

    def _seated_bridge(self, space: Space, region: Region, owner: Owner) -> Bus:
        """A bridge that has its slot at once; a common bridge comes first where there is no slot left."""
        seat = Demand(PCI_BRIDGE, region.parent)
        if space.search(seat) is None:
            self._conventional(space, len(space.buses), 1, True)
        space.place(seat, owner)
        bus = self._bus(space, "pci-bridge", region.parent, region.number)
        bus.seated = True
        return bus

    def _ensure_conventional_home(self, space: Space, parent: int, owner: Owner) -> None:
        home = self._regions.table[parent]
        if home is COMMON or home.kind != "node":
            return
        if not any(bus.group == parent and bus.accepts & PCI_BRIDGE and not bus.full for bus in space.buses):
            self._below_expander(space, Demand(CONVENTIONAL | AUTO, parent), home, owner)

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
