"""Which controllers are invented when a device finds no place."""

from __future__ import annotations

from devaddr_xml.buses.pci.bus import Bus, Owner
from devaddr_xml.buses.pci.connect import PCI_CONTROLLERS, endpoint_row, variant_of
from devaddr_xml.buses.pci.controllers import EXPANDERS, LAST_BUS, OFFERS
from devaddr_xml.buses.pci.flags import (
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
from devaddr_xml.buses.pci.space import Need, Space, describe, kind_name
from devaddr_xml.engine.pci.needs import Needs
from devaddr_xml.engine.pci.regions import Region
from devaddr_xml.machines.machine import Machine
from devaddr_xml.model.device import Controller, Device
from devaddr_xml.model.errors import PlacementError
from devaddr_xml.model.kind_rows import KIND_OF
from devaddr_xml.model.kinds import ANY, UNSET

#: What helps where there are too many devices; whether sharing slots helps, the placement tries.
MORE_ROOM = "Remove devices, or put disks on bus scsi"

#: So many models are listed as what could be used instead.
_FEW = 8

_FEWER_CONTROLLERS = "Remove controllers that no device needs"
_OUT_OF_GROUP = "Remove devices from the group"
_KEPT_SLOT = Need(CONVENTIONAL | AUTO)


class Growth:
    """Makes new buses in a space, by the machine and by the region in which the place is wanted.

    bridge_below_port: whether QEMU has a pcie-to-pci-bridge (else a dmi-to-pci-bridge starts a conventional tree).
    port_for_bridge: whether a pcie-to-pci-bridge that was given brings a root port where none is free.
    """

    __slots__ = (
        "_bridge_below_port",
        "_express_root",
        "_in_new_ports",
        "_machine",
        "_needs",
        "_regions",
        "_rules",
        "keeps_slot",
    )

    def __init__(self, machine: Machine, needs: Needs, bridge_below_port: bool, port_for_bridge: bool = False) -> None:
        self._in_new_ports = EXPRESS | UPSTREAM_PORT | (PCIE_TO_PCI_BRIDGE if port_for_bridge else 0)
        self._machine = machine
        self._needs = needs
        self._express_root = needs.express_root
        self._rules = needs.rules
        self._bridge_below_port = bridge_below_port
        self._regions = needs.regions
        #: Whether the trial has taken a slot that nobody will have in the end.
        self.keeps_slot = False

    def __call__(self, space: Space, need: Need, number: int, owner: Owner) -> int:
        """Add buses so that bus ``number`` exists; returns the number of the bus that serves the device."""
        if number < len(space.buses):
            return number
        if number > LAST_BUS:
            raise _refusal(owner, f"{kind_name(need.flags)} needs one more bus, and all 256 PCI buses are in use")
        region = self._regions.table[need.group]
        if need.flags & INTEGRATED:
            raise _refusal(owner, "every slot of bus 0 that it can use is in use")
        if region.kind in ("common", "isolation"):
            return self._common(space, need, number, owner)
        if region.kind == "node":
            return self._below_expander(space, need, region, owner)
        if region.conventional:
            return self._conventional_group(space, region, owner)
        return self._below_switch(space, need, region, owner)

    def keep_slot(self, space: Space) -> None:
        """Take one slot of the trial, so that there is one for a bridge when all others are taken.

        The buses of a group, a cell or one device have no slot for it.
        """
        common = [bus for bus in space.buses if not (bus.locked and bus.group)]
        self.keeps_slot = space.buses[0].model == "pci-root" and not all(bus.full for bus in common)
        if self.keeps_slot:
            space.place(_KEPT_SLOT, "the slot that is kept free")

    def _common(self, space: Space, need: Need, number: int, owner: Owner) -> int:
        """What libvirt makes."""
        count = number - len(space.buses) + 1
        if need.flags & CONVENTIONAL:
            return self._conventional(space, number, count, need.bridged, owner)
        if need.flags & self._in_new_ports:
            for _ in range(count):
                self._port(space, need, 0, owner)
            return number
        if need.flags & PCI_BRIDGE and self._rules.controllers_placed_at_once and self.keeps_slot:
            return self._bridge_in_kept_slot(space).number
        if isinstance(owner, Device) and not need.flags:
            raise _without_bus(owner)
        raise _refusal(
            owner,
            f"{kind_name(need.flags)} needs a place on a PCI bus, and no bus that accepts it has a free place",
            _where_it_plugs_in(space, need),
        )

    def _conventional(self, space: Space, number: int, count: int, bridge: bool, owner: Owner) -> int:
        if self._machine.host_bridges and not bridge:
            for _ in range(count):
                space.add_bus("pci-root")
            return number
        if self._rules.controllers_placed_at_once and space.given_taken:
            return self._one_more_conventional(space, owner).number
        if not any(bus.accepts & PCI_BRIDGE and bus.group == 0 for bus in space.buses):
            number = max(number, self._foundation(space, 0, 0, owner).number)
        while len(space.buses) <= number:
            space.add_bus("pci-bridge")
        return number

    def _one_more_conventional(self, space: Space, owner: Owner) -> Bus:
        """One more conventional bus for everybody, whose controller has its place at once."""
        if self._express_root:
            return self._foundation(space, 0, 0, owner)
        if self._machine.host_bridges or not self.keeps_slot:
            return self._placed_bridge(space, 0, 0, owner)
        return self._bridge_in_kept_slot(space)

    def _bridge_in_kept_slot(self, space: Space) -> Bus:
        """A bridge in the slot that was kept for one; from then on one of its own is kept for the next."""
        bus = self._bus(space, "pci-bridge", 0, 0)
        bus.placed = True
        space.place(_KEPT_SLOT, "the slot that is kept free")
        return bus

    def port_of_a_switch_behind(self, space: Space, owner: Owner) -> bool:
        """Add a port of a switch in a free port, where a root port would renumber buses that there are.

        Returns whether there is one now: not where a root port does as well, nor where the switch renumbers buses too.
        """
        if not self._rules.new_controllers_behind or len(space.buses) + 1 > LAST_BUS:
            return False
        if self._is_behind(space, ROOT_PORT):
            return False
        if not self._is_behind(space, DOWNSTREAM_PORT):
            if not self._is_behind(space, UPSTREAM_PORT):
                return False
            self._attach(space, "pcie-switch-upstream-port", 0, 0, owner)
        self._attach(space, "pcie-switch-downstream-port", 0, 0, owner)
        return True

    def _is_behind(self, space: Space, flags: int) -> bool:
        """Whether a new controller has a place that renumbers no bus."""
        place = space.search(self._needs.new_controller(flags, 0, 1))
        return place is not None and space.is_behind(place)

    def _foundation(self, space: Space, parent: int, group: int, owner: Owner) -> Bus:
        """The first conventional bus of a PCI Express tree, in a port or on a bus of ``parent``."""
        if not self._bridge_below_port:
            self._attach(space, "dmi-to-pci-bridge", parent, group, owner, numbers=2)
            return self._attach(space, "pci-bridge", group, group, owner)
        may_share = self._rules.bridge_shares_free_port and parent == group and space.given_taken
        if not (may_share and self._has_port(space, group)):
            port = self._attach(space, "pcie-root-port", parent, group, owner, numbers=2)
            port.accepts = PCIE_TO_PCI_BRIDGE | AUTO
        return self._attach(space, "pcie-to-pci-bridge", group, group, owner)

    def _has_port(self, space: Space, group: int) -> bool:
        return space.search(self._needs.new_controller(PCIE_TO_PCI_BRIDGE, group, 1)) is not None

    def _port(self, space: Space, need: Need, group: int, owner: Owner) -> Bus:
        return self._attach(space, "pcie-root-port", group, group, owner, hotplug=need.hotplug)

    def _attach(
        self,
        space: Space,
        model: str,
        parent: int,
        group: int,
        owner: Owner,
        *,
        hotplug: bool | None = None,
        numbers: int = 1,
    ) -> Bus:
        """A new bus whose controller has its place on a bus of ``parent`` at once, as soon as given ones have theirs.

        In libvirt's own layout it waits until all other devices have been tried.

        numbers: how many guest bus numbers must be left for it and what comes below it.
        """
        if not (self._rules.controllers_placed_at_once and space.given_taken):
            return self._bus(space, model, parent, group, hotplug)
        place = space.place(self._needs.new_controller(PCI_CONTROLLERS[model], parent, numbers), owner)
        bus = self._bus(space, model, parent, group, hotplug)
        bus.placed = True
        bus.numbers = numbers
        bus.top = space.buses[place.bus].top
        return bus

    def _bus(self, space: Space, model: str, placed_in: int, group: int, hotplug: bool | None = None) -> Bus:
        bus = space.add_bus(model, hotplug)
        bus.placed_in = placed_in
        bus.group = group
        bus.locked = bool(group)
        if model == "pci-root" or model in EXPANDERS:
            bus.node = self._regions.base(group).node
        return bus

    def _below_expander(self, space: Space, need: Need, region: Region, owner: Owner) -> int:
        """A place below an expander bus, or on an additional host bridge, of a NUMA cell."""
        group = region.number
        if self._machine.host_bridges:
            if need.bridged:
                return self._placed_bridge(space, group, group, owner).number
            return self._bus(space, "pci-root", 0, group).number
        if not self._express_root:
            return self._conventional_below_expander(space, need, region, owner).number
        if need.flags & ROOT_PORT:
            return self._expander(space, "pcie-expander-bus", region, owner).number
        if need.flags & (CONVENTIONAL | PCI_BRIDGE):
            self._ensure_expander(space, region, owner, 2)
            return self._foundation(space, group, group, owner).number
        self._ensure_expander(space, region, owner, 1)
        return self._port(space, need, group, owner).number

    def _conventional_below_expander(self, space: Space, need: Need, region: Region, owner: Owner) -> Bus:
        """The expander's own bus; or a bridge on it, since QEMU cannot plug anything into the expander's own."""
        if need.bridged or need.hotplug:
            return self._placed_bridge(space, region.number, region.number, owner)
        return self._expander(space, "pci-expander-bus", region, owner)

    def _expander(self, space: Space, model: str, region: Region, owner: Owner) -> Bus:
        """A new expander bus; it takes its slot on bus 0 at once, since it can sit nowhere else."""
        machine = self._machine
        if not (machine.pcie_expander if model == "pcie-expander-bus" else machine.pci_expander):
            raise _refusal(
                owner,
                f"{region} needs an expander bus, which machine {machine.name} does not have",
                "Remove the hint, or use a machine with expander buses, such as q35",
            )
        bus = self._bus(space, model, 0, region.number)
        space.place(Need(PCI_EXPANDER if model == "pci-expander-bus" else PCIE_EXPANDER), owner)
        bus.placed = True
        bus.top = bus.number
        return bus

    def prepare(self, space: Space, group: int, owner: Owner) -> None:
        """Make the first expander bus of a node region before endpoints fill bus 0."""
        region = self._regions.table[group]
        if region.kind != "node" or self._machine.host_bridges or any(bus.group == group for bus in space.buses):
            return
        if self._express_root:
            self._ensure_expander(space, region, owner, 1)
        else:
            self._expander(space, "pci-expander-bus", region, owner)

    def _ensure_expander(self, space: Space, region: Region, owner: Owner, numbers: int) -> None:
        """One more expander bus unless one has a place for a root port, and ``numbers`` guest bus numbers left."""
        if space.search(self._needs.new_controller(ROOT_PORT, region.number, numbers)) is None:
            self._expander(space, "pcie-expander-bus", region, owner)

    def _ensure_base(self, space: Space, parent: int, owner: Owner, numbers: int) -> None:
        base = self._regions.table[parent]
        if base.kind == "node":
            self._ensure_expander(space, base, owner, numbers)

    def _conventional_group(self, space: Space, region: Region, owner: Owner) -> int:
        """A bridge whose bus only the devices of the group use."""
        is_there = any(bus.group == region.number and bus.accepts & CONVENTIONAL for bus in space.buses)
        if is_there and region.kind == "group":
            raise _refusal(owner, f"the bus of {region} is full", _OUT_OF_GROUP)
        if not self._express_root:
            return self._placed_bridge(space, region.parent, region.number, owner).number
        self._ensure_base(space, region.parent, owner, 2)
        return self._foundation(space, region.parent, region.number, owner).number

    def _placed_bridge(self, space: Space, parent: int, group: int, owner: Owner) -> Bus:
        """A bridge that has its slot at once; one more bus comes first where there is no slot left."""
        if space.search(self._needs.new_controller(PCI_BRIDGE, parent, 1)) is None:
            self._add_room_for_bridge(space, self._regions.table[parent], owner)
        return self._attach(space, "pci-bridge", parent, group, owner)

    def _add_room_for_bridge(self, space: Space, base: Region, owner: Owner) -> None:
        """One more bus on which a bridge can sit."""
        if self._machine.host_bridges:
            self._bus(space, "pci-root", 0, base.number)
        elif base.kind == "node":
            self._expander(space, "pci-expander-bus", base, owner)
        elif self.keeps_slot:
            self._bridge_in_kept_slot(space)

    def _below_switch(self, space: Space, need: Need, region: Region, owner: Owner) -> int:
        """A downstream port; and the switch above it where there is none with room."""
        group = region.number
        if not self._express_root:
            raise _refusal(
                owner,
                "a switch needs PCI Express, which the machine does not have",
                "Remove the hint, or use a machine with PCI Express, such as q35",
            )
        self._ensure_switch(space, region, owner, 1)
        return self._attach(space, "pcie-switch-downstream-port", group, group, owner, hotplug=need.hotplug).number

    def _ensure_switch(self, space: Space, region: Region, owner: Owner, numbers: int) -> None:
        """The switch of a region, in a root port or in a port of the switch around it, if none has room for a port.

        numbers: how many guest bus numbers must be left for the port and what comes below it.
        """
        group = region.number
        if space.search(self._needs.new_controller(DOWNSTREAM_PORT, group, numbers)) is not None:
            return
        is_there = any(bus.group == group and bus.accepts & DOWNSTREAM_PORT for bus in space.buses)
        if is_there and region.kind == "group":
            raise _refusal(
                owner, f"the switch of {region} has no room for one more port", "Remove devices from the group"
            )
        around = self._regions.table[region.parent]
        if around.kind == "group":
            self._ensure_switch(space, around, owner, numbers + 2)
            model = "pcie-switch-downstream-port"
        else:
            self._ensure_base(space, around.number, owner, numbers + 2)
            model = "pcie-root-port"
        port = self._attach(space, model, around.number, group, owner, numbers=numbers + 2)
        port.accepts = UPSTREAM_PORT | AUTO
        self._attach(space, "pcie-switch-upstream-port", group, group, owner)


def _refusal(owner: Owner, message: str, remedy: str | None = None) -> PlacementError:
    """The error for something without a place; where no remedy is named, it is to have fewer of its like."""
    if remedy is None:
        is_given = isinstance(owner, Controller) and owner.line is not None
        remedy = (
            _FEWER_CONTROLLERS if is_given else MORE_ROOM if isinstance(owner, Device) else f"Ask for fewer {owner}"
        )
    line = owner.line if isinstance(owner, Device) else None
    return PlacementError(message, device=describe(owner), line=line, remedy=remedy)


def _without_bus(device: Device) -> PlacementError:
    """The error for a device of a sort that no bus of the guest takes, with the models that there are instead."""
    kind = KIND_OF[type(device)]
    field = kind.variant if kind.variant and endpoint_row(kind.name, variant_of(device), ANY) is None else "model"
    word, value = field.replace("_", " "), getattr(device, field)
    known = [model for row in kind.pci if row.need for model in row.models.split() if model not in (ANY, UNSET)]
    remedy = f"Remove it, or choose another {word}"
    if field == "model" and 0 < len(known) <= _FEW:
        remedy = f"Use {', '.join(known[:-1])} or {known[-1]}, or remove it"
    what = f"{word} '{value}'" if value else f"{kind.name} without {word}"
    return _refusal(device, f"this libvirt knows no bus of a QEMU guest for {what}", remedy)


def _where_it_plugs_in(space: Space, need: Need) -> str | None:
    """A remedy that names the controllers that take what needs a place, where the guest has none of them."""
    if any(bus.accepts & need.flags & ~AUTO for bus in space.buses):
        return None
    models = [model for model, offer in OFFERS.items() if offer.accepts & need.flags & ~AUTO]
    return (
        f"It plugs into {' or '.join(models)} only, and there is none. Add one, or use another model"
        if models
        else None
    )
