"""Which region each bus of the document belongs to, before anything is placed."""

from __future__ import annotations

from collections.abc import Iterator

from devaddr_xml.buses.pci.controllers import BRIDGES, EXPANDERS, ROOTS, SWITCH_PORTS
from devaddr_xml.buses.pci.flags import AUTO
from devaddr_xml.buses.pci.tree import PciTree, bus_of
from devaddr_xml.engine.pci.needs import Needs
from devaddr_xml.engine.pci.regions import RegionKind
from devaddr_xml.engine.state import State
from devaddr_xml.model.device import Controller, Device


class Labels:
    """The region of each given bus, by controller index; buses that are not in the table are common."""

    __slots__ = ("_needs", "_state", "_tree", "table")

    def __init__(self, state: State, needs: Needs) -> None:
        self._state = state
        self._needs = needs
        self.table: dict[int, int] = {}
        self._tree = PciTree(state.controllers)
        self._find()

    def _find(self) -> None:
        state = self._state
        hinted = [device for device in state.visit() if device.hints is not None]
        self._find_base_regions(hinted)
        self._label_nodes(hinted)
        self._label_switches(hinted)
        self._label_without_hotplug(hinted)
        self._label_groups(hinted)

    def _find_base_regions(self, hinted: list[Device]) -> None:
        """Tell which PCI controllers carry devices of a NUMA cell, so that those without a place go there."""
        base_regions = self._needs.base_regions
        for device in hinted:
            bus = bus_of(device)
            if bus is None or not self._needs.connector.flags(device) & AUTO:
                continue
            base = self._needs.regions.base(self._needs.of(device).group)
            if base.number:
                base_regions.update((above, base.number) for above in self._tree.path(bus))

    def _label_nodes(self, hinted: list[Device]) -> None:
        """Everything below an expander bus, or on an additional host bridge, belongs to its NUMA cell."""
        tops = {
            index: controller
            for index, controller in self._tree.controllers.items()
            if controller.model in EXPANDERS
            or (controller.model == "pci-root" and index and self._state.machine.host_bridges)
        }
        top_of = {
            index: next((bus for bus in self._tree.path(index) if bus in tops), None)
            for index in self._tree.controllers
        }
        groups = self._node_groups(tops, top_of, hinted)
        for index, top in top_of.items():
            group = groups.get(top) if top is not None else self._waiting_base(index)
            if group:
                self.table[index] = group

    def _waiting_base(self, bus: int) -> int:
        """The region of a bus that is below a controller which still waits for its place, and says where."""
        *_, last = self._tree.path(bus)
        waiting = self._tree.controllers.get(last)
        if waiting is None or waiting.model in ROOTS or waiting.model in EXPANDERS:
            return 0
        return self._needs.base_region_of(waiting)

    def _node_groups(
        self, tops: dict[int, Controller], top_of: dict[int, int | None], hinted: list[Device]
    ) -> dict[int, int]:
        """The region of each expander: its cell, and the root complex of the devices that are there."""
        names: dict[int, str | None] = {}
        used: set[int] = set()
        for device in self._state.visit():
            bus = bus_of(device)
            top = top_of.get(bus) if bus is not None else None
            if top is not None and not (isinstance(device, Controller) and device.type == "pci"):
                used.add(top)
                hints = device.hints
                if hints is not None and hints.root_complex is not None and hints.node == tops[top].node:
                    names[top] = hints.root_complex
        regions = self._needs.regions
        groups: dict[int, int] = {}
        for index, controller in tops.items():
            if controller.node is not None or index in names:
                groups[index] = regions.node(controller.node, names.get(index))
        self._adopt(tops, used, groups, hinted)
        return groups

    def _adopt(self, tops: dict[int, Controller], used: set[int], groups: dict[int, int], hinted: list[Device]) -> None:
        """An expander that nobody uses yet goes to the first root complex that wants one on its cell."""
        regions = self._needs.regions
        free = [index for index in groups if index not in used]
        for device in hinted:
            hints = device.hints
            if not free or hints is None or hints.root_complex is None or bus_of(device) is not None:
                continue
            wanted = regions.node(hints.node, hints.root_complex)
            if wanted in groups.values():
                continue
            match = next((index for index in free if tops[index].node == hints.node), None)
            if match is not None:
                groups[match] = wanted
                free.remove(match)

    def _label_switches(self, hinted: list[Device]) -> None:
        """The buses of switches, where the policy or a hint places devices behind switches."""
        wanted = self._state.tunables.pcie_placement == "switch" or any(
            device.hints and device.hints.placement == "switch" for device in hinted
        )
        if not wanted or self._switches_wait():
            return
        for index, controller in self._tree.controllers.items():
            above = self._tree.parents.get(index)
            if controller.model == "pcie-switch-upstream-port":
                self.table[index] = self._needs.regions.switch(self.table.get(index, 0))
            elif controller.model == "pcie-switch-downstream-port" and above is not None:
                self.table[index] = self._needs.regions.switch(self._base_region_of(above))

    def _switches_wait(self) -> bool:
        """Whether a given switch port still looks for its place, which it finds on common switches only."""
        return any(
            controller.model in SWITCH_PORTS and index not in self._tree.parents
            for index, controller in self._tree.controllers.items()
        )

    def _base_region_of(self, bus: int) -> int:
        region = self._needs.regions.table[self.table.get(bus, 0)]
        return region.parent if region.kind == "switch" else region.number

    def _label_without_hotplug(self, hinted: list[Device]) -> None:
        """The conventional buses below a port whose devices must not be hotpluggable are theirs."""
        tops: dict[int, int] = {}
        for bus, group in self._given_in(hinted, "without-hotplug"):
            bridges = [above for above in self._tree.path(bus) if self._is_bridge(above)]
            if bridges:
                tops[bridges[-1]] = group
        self._label_below(tops)

    def _is_bridge(self, bus: int) -> bool:
        return bus in self._tree.controllers and self._tree.controllers[bus].model in BRIDGES

    def _label_groups(self, hinted: list[Device]) -> None:
        """The bus of a bus group, or of a device that has its own, is where such a device already is."""
        tops: dict[int, int] = {}
        for bus, group in self._given_in(hinted, "group"):
            shared = bus
            if not self._needs.regions.table[group].conventional:
                shared = self._tree.parents.get(bus, bus)
                tops |= self._switches_around(shared, group)
            if shared:
                tops[shared] = group
        self._label_below(tops)

    def _switches_around(self, bus: int, group: int) -> dict[int, int]:
        """The bus of each switch around the one of a group, with its region: two buses up, through one of its ports."""
        regions = self._needs.regions.table
        found: dict[int, int] = {}
        around = regions[regions[group].parent]
        while around.kind == "group":
            bus = self._tree.parents.get(self._tree.parents.get(bus, 0), 0)
            controller = self._tree.controllers.get(bus)
            if controller is None or controller.model != "pcie-switch-upstream-port":
                break
            found[bus] = around.number
            around = regions[around.parent]
        return found

    def _given_in(self, hinted: list[Device], kind: RegionKind) -> Iterator[tuple[int, int]]:
        """The bus and region of each hinted endpoint that has its place, if its region is of that kind."""
        for device in hinted:
            bus = bus_of(device)
            if bus is None or not self._needs.connector.flags(device) & AUTO:
                continue
            group = self._needs.of(device).group
            if self._needs.regions.table[group].kind == kind:
                yield bus, group

    def _label_below(self, tops: dict[int, int]) -> None:
        """Everything at and below the buses of ``tops`` belongs to the regions that it names, of the nearest above."""
        for index in self._tree.controllers if tops else ():
            nearest = next((bus for bus in self._tree.path(index) if bus in tops), None)
            if nearest is not None:
                self.table[index] = tops[nearest]
