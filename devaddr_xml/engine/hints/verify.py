"""Checks in the finished layout alone that every hint is met; an unmet hint is an error."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from devaddr_xml.buses.pci.controllers import BRIDGES, EXPANDERS, OFFERS, PORTS
from devaddr_xml.buses.pci.flags import CONVENTIONAL
from devaddr_xml.buses.pci.tree import PciTree
from devaddr_xml.engine.hints.nesting import Nesting
from devaddr_xml.engine.pci.needs import Needs, hint_error
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Controller, Device
from devaddr_xml.model.errors import HintError
from devaddr_xml.model.hints import Hints
from devaddr_xml.model.naming import label


class Layout:
    """The finished layout: the controller of each bus, and the devices on it."""

    __slots__ = ("buses", "endpoints", "express_root", "state", "tree")

    def __init__(self, state: State, express_root: bool) -> None:
        self.state = state
        self.express_root = express_root
        self.tree = PciTree(state.controllers)
        self.buses = self.tree.controllers
        self.endpoints: dict[int, list[Device]] = {}
        for device in state.visit():
            if isinstance(device.address, PciAddress) and not _is_pci_controller(device):
                self.endpoints.setdefault(device.address.bus, []).append(device)

    def above(self, bus: int) -> Iterator[Controller]:
        """The controller of a bus and every one above it."""
        return self.tree.controllers_of(bus)

    def top(self, bus: int) -> Controller | None:
        """The expander bus or root above a bus."""
        return self.tree.top(bus)

    def port(self, bus: int) -> Controller | None:
        """The nearest port above a bus, or its own."""
        return next((c for c in self.above(bus) if c.model in PORTS), None)


def verify_hints(state: State, needs: Needs) -> None:
    """Raise HintError for the first hint that the layout does not meet (an unmet node with ``numa="prefer"`` only
    warns)."""
    hinted = [device for device in state.visit() if device.hints is not None and isinstance(device.address, PciAddress)]
    if not hinted:
        return
    layout = Layout(state, needs.express_root)
    for device in hinted:
        assert device.hints is not None
        if not _is_pci_controller(device):
            _check_node(layout, needs, device, device.hints)
        for name, check in _CHECKS.items():
            if getattr(device.hints, name) is not None and (problem := check(layout, device, device.hints)):
                raise hint_error(device, name, problem)
    _check_root_complexes(layout, hinted)
    _check_slot_groups(hinted)
    _check_bus_groups(layout, needs.nesting, hinted)


def _is_pci_controller(device: Device) -> bool:
    return isinstance(device, Controller) and device.type == "pci"


def _address(device: Device) -> PciAddress:
    assert isinstance(device.address, PciAddress)
    return device.address


def _check_node(layout: Layout, needs: Needs, device: Device, hints: Hints) -> None:
    mode = layout.state.tunables.numa
    if hints.node is None or mode == "off" or needs.gave_up_node(device):
        return
    top = layout.top(_address(device).bus)
    node = top.node if top is not None else None
    if node == hints.node:
        return
    where = f"its address {device.address} is {'on no NUMA cell' if node is None else f'on NUMA cell {node}'}"
    if mode == "strict":
        raise hint_error(device, "node", where)
    layout.state.journal.warn(
        f'the hint node="{hints.node}" is not kept: {where}',
        device,
        remedy="Remove the hint, or remove the <address>, and a place on that cell is chosen",
    )


def _hotplug(layout: Layout, device: Device, hints: Hints) -> str | None:
    if hints.hotplug != "yes":
        return None
    bus = layout.buses[_address(device).bus]
    if bus.model is None or not OFFERS[bus.model].hotplug:
        return f"its address {device.address} is on a {bus.model}, which cannot be hotplugged"
    if bus.hotplug is False:
        return f"the port of its address {device.address} has hotplug='off'"
    slot = _address(device).slot
    others = [d for d in layout.endpoints[bus.index or 0] if d is not device and _address(d).slot == slot]
    if others:
        return f"it shares its slot with {label(others[0])}"
    return None


def _placement(layout: Layout, device: Device, hints: Hints) -> str | None:
    if _is_pci_controller(device):
        return None
    bus = layout.buses[_address(device).bus]
    if hints.placement == "root-complex":
        kept = _address(device).bus == 0
    elif hints.placement == "bridge":
        kept = bus.model in BRIDGES
    elif hints.placement == "switch":
        kept = bus.model == "pcie-switch-downstream-port"
    else:
        kept = bus.model == "pcie-root-port"
    return None if kept else f"its address {device.address} is on a {bus.model}"


def _bus(layout: Layout, device: Device, hints: Hints) -> str | None:
    bus = layout.buses[_address(device).bus]
    conventional = bus.model is not None and bool(OFFERS[bus.model].accepts & CONVENTIONAL)
    if conventional == (hints.bus == "pci"):
        return None
    cause = f', where placement="{hints.placement}" puts it' if hints.placement is not None else ""
    return f"its address {device.address} is on a {bus.model}{cause}"


def _own_bus(layout: Layout, device: Device, hints: Hints) -> str | None:
    others = [other for other in layout.endpoints[_address(device).bus] if other is not device]
    return f"{label(others[0])} is on the same bus" if others else None


def _port_hotplug(layout: Layout, device: Device, hints: Hints) -> str | None:
    if _is_pci_controller(device):
        assert isinstance(device, Controller)
        return None if device.model in PORTS else f"a {device.model} is not a port"
    if layout.port(_address(device).bus) is None:
        return "there is no root port or downstream port above the device"
    return None


_CHECKS: dict[str, Callable[[Layout, Device, Hints], str | None]] = {
    "hotplug": _hotplug,
    "placement": _placement,
    "bus": _bus,
    "own_bus": _own_bus,
    "port_hotplug": _port_hotplug,
}


def _check_root_complexes(layout: Layout, hinted: list[Device]) -> None:
    owners: dict[int, Device] = {}
    for device in hinted:
        if device.hints is None or device.hints.root_complex is None:
            continue
        top = layout.top(_address(device).bus)
        if top is None or (top.model not in EXPANDERS and not (top.index and layout.state.machine.host_bridges)):
            if layout.state.tunables.numa == "strict":
                raise hint_error(device, "root_complex", f"its address {device.address} is below no expander bus")
            continue
        other = owners.setdefault(top.index or 0, device)
        if other.hints is not None and other.hints.root_complex != device.hints.root_complex:
            raise _pair(device, other, "root-complex", f"both are below {label(top)}")


def _check_slot_groups(hinted: list[Device]) -> None:
    slots: dict[str, Device] = {}
    for device in hinted:
        if device.hints is None or device.hints.slot_group is None:
            continue
        other = slots.setdefault(device.hints.slot_group, device)
        if (_address(other).bus, _address(other).slot) != (_address(device).bus, _address(device).slot):
            raise _pair(device, other, "slot-group", f"they are at {device.address} and {other.address}")


def _check_bus_groups(layout: Layout, nesting: Nesting, hinted: list[Device]) -> None:
    members: dict[str, list[Device]] = {}
    for device in hinted:
        if device.hints is not None and device.hints.bus_group is not None:
            members.setdefault(device.hints.bus_group, []).append(device)
    owners: dict[str, tuple[int, Device]] = {}
    for name, devices in members.items():
        for device in devices:
            shared = _shared_buses(layout, device)
            for group, bus in zip((name, *reversed(nesting.around(name))), shared, strict=False):
                known, first = owners.setdefault(group, (bus, device))
                if bus != known:
                    raise _pair(device, first, "bus-group", f"they are at {device.address} and {first.address}")
    for name, (bus, first) in owners.items():
        for other in _below(layout, bus):
            inside = other.hints.bus_group if other.hints else None
            if inside is None or not nesting.is_within(inside, name):
                raise _pair(first, other, "bus-group", f"the other is on the bus of group {name}")


def _below(layout: Layout, top: int) -> Iterator[Device]:
    """Every endpoint on a bus or below it."""
    for index in layout.buses:
        if any((controller.index or 0) == top for controller in layout.above(index)):
            yield from layout.endpoints.get(index, ())


def _shared_buses(layout: Layout, device: Device) -> list[int]:
    """The buses of the switches above a device, the nearest first; its own bus where there is none."""
    controllers = list(layout.above(_address(device).bus))
    switches = [c.index or 0 for c in controllers if c.model == "pcie-switch-upstream-port"]
    if controllers[0].model == "pcie-switch-downstream-port" and switches:
        return switches
    return [controllers[0].index or 0]


def _pair(device: Device, other: Device, hint: str, reason: str) -> HintError:
    return HintError(
        f"the hint {hint} is not kept: {reason}",
        device=label(device),
        line=device.line,
        other=label(other),
        other_line=other.line,
        remedy=f"Change the hint {hint} or the <address> of one of them",
    )
