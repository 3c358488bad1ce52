"""The two passes: a trial that finds out which controllers are missing, and the real pass that places all devices."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from devaddr_xml.buses.pci.flags import AUTO, EXPRESS, INTEGRATED
from devaddr_xml.buses.pci.space import Need, Place, Space
from devaddr_xml.engine.pci.build import build_space, controller_for, controllers_top, takes_place
from devaddr_xml.engine.pci.chipset import keep, place_fixed
from devaddr_xml.engine.pci.finish import finish
from devaddr_xml.engine.pci.growth import MORE_ROOM, Growth
from devaddr_xml.engine.pci.needs import Needs
from devaddr_xml.engine.pci.numbering import check_bus_numbers
from devaddr_xml.engine.pci.order import endpoints, pci_controllers
from devaddr_xml.engine.pci.reasons import reason, reason_to_add
from devaddr_xml.engine.pci.spare import add_spares, node_spares, spare_owner
from devaddr_xml.engine.pci.usb2_set import FIRST, companion_function, place_companion
from devaddr_xml.engine.pci.used import explained
from devaddr_xml.engine.state import State
from devaddr_xml.model.device import Controller, Device
from devaddr_xml.model.errors import PlacementError
from devaddr_xml.model.events import Considered
from devaddr_xml.model.naming import label

if TYPE_CHECKING:
    from devaddr_xml.buses.zpci import ZpciIds

#: The places that libvirt keeps free if it added the first ports.
_SPARE_PORT = Need(EXPRESS | AUTO)


def place_pci(state: State) -> None:
    """Give every PCI device its place and add the PCI controllers that are missing."""
    if state.rules.only_hotpluggable:
        from devaddr_xml.engine.hotplug.pci import plug_pci

        step = plug_pci
    else:
        step = _place_with_new_controllers
    try:
        step(state)
    except PlacementError as error:
        raise explained(state, error) from None


def _place_with_new_controllers(state: State) -> None:
    placement, buses = _first_that_fits(state)
    placement.place_all(buses)


def _first_that_fits(state: State) -> tuple[PciPlacement, int]:
    """The first successful attempt: as asked, then with shared slots; then both again without the cells that do not
    fit."""
    tunables = state.tunables
    packs = (False, True) if tunables.overflow == "pack" and tunables.packing != "functions" else (False,)
    gives_up = (False, True) if tunables.numa == "prefer" else (False,)
    problem = None
    for gives_up_nodes in gives_up:
        for pack_all in packs:
            placement = PciPlacement(state, pack_all, gives_up_nodes)
            try:
                return placement, placement.try_all()
            except PlacementError as error:
                problem = error
    assert problem is not None
    if problem.remedy == MORE_ROOM and _would_pack(state):
        problem.remedy = _PACK
    raise problem


def _would_pack(state: State) -> bool:
    """Whether all devices would fit if they shared slots, which the policy does not allow yet."""
    if state.tunables.overflow == "pack" or state.tunables.packing == "functions":
        return False
    try:
        PciPlacement(state, True, False).try_all()
    except PlacementError:
        return False
    return True


_PACK = 'Let devices share slots: overflow="pack" (--set overflow=pack)'


class PciPlacement:
    """One attempt to place all PCI devices of a guest.

    pack_all: whether devices share slots. gives_up_nodes: whether they may be placed without their NUMA cell.
    """

    __slots__ = (
        "_given_up",
        "_gives_up_nodes",
        "_growth",
        "_labels",
        "_needs",
        "_new",
        "_pcie_root",
        "_places",
        "_space",
        "_top",
        "_tried",
        "_work",
        "_zpci",
    )

    def __init__(self, state: State, pack_all: bool, gives_up_nodes: bool) -> None:
        root = state.controller("pci", 0)
        self._pcie_root = root is not None and root.model == "pcie-root"
        self._work = state
        connector = state.connector()
        self._needs = Needs(state, connector, self._pcie_root, pack_all)
        self._growth = Growth(
            state.machine, self._needs, state.caps.has("pcie-pci-bridge"), state.rules.port_for_bridge
        )
        self._labels: dict[int, int] = {}
        self._top = controllers_top(state)
        self._new: list[Controller] = []
        #: The places of the trial, by ``id()``, as long as the real pass has the same.
        self._places: dict[int, Place] | None = None
        #: The endpoints of the trial, in the order of their places.
        self._tried: list[Device] = []
        self._space: Space | None = None
        self._gives_up_nodes = gives_up_nodes
        self._given_up: list[tuple[Device, str]] = []
        self._zpci = _zpci_ids() if state.caps.has("zpci") else None

    def try_all(self) -> int:
        """The trial, which adds nothing to the guest; returns how many buses it needs."""
        while self._top >= 0:
            try:
                return self._trial()
            except PlacementError as error:
                if not self._give_up_node(error):
                    raise
        return 0

    def _give_up_node(self, error: PlacementError) -> bool:
        """Drop the cell of the device without a place; if it has none, drop the last region, to make room."""
        if not self._gives_up_nodes:
            return False
        bound = [device for device in endpoints(self._work) if self._needs.has_node(device)]
        lost = [device for device in bound if error.device == label(device) and error.line == device.line][:1]
        if bound and not lost:
            last = self._needs.base_region(bound[-1])
            lost = [device for device in bound if self._needs.base_region(device) == last]
        groups = {group for device in lost for group in _groups_of(device)}
        lost += [device for device in bound if device not in lost and not groups.isdisjoint(_groups_of(device))]
        for device in lost:
            self._needs.forget_node(device)
            self._given_up.append((device, error.message))
        return bool(lost)

    def _trial(self) -> int:
        state, needs = self._work, self._needs
        needs.forget_controllers(self._new)
        self._new = []
        self._labels = _labels(state, needs) if state.rules.separate_regions else {}
        space = build_space(state, needs, self._labels, self._top + 1, self._growth)
        if self._zpci is not None:
            self._zpci = _zpci_ids()
            self._zpci.collect(state.visit())
        displaced = place_fixed(state, needs, space)
        self._growth.keep_slot(space)
        self._space = space
        self._places = {} if displaced is None and self._may_hold() else None
        self._tried = []
        integrated = self._try_endpoints(space, displaced)
        if self._keeps_port(len(space.buses) > self._top + 1):
            space.place(_SPARE_PORT, "the port that is kept free")
        self._try_controllers(space, 1)
        done = len(space.buses)
        add_spares(state, needs, self._growth, space)
        self._try_controllers(space, done)
        for device in integrated:
            space.place(needs.of(device), device)
        if state.rules.bus_numbers_limited and len(space.buses) > self._top + 1:
            check_bus_numbers(state, space)
        return len(space.buses)

    def _may_hold(self) -> bool:
        """Whether the real pass puts devices where the trial does, as long as each has a root port of its own.

        Then nothing but root ports is placed on bus 0, and the endpoints come in the same order to the same buses.
        """
        rules = self._work.rules
        plain = not (rules.controllers_placed_at_once or rules.ports_for_hotplug or self._work.thorough)
        return plain and self._pcie_root and next(pci_controllers(self._work), None) is None

    def _keeps_port(self, grown: bool) -> bool:
        return self._work.tunables.one_port_kept and self._pcie_root and grown and self._top <= 0

    def _try_endpoints(self, space: Space, displaced: Device | None) -> list[Device]:
        """Place all endpoints for trial. libvirt discards what it tried; our own policies must not.

        Returns those that use a slot of pcie.0 themselves. They must leave enough slots for later ports.
        """
        for controller in pci_controllers(self._work):
            space.place(self._needs.of(controller), controller)
        remember = self._work.rules.exact_trial
        if remember:
            self._prepare_nodes(space)
        trial: dict[int, Place] = {}
        integrated: list[Device] = []
        for device in self._trial_order():
            if remember and device is displaced:
                continue
            if isinstance(device, Controller) and companion_function(device) is not None:
                place, beside = place_companion(self._work, self._needs, space, device, trial)
                self._places = None
                if beside and not remember:
                    keep(device, place)
                if remember:
                    trial[id(device)] = place
            elif remember and self._pcie_root and self._needs.of(device).flags & INTEGRATED:
                integrated.append(device)
                self._places = None
            else:
                need = self._needs.of(device)
                place = space.place(need, device)
                if self._places is not None:
                    self._tried.append(device)
                    self._places[id(device)] = place
                    if need.flags & INTEGRATED:
                        self._places = None
        return integrated

    def _trial_order(self) -> Iterable[Device]:
        """Devices of a node come first if each new expander bus needs a slot that others could use."""
        waiting = self._order()
        if self._pcie_root or not self._work.rules.bus_0_for_its_own:
            return waiting
        return sorted(waiting, key=lambda device: not self._needs.has_node(device))

    def _order(self) -> Iterable[Device]:
        """libvirt's order. On conventional machines, devices that can only be on bus 0 come first."""
        waiting = endpoints(self._work)
        if self._pcie_root or not self._work.rules.bus_0_for_its_own:
            return waiting
        return sorted(waiting, key=lambda device: not self._needs.of(device).flags & INTEGRATED)

    def _prepare_nodes(self, space: Space) -> None:
        for device in endpoints(self._work):
            base = self._needs.regions.base(self._needs.of(device).group)
            self._growth.prepare(space, base.number, device)
        for spare, group in node_spares(self._work, self._needs, space):
            if spare.ports:
                self._growth.prepare(space, group, spare_owner(spare))

    def _try_controllers(self, space: Space, start: int) -> None:
        """Create a controller for every bus without one, and find a place for it in the trial."""
        known = {c.index for c in self._work.controllers if c.type == "pci"}
        number = start
        while number < len(space.buses):
            if number not in known:
                bus = space.buses[number]
                controller = controller_for(bus)
                self._new.append(controller)
                self._needs.new_controllers[id(controller)] = bus.placed_in, bus.numbers
                if bus.group and bus.locked:
                    self._labels[number] = bus.group
                if takes_place(controller) and not bus.placed:
                    place = space.place(self._needs.of(controller), controller)
                    if self._places is not None:
                        self._places[id(controller)] = place
                        if controller.model != "pcie-root-port":
                            self._places = None
            number += 1

    def _add_controllers(self) -> None:
        state = self._work
        state.insert_pci_controllers(self._new)
        for controller in self._new:
            state.record_addition(controller, *reason_to_add(self._needs, controller))

    def place_all(self, count: int) -> None:
        """The real pass, on ``count`` buses; controllers that the trial found missing are added first."""
        state, needs = self._work, self._needs
        for device, problem in self._given_up:
            state.journal.warn(f"its NUMA cell is not possible: {problem}; placed without it", device)
        self._add_controllers()
        if not state.machine.places_pci(state.rules):
            build_space(state, needs, self._labels, count)  # refuses addresses of the document
            return
        if self._places is not None and self._space is not None:
            self._keep_trial(self._places)
            self._complete(self._space)
            return
        space = build_space(state, needs, self._labels, count)
        place_fixed(state, needs, space)
        for device in self._short_of_slots(space):
            self._place_endpoint(space, device)
        in_front: list[Controller] = []
        for controller in list(pci_controllers(state)):
            need = needs.of(controller)
            place = space.place(need, controller)
            self._keep(controller, need, place)
            if need.behind and not space.is_behind(place):
                in_front.append(controller)
        if in_front:
            state.journal.warn(_renumbering(in_front), in_front[0], remedy=_RENUMBERED)
        for device in self._order():
            self._place_endpoint(space, device)
        self._complete(space)

    def _keep_trial(self, places: dict[int, Place]) -> None:
        """Give every device the place that the trial found: root ports first, as the real pass does."""
        for device in (*pci_controllers(self._work), *self._tried):
            self._keep(device, self._needs.of(device), places[id(device)])

    def _complete(self, space: Space) -> None:
        """Complete what depends on the places."""
        state, needs = self._work, self._needs
        if self._zpci is not None:
            self._zpci.complete(state.visit())
        finish(state, needs, space)
        if any(device.hints is not None for device in state.guest.devices):
            from devaddr_xml.engine.hints.verify import verify_hints

            verify_hints(state, needs)

    def _short_of_slots(self, space: Space) -> list[Device]:
        """Endpoints that can only be on bus 0 of a conventional machine, if bridges could use their slots."""
        if self._pcie_root or not self._work.rules.bus_0_for_its_own or not space.buses:
            return []
        integrated = [device for device in endpoints(self._work) if self._needs.of(device).flags & INTEGRATED]
        bridges = sum(1 for _ in pci_controllers(self._work))
        return integrated if len(integrated) + bridges > space.buses[0].free.bit_count() else []

    def _place_endpoint(self, space: Space, device: Device) -> None:
        needs = self._needs
        need = needs.of(device)
        if isinstance(device, Controller) and companion_function(device) is not None:
            place, _ = place_companion(self._work, needs, space, device, {})
            self._keep(device, need, place, True if device.model == FIRST else None)
        else:
            place = space.place(need, device)
            considered = _considered(needs, space, need, place) if self._work.thorough else ()
            self._keep(device, need, place, considered=considered)

    def _keep(
        self,
        device: Device,
        need: Need,
        place: Place,
        multifunction: bool | None = None,
        considered: tuple[Considered, ...] = (),
    ) -> None:
        if need.pack and not place.function and self._work.rules.multifunction_from_the_start:
            multifunction = True
        keep(device, place, multifunction)
        why = reason(self._needs, device, need)
        if device.address is not None:
            self._work.journal.note(device, device.address, why.rule, why.cause, considered, why.about)


def _groups_of(device: Device) -> set[tuple[str, str]]:
    """The groups of a device. Their members keep or lose their cell together."""
    hints = device.hints
    if hints is None:
        return set()
    outermost = (hints.bus_group or "").partition("/")[0]
    named = {("bus-group", outermost), ("slot-group", hints.slot_group or "")}
    return {(kind, name) for kind, name in named if name}


_RENUMBERED = "Check the names of interfaces in the guest, or name them by MAC address there"


def _renumbering(in_front: list[Controller]) -> str:
    others = f", as {len(in_front) - 1} more after it," if len(in_front) > 1 else ""
    return (
        f"there is no place for it{others} after the existing buses: firmware renumbers the buses after it, and "
        "network interfaces may get other names"
    )


def _zpci_ids() -> ZpciIds:
    """The ids of PCI devices that only s390 guests have."""
    from devaddr_xml.buses.zpci import ZpciIds

    return ZpciIds()


def _labels(state: State, needs: Needs) -> dict[int, int]:
    """The region of each existing bus, which libvirt's own layout does not need."""
    from devaddr_xml.engine.pci.bus_regions import Labels

    return Labels(state, needs).table


def _considered(needs: Needs, space: Space, need: Need, place: Place) -> tuple[Considered, ...]:
    """The other places that were considered, which only explanations need."""
    from devaddr_xml.engine.pci.considered import considered

    return considered(needs, space, need, place)
