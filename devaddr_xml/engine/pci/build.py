"""The buses as the document has them, with every given address taken."""

from __future__ import annotations

import msgspec

from devaddr_xml.buses.pci.bus import Bus
from devaddr_xml.buses.pci.controllers import EXPANDERS, OFFERS, ROOTS
from devaddr_xml.buses.pci.flags import CONVENTIONAL, INTEGRATED, KINDS
from devaddr_xml.buses.pci.space import PACK_ENDPOINTS, PACK_GROUPS, Grow, Need, Place, Space
from devaddr_xml.buses.pci.tree import PciTree
from devaddr_xml.engine.pci.needs import Needs
from devaddr_xml.engine.pci.numbering import limit_expanders
from devaddr_xml.engine.pci.used import close_used
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Controller, Device
from devaddr_xml.model.errors import PlacementError, Unsupported
from devaddr_xml.model.naming import label

#: A function that is taken by a device whose kind needs no PCI place.
_ANY_GIVEN = CONVENTIONAL


def wants_pci(device: Device) -> bool:
    """Whether the device has no address yet, or one that only asks for a PCI address."""
    address = device.address
    return address is None or (isinstance(address, PciAddress) and address.empty)


def has_pci(device: Device) -> bool:
    """Whether the device has a PCI address."""
    return isinstance(device.address, PciAddress) and not device.address.empty


def build_space(state: State, needs: Needs, labels: dict[int, int], count: int, grow: Grow | None = None) -> Space:
    """The buses 0 to ``count - 1`` with all given addresses reserved; ``labels`` gives the region of bus numbers."""
    buses = _buses(state, count)
    for bus in buses:
        group = labels.get(bus.number, 0)
        bus.group, bus.locked = group, bool(group)
    if buses and needs.isolates:
        buses[0].locked = True
    space = Space(buses, grow, needs.regions.shifting if needs.isolates else frozenset())
    if needs.rules.bus_numbers_limited:
        space.room = limit_expanders(state, buses)
    shared = _reserve_given(state, needs, space)
    if needs.rules.foreign_kept_clear and state.guest.foreign:
        from devaddr_xml.engine.pci.foreign import keep_clear

        keep_clear(state, space)
    if needs.rules.new_controllers_behind:
        _let_new_be_behind(state, space)
    space.given_taken = True
    _open_shared_slots(needs, space, shared)
    if needs.rules.multifunction_from_the_start:
        _close_single_ports(state, space)
    close_used(state, space)
    return space


def controller_for(bus: Bus) -> Controller:
    """A new controller that provides a bus."""
    return Controller(
        type="pci",
        index=bus.number,
        model=bus.model,
        hotplug=False if bus.is_port and not bus.hotplug else None,
        node=bus.node if bus.model in EXPANDERS or bus.model == "pci-root" else None,
    )


def _let_new_be_behind(state: State, space: Space) -> None:
    """Say of every bus of the document from where on a further controller renumbers nothing."""
    tree = PciTree(state.controllers)
    for index in tree.parents:
        if index < len(space.buses):
            space.buses[index].behind = 256
    for root, controller in tree.controllers.items():
        if controller.model in ROOTS or controller.model in EXPANDERS:
            for bus, position in tree.last_path(root):
                if bus < len(space.buses):
                    space.buses[bus].behind = position if _has_firsts(tree, space.buses[bus]) else 0


def _has_firsts(tree: PciTree, bus: Bus) -> bool:
    """Whether the slots of controllers on the bus have a function 0; one that has none needs it first of all."""
    return all(bus.functions(place >> 3) & 1 for place, _ in tree.children(bus.number))


def _buses(state: State, count: int) -> list[Bus]:
    given: dict[int, Controller] = {}
    express = False
    for controller in state.controllers:
        if controller.type != "pci" or controller.index is None:
            continue
        if controller.model not in OFFERS:
            raise Unsupported(
                "a PCI controller needs a model",
                device=label(controller),
                line=controller.line,
                remedy=f"Use one of {', '.join(OFFERS)}",
            )
        given[controller.index] = controller
        express = express or controller.model == "pcie-root"
    missing = "pci-root" if state.machine.host_bridges else "pcie-root-port" if express else "pci-bridge"
    buses = []
    for number in range(count):
        found = given.get(number)
        if found is not None and found.model is not None:
            buses.append(Bus(number, found.model, _hotplug(found) is not False))
        else:
            buses.append(Bus(number, missing if number else "pci-root"))
    return buses


def _hotplug(controller: Controller) -> bool | None:
    """What the controller says of hotplug, or will say because of its hint."""
    stated = controller.hints.port_hotplug if controller.hints else None
    return controller.hotplug if stated is None else stated == "on"


def _reserve_given(state: State, needs: Needs, space: Space) -> list[tuple[Device, Need]]:
    """Reserve every given address; returns the devices that share their slot by policy."""
    shared = []
    for device in state.visit():
        address = device.address
        if not isinstance(address, PciAddress) or address.empty:
            continue
        if isinstance(device, Controller) and _is_built_in(device, address, space):
            continue
        need = needs.of(device)
        if not need.flags:
            need = msgspec.structs.replace(need, flags=_ANY_GIVEN)
        elif need.flags & INTEGRATED:
            need = msgspec.structs.replace(need, flags=needs.connector.flags(device))
        if need.group not in needs.regions.shifting:
            need = msgspec.structs.replace(need, group=0)
        number = space.reserve(need, address, device)
        if number != address.bus:
            device.address = msgspec.structs.replace(address, bus=number)
        if need.pack >= PACK_ENDPOINTS:
            shared.append((device, needs.of(device)))
    return shared


def _is_built_in(controller: Controller, address: PciAddress, space: Space) -> bool:
    """Whether the address is that of the PIIX3 IDE or USB function, which the chipset step takes (or nobody does)."""
    if address.domain or address.bus or address.slot != 1 or controller.index:
        return False
    ide = controller.type == "ide" and address.function == 1
    usb = controller.type == "usb" and address.function == 2 and controller.model in ("piix3-uhci", None)
    if not (ide or usb):
        return False
    if space.buses and not space.buses[0].accepts & CONVENTIONAL:
        raise PlacementError(
            "the built-in PIIX3 controller needs conventional PCI on bus 0",
            device=label(controller),
            line=controller.line,
            remedy="Remove the <address>, or choose another model",
        )
    return True


def _open_shared_slots(needs: Needs, space: Space, shared: list[tuple[Device, Need]]) -> None:
    """Let more devices join a slot of the document that is shared by policy and stated to be multifunction."""
    for device, need in shared:
        address = device.address
        assert isinstance(address, PciAddress)
        in_group = need.pack >= PACK_GROUPS
        if not in_group and not (address.function == 0 and address.multifunction):
            continue
        bus = space.buses[address.bus]
        if bus.group == need.group and bus.functions(address.slot) != 0xFF and _takes(bus, need):
            space.open_slot(need, Place(address.bus, address.slot, address.function))


def _takes(bus: Bus, need: Need) -> bool:
    """Whether the bus is of the kind on which the whole group can be."""
    return not bus.number if need.flags & INTEGRATED else bool(bus.accepts & need.flags & KINDS)


def _close_single_ports(state: State, space: Space) -> None:
    """A port that does not say multifunction stays alone in its slot, since to say so now would change it."""
    for controller in state.controllers:
        address = controller.address
        if controller.model != "pcie-root-port" or not isinstance(address, PciAddress) or address.empty:
            continue
        if not address.function and not address.multifunction:
            space.buses[address.bus].close_slot(address.slot)


def controllers_top(state: State) -> int:
    """The highest index of a PCI controller; -1 when there is none."""
    return max((c.index for c in state.controllers if c.type == "pci" and c.index is not None), default=-1)


def takes_place(controller: Controller) -> bool:
    """Whether a PCI controller is plugged into a bus (a root is not)."""
    return controller.model not in ROOTS
