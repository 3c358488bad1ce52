"""The need of each device: its connection, the policy and its hints together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from devaddr_xml.buses.pci.connect import Connector, endpoint_row, variant_of
from devaddr_xml.buses.pci.flags import (
    AUTO,
    CONVENTIONAL,
    EXPRESS,
    INTEGRATED,
    PCI_BRIDGE,
    PCI_EXPANDER,
    PCIE_EXPANDER,
    PCIE_TO_PCI_BRIDGE,
    ROOT_PORT,
    UPSTREAM_PORT,
    VIRTIO,
)
from devaddr_xml.buses.pci.space import ALL_SLOTS, PACK_ENDPOINTS, PACK_GROUPS, PACK_MARKED, PACK_PORTS, Need
from devaddr_xml.engine.pci.regions import Region, Regions
from devaddr_xml.engine.state import State
from devaddr_xml.model.device import Controller, Device, Hostdev, Interface
from devaddr_xml.model.errors import HintError
from devaddr_xml.model.events import Cause, Rule
from devaddr_xml.model.hints import NO_HINTS, Hints
from devaddr_xml.model.naming import label

if TYPE_CHECKING:
    from devaddr_xml.engine.hints.nesting import Nesting

#: What goes into a root or downstream port.
_IN_PORTS = EXPRESS | UPSTREAM_PORT | PCIE_TO_PCI_BRIDGE

#: Hints that say where a device goes.
_BINDING = ("node", "root_complex", "bus", "slot_group", "bus_group", "own_bus")


class Reason(msgspec.Struct, frozen=True):
    """Why a device is in its place: the rule, what asked for it, and the region that the rule is about, if any."""

    rule: Rule
    cause: Cause
    about: str = ""


class Needs:
    """The needs of all devices of one guest, each made once.

    pack_all: whether devices that need not be hotpluggable share slots although the policy does not say so
    (``overflow="pack"`` at work).
    """

    __slots__ = (
        "_by_device",
        "_endpoint_slots",
        "_functions",
        "_isolation",
        "_nesting",
        "_own_buses",
        "_packing",
        "_plain",
        "_shared",
        "_sharing",
        "_unhinted",
        "_without_node",
        "_work",
        "base_regions",
        "connector",
        "express_root",
        "new_controllers",
        "reasons",
        "regions",
        "rules",
    )

    def __init__(self, state: State, connector: Connector, express_root: bool, pack_all: bool) -> None:
        self._work = state
        self.connector = connector
        self.express_root = express_root
        self.regions = Regions()
        #: The reason of a need without hints.
        self.reasons: dict[Need, Reason] = {}
        self.rules = state.rules
        #: For PCI controllers, by index, the region of the NUMA cell that devices below them ask for.
        self.base_regions: dict[int, int] = {}
        #: For each controller that is new, by ``id()``, the region of its place and the bus numbers that it needs.
        self.new_controllers: dict[int, tuple[int, int]] = {}
        self._packing = pack_all or state.tunables.packing == "functions"
        self._plain: dict[int, Need] = {}
        self._unhinted: dict[int, Need] = {}
        self._by_device: dict[int, Need] = {}
        self._sharing: dict[str, int] = {}
        self._functions: dict[int, int] | None = None
        self._nesting: Nesting | None = None
        self._shared: dict[tuple[str, str], bool] | None = None
        self._own_buses = 0
        self._without_node: set[int] = set()
        self._isolation: dict[int, int] = {}
        if state.machine.host_bridges:
            from devaddr_xml.engine.hints.host_devices import isolation_groups

            self._isolation = isolation_groups(state)
        slots = ALL_SLOTS
        for slot in state.machine.chipset.kept:
            slots &= ~(1 << slot)
        self._endpoint_slots = slots

    @property
    def isolates(self) -> bool:
        """Whether any device has an isolation group."""
        return bool(self._isolation)

    def of(self, device: Device) -> Need:
        """The need of a device."""
        found = self._by_device.get(id(device))
        if found is None:
            found = self._by_device[id(device)] = self._build(device)
        return found

    def forget_node(self, device: Device) -> None:
        """Treat the device as if it had no ``node`` and no ``root-complex`` from now on (``numa="prefer"``)."""
        self._without_node.add(id(device))
        self._by_device.pop(id(device), None)

    def forget_controllers(self, controllers: list[Controller]) -> None:
        """Forget the controllers of a discarded trial, before other objects have the same ``id()``."""
        for controller in controllers:
            self.new_controllers.pop(id(controller), None)
            self._by_device.pop(id(controller), None)

    def gave_up_node(self, device: Device) -> bool:
        """Whether the device is placed without its NUMA cell (``numa="prefer"``)."""
        return id(device) in self._without_node

    def has_node(self, device: Device) -> bool:
        """Whether the device needs a NUMA cell or a root complex."""
        return self.base_region(device).kind == "node"

    def base_region(self, device: Device) -> Region:
        """The region of the NUMA cell and root complex for which the device asks, or the common one."""
        return self.regions.base(self.of(device).group)

    def is_bound(self, device: Device) -> bool:
        """Whether hints name the kind of place, so that the chipset's usual slot is not used."""
        hints = device.hints
        if hints is None:
            return False
        if hints.placement not in (None, "root-complex"):
            return True
        leaves_root = self.express_root and (hints.hotplug == "yes" or hints.port_hotplug is not None)
        return leaves_root or any(getattr(hints, name) is not None for name in _BINDING)

    def plain(self, flags: int) -> Need:
        """The need of a device that asks for nothing beyond its connection."""
        found = self._plain.get(flags)
        if found is None:
            pack = PACK_PORTS if flags & ROOT_PORT else 0
            found = self._plain[flags] = Need(flags, 0, pack, self._hotplug(flags))
        return found

    def _hotplug(self, flags: int) -> bool | None:
        """libvirt uses ports without hotplug like others; our policies leave them to devices that ask for them."""
        return True if self.rules.ports_for_hotplug and flags & _IN_PORTS and not flags & INTEGRATED else None

    def _build(self, device: Device) -> Need:
        flags = self.connector.flags(device)
        if not flags & AUTO:
            return self._controller(device, flags)
        isolation = self._isolation.get(id(device), 0)
        hints = device.hints or NO_HINTS
        if flags & INTEGRATED:
            return self._integrated(device, flags, hints)
        if device.hints is None and not isolation and not self._packing:
            found = self._unhinted.get(flags)
            if found is None:
                found = self._unhinted[flags] = self._endpoint(device, flags, NO_HINTS, 0)
            return found
        return self._endpoint(device, self._bus_kind(device, flags, hints), hints, isolation)

    def _controller(self, device: Device, flags: int) -> Need:
        """The need of a PCI controller: the region for which its bus was made, or that its hints name."""
        placed_in = self.new_controllers.get(id(device))
        return self._given_controller(device, flags) if placed_in is None else self.new_controller(flags, *placed_in)

    def new_controller(self, flags: int, group: int, numbers: int) -> Need:
        """The need of a new PCI controller for a place on a bus of ``group``; the first one of a tree gets a root port.

        A switch inside the switch of another bus group gets a port of that switch.
        """
        behind = self.rules.new_controllers_behind
        if not group:
            return replace(self.plain(flags), numbers=1, behind=True) if behind else self.plain(flags)
        pack = PACK_PORTS if flags & ROOT_PORT else 0
        starts_tree = flags & (UPSTREAM_PORT | PCIE_TO_PCI_BRIDGE) and not self.regions.is_nested(group)
        links_below = 0 if starts_tree else 256
        return Need(flags, group, pack, self._hotplug(flags), links_below=links_below, numbers=numbers, behind=behind)

    def _given_controller(self, device: Device, flags: int) -> Need:
        pack = PACK_PORTS if flags & ROOT_PORT else 0
        if flags & (PCI_EXPANDER | PCIE_EXPANDER) or not isinstance(device, Controller):
            return Need(flags, 0, pack)
        if not self.rules.bridges_hang_below_lower:
            return Need(flags, 0, pack)
        group = self.base_region_of(device)
        if flags & (UPSTREAM_PORT | PCIE_TO_PCI_BRIDGE | PCI_BRIDGE):
            return Need(flags, group, pack, links_below=device.index or 0, numbers=1)
        return Need(flags, group, pack, numbers=1)

    def base_region_of(self, controller: Controller) -> int:
        """The region of the NUMA cell for a PCI controller without a place, by its hints or its devices."""
        return self._base_region(controller, controller.hints or NO_HINTS, 0) or self.base_regions.get(
            controller.index or 0, 0
        )

    def _integrated(self, device: Device, flags: int, hints: Hints) -> Need:
        for name in ("node", "root_complex", "slot_group", "bus_group", "own_bus"):
            if getattr(hints, name) is not None:
                raise hint_error(device, name, "the device can only be on bus 0 itself")
        if hints.placement not in (None, "root-complex"):
            raise hint_error(device, "placement", "the device can only be on bus 0 itself")
        return self.plain(flags)

    def _bus_kind(self, device: Device, flags: int, hints: Hints) -> int:
        """The connection after the ``bus`` and ``placement="bridge"`` hints."""
        wants_conventional = hints.bus == "pci" or (hints.placement == "bridge" and self.express_root)
        if wants_conventional and flags & EXPRESS:
            if not can_be_conventional(device):
                name = "bus" if hints.bus == "pci" else "placement"
                raise hint_error(device, name, "the device is PCI Express only")
            return CONVENTIONAL | AUTO
        if hints.bus == "pcie" and not flags & EXPRESS:
            reason = "the device is conventional PCI only" if self.express_root else "the machine has no PCI Express"
            raise hint_error(device, "bus", reason)
        return flags

    def _base_region(self, device: Device, hints: Hints, isolation: int) -> int:
        """The region of the NUMA cell and root complex that the hints name."""
        if id(device) in self._without_node:
            return self.regions.isolation(isolation)
        node = hints.node if self._work.tunables.numa != "off" else None
        if node is None and hints.root_complex is None:
            return self.regions.isolation(isolation)
        if self._mirrors and hints.root_complex is not None:
            isolation = 0
        return self.regions.node(node, hints.root_complex, isolation)

    def _endpoint(self, device: Device, flags: int, hints: Hints, isolation: int) -> Need:
        base = self._base_region(device, hints, isolation)
        if hints.slot_group is not None and self._shared_kind("slot_group", hints.slot_group):
            flags = CONVENTIONAL | AUTO
        placement = self._placement(device, flags, hints, base)
        group, bridged, slots = base, False, ALL_SLOTS
        hotplug = {"yes": True, "no": False, None: self._hotplug(flags)}[hints.hotplug]
        if placement == "root-complex":
            flags = CONVENTIONAL | AUTO | INTEGRATED
            slots = self._endpoint_slots
            hotplug = True if hints.hotplug == "yes" else None
        elif hints.bus_group is not None and hints.placement != "root-port":
            conventional = self._shared_kind("bus_group", hints.bus_group)
            group = self._bus_group(base, hints.bus_group, conventional)
            flags = CONVENTIONAL | AUTO if conventional else flags
        elif hints.own_bus is not None and flags & CONVENTIONAL:
            self._own_buses += 1
            group = self.regions.group(base, f"{self._own_buses} (own bus of {label(device)})", True)
        elif placement == "switch":
            group = self.regions.switch(base)
        elif self.express_root and flags & CONVENTIONAL and _port_says(hints) == "off":
            group = self.regions.without_hotplug(base)
        elif placement == "bridge":
            bridged = True
        function = self._function(device) if hints.slot_group is not None else None
        return Need(flags, group, self._pack(device, hints), hotplug, slots, bridged, function=function)

    @property
    def _mirrors(self) -> bool:
        return self._work.tunables.topology == "mirror"

    def _function(self, device: Device) -> int | None:
        """The function that a member of a mirrored slot needs."""
        if self._functions is None:
            from devaddr_xml.engine.hints.functions import function_numbers

            self._functions = function_numbers(self._work)
        return self._functions.get(id(device))

    def _bus_group(self, base: int, name: str, conventional: bool) -> int:
        """The region of a bus group; that of a switch can be inside those of others."""
        for outer in () if conventional else self.nesting.around(name):
            base = self.regions.group(base, outer, False)
        return self.regions.group(base, name, conventional)

    @property
    def nesting(self) -> Nesting:
        """Which bus groups are inside which others."""
        if self._nesting is None:
            from devaddr_xml.engine.hints.nesting import Nesting

            hints = [device.hints for device in self._work.visit() if device.hints is not None]
            self._nesting = Nesting([each.bus_group for each in hints if each.bus_group], self._mirrors)
        return self._nesting

    def _placement(self, device: Device, flags: int, hints: Hints, base: int) -> str:
        """Where the device goes: its own hint, else the policy's if it is possible for the device."""
        if hints.placement is not None:
            self._check_placement(device, flags, hints)
            return hints.placement
        tunables = self._work.tunables
        if flags & EXPRESS:
            general: str = tunables.pcie_placement
        elif tunables.legacy_placement == "root-complex":
            general = "root-complex"
        else:
            return "any"
        bound = base or any(getattr(hints, name) is not None for name in ("bus_group", "own_bus", "bus"))
        needs_port = self.express_root and (hints.hotplug == "yes" or hints.port_hotplug is not None)
        return "any" if general == "root-complex" and (bound or needs_port) else general

    def _check_placement(self, device: Device, flags: int, hints: Hints) -> None:
        placement = hints.placement
        if placement in ("root-port", "switch") and not flags & EXPRESS:
            reason = "the device is conventional PCI" if self.express_root else "the machine has no PCI Express"
            raise hint_error(device, "placement", reason)

    def _shared_kind(self, hint: str, name: str) -> bool:
        """Whether the members of a slot or bus group share a conventional bus. They do if one of them needs one."""
        if self._shared is None:
            self._shared = self._find_shared()
        return self._shared[hint, name]

    def _find_shared(self) -> dict[tuple[str, str], bool]:
        """For each slot group and bus group whether it is conventional."""
        members: dict[tuple[str, str], list[Device]] = {}
        for device in self._work.visit():
            if device.hints is None or not self.connector.flags(device) & AUTO:
                continue
            for hint in ("slot_group", "bus_group"):
                name = getattr(device.hints, hint)
                if name is not None:
                    members.setdefault((hint, name), []).append(device)
        return {key: self._is_conventional(key[0], devices) for key, devices in members.items()}

    def _is_conventional(self, hint: str, members: list[Device]) -> bool:
        natural = [self._bus_kind(device, self.connector.flags(device), device.hints or NO_HINTS) for device in members]
        if not any(kind & CONVENTIONAL for kind in natural):
            return False
        for device in members:
            if self.connector.flags(device) & EXPRESS and not can_be_conventional(device):
                reason = "the device is PCI Express only, and a member of the group is conventional"
                raise hint_error(device, hint, reason)
        return True

    def _pack(self, device: Device, hints: Hints) -> int:
        if hints.slot_group is not None:
            return self._sharing.setdefault(hints.slot_group, PACK_GROUPS + len(self._sharing))
        if not self._packing or hints.hotplug == "yes" or hints.own_bus is not None:
            return 0
        if self._mirrors and _is_passed_through(device):
            return 0
        if isinstance(device, Controller) and (device.model or "").startswith("ich9-"):
            return 0
        return PACK_MARKED if hints.port_hotplug == "on" else PACK_ENDPOINTS


def _is_passed_through(device: Device) -> bool:
    from devaddr_xml.engine.hints.host_devices import host_address

    return host_address(device) is not None


def _port_says(hints: Hints) -> str | None:
    """The hotplug attribute that hints ask for on the port above the device."""
    if hints.port_hotplug is not None:
        return hints.port_hotplug
    return "off" if hints.hotplug == "no" else None


def can_be_conventional(device: Device) -> bool:
    """Whether a PCI Express device also works on a conventional bus: virtio and host devices do."""
    if isinstance(device, Hostdev) or (isinstance(device, Interface) and device.type == "hostdev"):
        return True
    return bool((endpoint_row(device.kind, variant_of(device), device.model) or 0) & VIRTIO)


def hint_error(device: Device, name: str, reason: str) -> HintError:
    """The error for a hint that its device cannot follow."""
    hint = name.replace("_", "-")
    value = getattr(device.hints, name, None) if device.hints else None
    return HintError(
        f'the hint {hint}="{value}" cannot be followed: {reason}',
        device=label(device),
        line=device.line,
        remedy=f"Remove the hint {hint} or change it",
    )
