"""The shape of a complete guest: PCI trees, the bus numbers that the guest sees, nodes, free places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import msgspec

from devaddr_xml.buses.pci.controllers import EXPANDERS, LAST_BUS, OFFERS, PORTS, ROOTS, Offer
from devaddr_xml.buses.pci.flags import CONVENTIONAL, EXPRESS
from devaddr_xml.buses.pci.foreign import foreign_buses
from devaddr_xml.buses.pci.tree import PciTree
from devaddr_xml.machines.family import machine_of
from devaddr_xml.model.address import (
    CcidAddress,
    DriveAddress,
    PciAddress,
    UsbAddress,
    VirtioSerialAddress,
)
from devaddr_xml.model.device import Console, Controller, Device
from devaddr_xml.model.foreign import ForeignDevice
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.hanging import controller_of

HotplugState = Literal["on", "off", "default", "never"]


_NO_OFFER = Offer(0, 0, -1, False)


class GuestPci(NamedTuple):
    """A PCI address as the guest's operating system sees it: segment (domain), bus number, slot and function."""

    segment: int
    bus: int
    slot: int
    function: int

    def __str__(self) -> str:
        return f"{self.segment:04x}:{self.bus:02x}:{self.slot:02x}.{self.function:x}"


class Place(NamedTuple):
    """A free slot: the bus, the slot, whether a device can be plugged in while the guest runs, the guest NUMA node."""

    bus: Bus
    slot: int
    hotpluggable: bool
    node: int | None

    @property
    def address(self) -> PciAddress:
        """The address of the slot's function 0."""
        return PciAddress(bus=self.bus.index, slot=self.slot)


def mirrored_console(guest: Guest) -> Console | None:
    """The first console, where it only repeats the first serial port."""
    first = next((device for device in guest.devices if isinstance(device, Console)), None)
    if first is None or guest.os_type != "hvm" or first.target_type not in (None, "serial"):
        return None
    return first


class Bus(msgspec.Struct, kw_only=True, eq=False):
    """One PCI bus.

    index: of ``controller``, which provides it. node: the guest NUMA cell to which everything on the bus belongs, if
    any. segment: the PCI domain in the guest. number: the bus number that the guest sees, unset where firmware has
    none left; last: the highest below it. slots: the devices by slot and function. foreign: those of QEMU's command
    line, likewise.
    """

    index: int
    controller: Controller
    offer: Offer
    node: int | None = None
    segment: int = 0
    number: int | None = None
    last: int | None = None
    slots: dict[int, dict[int, Device]] = msgspec.field(default_factory=dict)
    foreign: dict[tuple[int, int], ForeignDevice] = msgspec.field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether no device is on the bus."""
        return not self.slots and not self.foreign

    @property
    def is_expander(self) -> bool:
        """Whether the bus is the root of an expander's tree."""
        return self.controller.model in EXPANDERS

    @property
    def is_port(self) -> bool:
        """Whether the bus is that of a PCIe root or downstream port: one slot."""
        return self.controller.model in PORTS

    @property
    def takes_endpoints(self) -> bool:
        """Whether devices other than PCI controllers can be on the bus."""
        return bool(self.offer.accepts & (CONVENTIONAL | EXPRESS))

    @property
    def is_express(self) -> bool:
        """Whether its places are PCI Express."""
        return bool(self.offer.accepts & EXPRESS)

    @property
    def hotplug(self) -> HotplugState:
        """What the controller says of hotplug; ``never`` where its model has none."""
        if not self.offer.hotplug:
            return "never"
        stated = self.controller.hotplug
        return "default" if stated is None else "on" if stated else "off"

    @property
    def hotpluggable(self) -> bool:
        """Whether devices can come and go while the guest runs."""
        return self.hotplug in ("on", "default")

    def devices(self) -> Iterator[tuple[int, int, Device]]:
        """Slot, function and device of everything on the bus, in order."""
        for slot in sorted(self.slots):
            for function in sorted(self.slots[slot]):
                yield slot, function, self.slots[slot][function]


class Topology:
    """The shape of a complete guest.

    buses: by controller index. tree: the controllers that are on a bus. roots: PCI roots by index, then expanders by
    bus number. attached: devices that hang on a controller that is not PCI, by type and index of the controller, in
    address order. strays: devices whose PCI address names no bus, or a function that another device has. foreign:
    devices of QEMU's command line.
    """

    __slots__ = ("_controllers", "attached", "buses", "foreign", "guest", "machine", "roots", "strays", "tree")

    def __init__(self, guest: Guest) -> None:
        self.guest = guest
        self.machine = machine_of(guest.arch or "", guest.machine or "")
        self.buses: dict[int, Bus] = {}
        self.attached: dict[tuple[str, int], list[Device]] = {}
        self.strays: list[Device] = []
        self._controllers: dict[tuple[str, int], Controller] = {}
        self._find_controllers()
        self._put_devices()
        self.foreign = foreign_buses(guest.foreign, guest.devices, self.machine.chipset.own)
        self._put_foreign()
        self.tree = self._placed_controllers()
        self.roots = self._find_roots()
        self._inherit()
        self._number()

    def _find_controllers(self) -> None:
        for device in self.guest.devices:
            if not isinstance(device, Controller) or device.index is None:
                continue
            if self._controllers.setdefault((device.type, device.index), device) is device and device.type == "pci":
                self.buses[device.index] = Bus(
                    index=device.index, controller=device, offer=OFFERS.get(device.model or "", _NO_OFFER)
                )

    def _put_devices(self) -> None:
        mirror = mirrored_console(self.guest)
        for device in self.guest.devices:
            if device is mirror:
                continue
            address = device.address
            if isinstance(address, PciAddress):
                self._put(device, address)
            elif key := controller_of(device):
                self.attached.setdefault(key, []).append(device)
        for devices in self.attached.values():
            devices.sort(key=_order_on_controller)

    def _put(self, device: Device, address: PciAddress) -> None:
        if address.empty:
            return
        bus = self.buses.get(address.bus) if not address.domain else None
        if bus is None or bus.slots.setdefault(address.slot, {}).setdefault(address.function, device) is not device:
            self.strays.append(device)

    def _put_foreign(self) -> None:
        for place in self.foreign.places:
            bus = self.buses.get(place.bus)
            if bus is not None and place.function not in bus.slots.get(place.slot, ()):
                bus.foreign.setdefault((place.slot, place.function), place.device)

    def _placed_controllers(self) -> PciTree:
        strays = {id(device) for device in self.strays}
        return PciTree(bus.controller for bus in self.buses.values() if id(bus.controller) not in strays)

    def _find_roots(self) -> list[Bus]:
        buses = [bus for _, bus in sorted(self.buses.items())]
        roots = [bus for bus in buses if bus.controller.model in ROOTS]
        parents = self.tree.parents
        expanders = [bus for bus in buses if bus.is_expander and parents.get(bus.index, bus.index) != bus.index]
        return [*roots, *sorted(expanders, key=lambda bus: bus.controller.bus_nr or LAST_BUS + 1)]

    def _inherit(self) -> None:
        for root in self.roots:
            for bus in self.below(root):
                bus.node = root.controller.node
                bus.segment = root.controller.target_index or 0

    def _number(self) -> None:
        """Number the buses as SeaBIOS, edk2 and Linux do: depth first, by slot and function, each root tree apart.

        The trees of expanders start at their own numbers; a conventional expander holds a bridge, whose bus is the
        one that devices are on. A tree that starts below a number that is already used is not found by firmware.
        """
        used: dict[int, int] = {}
        for root in self.roots:
            if not root.is_expander:
                used[root.segment] = self._number_tree(root, 0)
                continue
            start = root.controller.bus_nr
            if start is not None and start > used.get(0, -1):
                first = start if root.controller.model == "pcie-expander-bus" else start + 1
                used[0] = self._number_tree(root, first)

    def _number_tree(self, root: Bus, first: int) -> int:
        """Give numbers to the buses of a tree; the highest given, whether or not it exists."""
        numbers = self.tree.numbers(root.index, first)
        for index, (number, last) in numbers.items():
            self.buses[index].number = number if number <= LAST_BUS else None
            self.buses[index].last = last
        return numbers[root.index][1]

    def below(self, bus: Bus) -> list[Bus]:
        """A bus and every bus below it, in the order in which firmware numbers them; expanders are apart."""
        return [self.buses[index] for index in self.tree.depth_first(bus.index)]

    def above(self, bus: Bus) -> list[Bus]:
        """A bus and every bus above it, the nearest first."""
        return [self.buses[index] for index in self.tree.path(bus.index)]

    def root_of(self, bus: Bus) -> Bus:
        """The root or the expander bus at the top of a bus's tree; the bus itself where the tree has none."""
        top = self.tree.top(bus.index)
        return (self.bus_below(top) if top else None) or bus

    def bus_of(self, device: Device) -> Bus | None:
        """The PCI bus that the device is on."""
        address = device.address
        if not isinstance(address, PciAddress) or address.empty or address.domain:
            return None
        return self.buses.get(address.bus)

    def bus_below(self, controller: Controller) -> Bus | None:
        """The bus that a PCI controller provides."""
        return self.buses.get(controller.index) if controller.type == "pci" and controller.index is not None else None

    def controller(self, type: str, index: int) -> Controller | None:
        """The first controller of that type and index."""
        return self._controllers.get((type, index))

    def controllers(self, *types: str) -> Iterator[Controller]:
        """Every controller of one of the types, in document order."""
        for device in self.guest.devices:
            if isinstance(device, Controller) and device.type in types:
                yield device

    def node_of(self, device: Device) -> int | None:
        """The guest NUMA cell to which the device belongs by its place; none where the guest is told none."""
        bus = self.bus_of(device)
        if bus is None and (key := controller_of(device)) and (owner := self.controller(*key)):
            bus = self.bus_of(owner)
        return bus.node if bus else None

    def guest_address(self, device: Device) -> GuestPci | None:
        """The PCI address that the guest sees; none for a device that is not PCI or that firmware does not reach."""
        bus = self.bus_of(device)
        if bus is None or bus.number is None:
            return None
        address = device.address
        assert isinstance(address, PciAddress)
        return GuestPci(bus.segment, bus.number, address.slot, address.function)

    def alone(self, device: Device) -> bool:
        """Whether the device is the only function of its slot and not called multifunction."""
        bus, address = self.bus_of(device), device.address
        if bus is None or not isinstance(address, PciAddress):
            return True
        return len(bus.slots.get(address.slot, ())) <= 1 and not address.multifunction

    def free_places(self) -> Iterator[Place]:
        """Every free slot for an endpoint, by controller index and slot; those of PCIe roots are not hotpluggable."""
        for index in sorted(self.buses):
            bus = self.buses[index]
            if not bus.takes_endpoints:
                continue
            taken = bus.slots.keys() | {slot for slot, _ in (*self.chipset(bus), *bus.foreign)}
            for slot in range(bus.offer.first, bus.offer.last + 1):
                if slot not in taken:
                    yield Place(bus, slot, bus.hotpluggable, bus.node)

    def chipset(self, bus: Bus) -> dict[tuple[int, int], str]:
        """Slot and function of what the machine itself has on the bus, with its name."""
        if bus.index:
            return {}
        return {(slot, function): name for slot, function, name in self.machine.chipset.own}


def _order_on_controller(device: Device) -> tuple[int, ...]:
    address = device.address
    if isinstance(address, DriveAddress):
        return address.bus, address.target, address.unit
    if isinstance(address, UsbAddress):
        return address.port
    if isinstance(address, VirtioSerialAddress):
        return (address.port,)
    return (address.slot,) if isinstance(address, CcidAddress) else ()
