"""All PCI buses of a guest during placement: fit, reserve, search."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

import msgspec

from devaddr_xml.buses.pci.bus import Bus, Owner
from devaddr_xml.buses.pci.connect import KIND_NAMES
from devaddr_xml.buses.pci.controllers import BRIDGES, LINKS
from devaddr_xml.buses.pci.flags import AUTO, CONVENTIONAL, EXPRESS, INTEGRATED, KINDS, PCI_BRIDGE
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Controller, Device
from devaddr_xml.model.errors import AddressConflict, PlacementError
from devaddr_xml.model.naming import label

if TYPE_CHECKING:
    from devaddr_xml.buses.pci.foreign import ForeignPlace

ALL_SLOTS = (1 << 32) - 1
#: A position after all positions of a bus.
_NOWHERE = 256

#: Root ports share slots with root ports.
PACK_PORTS = 1
#: Endpoints that can share a slot with any other such endpoint.
PACK_ENDPOINTS = 2
#: Endpoints behind a hotpluggable port. They share slots only with each other.
PACK_MARKED = 3
#: Slot groups have numbers from here.
PACK_GROUPS = 4


class Need(msgspec.Struct, frozen=True, gc=False, cache_hash=True):
    """What a device needs of its place.

    flags: the connection. group: only buses of this group. pack: 0 for a slot of its own, else the number of the set of
    devices that share slots. hotplug: True for a hotpluggable place, False for any place but a hotpluggable port, None
    for every place. slots: bit mask of the slots to use. bridged: only on the bus of a bridge.
    links_below: only switch ports and bridges with a lower index (others may be below the device itself).
    numbers: how many guest bus numbers must be free below the expander bus; the device uses one of them. function: its
    function in the slot, if that is free. behind: prefer a place that firmware numbers after everything in the
    document.
    """

    flags: int
    group: int = 0
    pack: int = 0
    hotplug: bool | None = None
    slots: int = ALL_SLOTS
    bridged: bool = False
    links_below: int = 256
    numbers: int = 0
    function: int | None = None
    behind: bool = False


class Place(msgspec.Struct, frozen=True, gc=False):
    """A function of a slot of a bus."""

    bus: int
    slot: int
    function: int

    @property
    def address(self) -> PciAddress:
        """The address of the place."""
        return PciAddress(0, self.bus, self.slot, self.function)

    def __str__(self) -> str:
        return f"0000:{self.bus:02x}:{self.slot:02x}.{self.function:x}"


Grow = Callable[["Space", Need, int, Owner], int]


def describe(owner: Owner) -> str:
    """The name of the owner of a place in messages."""
    return label(owner) if isinstance(owner, Device) else str(owner)


def _line(owner: Owner | None) -> int | None:
    return None if owner is None or isinstance(owner, str) else owner.line


class Space:
    """The buses, by number.

    grow: adds buses if a place is needed on a bus after the last one, and returns the number of the bus to use; without
    it no bus is added. shifting: groups whose devices can take over any empty bus that is not locked (pSeries isolation
    groups); empty if no group does. room: the guest bus numbers that are free below each expander bus, by its number,
    if they are limited. foreign: places, by bus, of devices on QEMU's command line. given_taken: whether all addresses
    of the document are reserved.
    """

    __slots__ = ("_cursors", "_open", "buses", "foreign", "given_taken", "grow", "room", "shifting")

    def __init__(self, buses: list[Bus], grow: Grow | None = None, shifting: AbstractSet[int] = frozenset()) -> None:
        self.buses = buses
        self.grow = grow
        self.shifting = shifting
        self.room: dict[int, int] = {}
        self.given_taken = False
        self.foreign: dict[int, list[ForeignPlace]] = {}
        self._cursors: dict[Need, int] = {}
        self._open: dict[tuple[int, int, int, bool], Place] = {}

    def add_bus(self, model: str, hotplug: bool | None = None) -> Bus:
        """Append a new, empty bus of a controller model."""
        bus = Bus(len(self.buses), model, hotplug is not False)
        self.buses.append(bus)
        if self.foreign:
            self.keep_foreign(bus)
        return bus

    def keep_foreign(self, bus: Bus) -> None:
        """Reserve the free places of a bus that devices of QEMU's command line use."""
        for place in self.foreign.get(bus.number, ()):
            if bus.first <= place.slot <= bus.last and bus.owner(place.slot, place.function) is None:
                bus.take(place.slot, place.function, 0, place.device)
                if not (place.device.multifunction and not place.function):
                    bus.close_slot(place.slot)

    def search(self, need: Need, function: int | None = None) -> Place | None:
        """The place that the device gets, or None: on the lowest bus, in the lowest slot, at the lowest function.

        function: 0-7 if the device needs this function; it then gets a completely free slot.
        """
        if need.pack >= PACK_ENDPOINTS and (joined := self._join(need)):
            return joined
        function = need.function if function is None else function
        pack = need.pack if need.pack < PACK_ENDPOINTS else 0
        found = self._scan(need, pack, function)
        if found is None and need.behind:
            found = self._beside_last(need)
            found = found or self._scan(msgspec.structs.replace(need, behind=False), pack, function)
        if found is None and need.group in self.shifting:
            found = self._scan_empty(need, pack, function)
        return found

    def _scan(self, need: Need, pack: int, function: int | None) -> Place | None:
        buses = self.buses
        group = need.group
        start = 0 if self.shifting else self._cursors.get(need, 0)
        for number in range(start, len(buses)):
            bus = buses[number]
            if bus.group == group and (bus.free or pack) and self.fits(need, bus):
                start_at = bus.behind if need.behind else 0
                found = bus.lowest_slot(pack, _slots(need, bus), start_at) if self._has_room(need, bus) else None
                if found is not None:
                    if number != start:
                        self._cursors[need] = number
                    return Place(number, found[0], found[1] if function is None else function)
        self._cursors[need] = len(buses)
        return None

    def _beside_last(self, need: Need) -> Place | None:
        """A function in the slot of the last controller, if the bus has no slot after it. That controller then gets
        multifunction. The device in a port stays alone there: the guest unplugs all functions at once."""
        for bus in self.buses:
            if bus.is_port or not 0 < bus.behind < _NOWHERE or bus.group != need.group or not self.fits(need, bus):
                continue
            slot, function = bus.behind >> 3, bus.function_from(bus.behind)
            first = bus.owner(slot, 0)
            if function and isinstance(first, Controller) and self._has_room(need, bus):
                address = first.address
                if isinstance(address, PciAddress) and address.multifunction is not False:
                    return Place(bus.number, slot, function)
        return None

    def is_behind(self, place: Place) -> bool:
        """Whether firmware numbers a controller at that place after everything in the document."""
        return (place.slot << 3 | place.function) >= self.buses[place.bus].behind

    def _scan_empty(self, need: Need, pack: int, function: int | None) -> Place | None:
        for bus in self.buses:
            if not bus.busy and not bus.locked and self.fits(need, bus):
                found = bus.lowest_slot(pack, _slots(need, bus))
                if found:
                    return Place(bus.number, found[0], found[1] if function is None else function)
        return None

    def _join(self, need: Need) -> Place | None:
        key = (need.pack, need.group, need.flags, need.bridged)
        place = self._open.get(key)
        if place is None:
            return None
        taken = self.buses[place.bus].functions(place.slot)
        if taken == 0xFF:
            del self._open[key]
            return None
        wanted = need.function
        if wanted is not None and not taken >> wanted & 1:
            return Place(place.bus, place.slot, wanted)
        return Place(place.bus, place.slot, (~taken & (taken + 1)).bit_length() - 1)

    def retire(self, number: int, slot: int) -> None:
        """Close a slot of a bus for all devices but the members of its slot group."""
        bus = self.buses[number]
        bus.free &= ~(1 << slot)
        bus.close_slot(slot)
        gone = [key for key, place in self._open.items() if (place.bus, place.slot) == (number, slot)]
        for key in gone:
            if key[0] < PACK_GROUPS:
                del self._open[key]

    def open_slot(self, need: Need, place: Place) -> None:
        """Open the slot of ``place`` for devices with the same need."""
        self._open[need.pack, need.group, need.flags, need.bridged] = place

    def _has_room(self, need: Need, bus: Bus) -> bool:
        return not need.numbers or need.numbers <= self.room.get(bus.top, need.numbers)

    @staticmethod
    def fits(need: Need, bus: Bus) -> bool:
        """Whether a device without an address can go on a bus."""
        flags, accepts = need.flags, bus.accepts
        if flags & INTEGRATED:
            if bus.number:
                return False
            accepts |= CONVENTIONAL | AUTO
        elif need.bridged and bus.model not in BRIDGES:
            return False
        if bus.number >= need.links_below and bus.model in LINKS:
            return False
        if (flags & AUTO and not accepts & AUTO) or not accepts & flags & KINDS:
            return False
        if need.hotplug is None:
            return True
        return bus.hotplug if need.hotplug else not (bus.is_port and bus.hotplug)

    def place(self, need: Need, owner: Owner, function: int | None = None) -> Place:
        """Find a place and reserve it, with a new bus if that is allowed; raises PlacementError if there is none."""
        found = self.search(need, function)
        if found is None:
            if self.grow is None:
                raise self._no_place(need, owner)
            number = self.grow(self, need, len(self.buses), owner)
            found = self._on_new_bus(need, number, function)
            if found is None:
                raise self._no_place(need, owner)
        self.take(need, found, owner, fixed=False)
        if need.pack >= PACK_ENDPOINTS:
            self.open_slot(need, found)
        return found

    def _on_new_bus(self, need: Need, number: int, function: int | None) -> Place | None:
        bus = self.buses[number]
        found = bus.lowest_slot(0, need.slots) if self.fits(need, bus) else None
        function = need.function if function is None else function
        return Place(number, found[0], 0 if function is None else function) if found else None

    def _no_place(self, need: Need, owner: Owner) -> PlacementError:
        if not self.buses:
            return PlacementError(
                "there is no PCI bus, and this machine brings none",
                device=describe(owner),
                line=_line(owner),
                remedy="Remove the device, or give the domain a PCI root controller that the machine has",
            )
        return PlacementError(
            f"no PCI bus has a free place for {kind_name(need.flags)}",
            device=describe(owner),
            line=_line(owner),
            remedy="Remove a device or add a PCI controller that accepts it",
        )

    def reserve(self, need: Need, address: PciAddress, owner: Owner) -> int:
        """Reserve an address of the document, with new buses if needed; returns the number of its bus.

        Raises AddressConflict if it is in use, PlacementError if the bus does not have it or does not accept the
        device.
        """
        number = address.bus
        if self.grow is not None and number >= len(self.buses) and not address.domain:
            number = self.grow(self, need, number, owner)
        self._validate(need, address, number, owner)
        bus = self.buses[number]
        holder = bus.owner(address.slot, address.function)
        if holder is not None:
            raise _conflict(Place(number, address.slot, address.function), owner, holder)
        self.take(need, Place(number, address.slot, address.function), owner, fixed=True)
        return number

    def _validate(self, need: Need, address: PciAddress, number: int, owner: Owner) -> None:
        where = f"{address.domain:04x}:{number:02x}:{address.slot:02x}.{address.function:x}"
        if not self.buses:
            raise self._no_place(need, owner)
        if address.domain:
            raise self._misfit(owner, f"PCI address {where}: a guest has PCI domain 0 only", "Use domain='0x0000'")
        if number >= len(self.buses):
            raise self._misfit(owner, f"PCI address {where}: there is no bus {number}", "Add its controller")
        bus = self.buses[number]
        self._validate_kind(need, bus, where, owner)
        if not bus.first <= address.slot <= bus.last:
            slots = f"slot {bus.first} only" if bus.first == bus.last else f"slots {bus.first} to {bus.last}"
            raise self._misfit(
                owner, f"PCI address {where}: a {bus.model} has {slots}", "Use one of these, or remove the <address>"
            )
        if address.function > 7:
            raise self._misfit(owner, f"PCI address {where}: functions are 0 to 7", "Use one of these")

    def _validate_kind(self, need: Need, bus: Bus, where: str, owner: Owner) -> None:
        flags, accepts = need.flags, bus.accepts
        if flags & INTEGRATED:
            if bus.number:
                raise self._misfit(owner, f"PCI address {where}: the device must sit on bus 0", "Use bus='0x00'")
            return
        if accepts & (CONVENTIONAL | EXPRESS):
            accepts |= CONVENTIONAL | EXPRESS
        if flags & PCI_BRIDGE:
            flags |= CONVENTIONAL
        if not accepts & flags & KINDS:
            raise self._misfit(
                owner,
                f"PCI address {where}: {kind_name(flags)} cannot be plugged into PCI controller {bus.number} "
                f"({bus.model})",
                "Use a bus that accepts it, or remove the <address>",
            )

    @staticmethod
    def _misfit(owner: Owner, message: str, remedy: str) -> PlacementError:
        return PlacementError(message, device=describe(owner), line=_line(owner), remedy=remedy)

    def take(self, need: Need, place: Place, owner: Owner, *, fixed: bool) -> None:
        """Mark a free place as used. If groups shift, the bus changes to the group of the device."""
        bus = self.buses[place.bus]
        if not bus.locked and bus.group != need.group:
            if not bus.busy:
                bus.group = need.group
            elif fixed:
                bus.group = 0
        if need.numbers and not fixed:
            self._take_number(bus, owner)
        bus.take(place.slot, place.function, need.pack, owner)

    def _take_number(self, bus: Bus, owner: Owner) -> None:
        if bus.top in self.room:
            self.room[bus.top] -= 1
        if isinstance(owner, Controller) and owner.type == "pci" and owner.index is not None:
            self.buses[owner.index].top = bus.top


def _slots(need: Need, bus: Bus) -> int:
    """The slots of a bus to consider. Controllers also get slots that other devices skip."""
    return need.slots & ~bus.passed if need.flags & (CONVENTIONAL | EXPRESS) else need.slots


def _conflict(place: Place, owner: Owner, holder: Owner) -> AddressConflict:
    """The error for a place with two devices; the one that can move comes first."""
    if not isinstance(owner, Device):
        owner, holder = holder, owner
    return AddressConflict(
        f"PCI address {place} is used twice",
        device=describe(owner),
        line=_line(owner),
        other=describe(holder),
        other_line=_line(holder),
        remedy="Give one of them another address, or remove its <address>",
    )


def kind_name(flags: int) -> str:
    """The name of a kind of connection in messages."""
    return next((name for flag, name in KIND_NAMES.items() if flags & flag), "a device that is no PCI device")
