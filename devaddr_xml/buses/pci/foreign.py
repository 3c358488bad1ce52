"""The PCI buses and slots of devices that the document gives to QEMU directly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from devaddr_xml.buses.pci.controllers import OFFERS
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Controller, Device
from devaddr_xml.model.foreign import BRIDGES, EXPANDERS, ForeignDevice


class ForeignPlace(msgspec.Struct, frozen=True):
    """A function that a device of QEMU's command line uses.

    bus: index of the controller. certain: whether the device must have this place; if not, QEMU gives it another one if
    this one is in use.
    """

    device: ForeignDevice
    bus: int
    slot: int
    function: int
    certain: bool

    def collides(self, address: PciAddress) -> bool:
        """Whether QEMU does not start if a libvirt device has that address."""
        if not self.certain or address.domain or address.empty or (address.bus, address.slot) != (self.bus, self.slot):
            return False
        if address.function == self.function:
            return True
        alone = not self.function and not self.device.multifunction
        return alone or (not address.function and not address.multifunction)


#: The prefixes of names of PCI buses, and of names that libvirt's users choose and that can be PCI buses.
_PCI_NAMES = ("pci", "ua-")


class ForeignBuses(msgspec.Struct, frozen=True):
    """The places; devices on buses that are not libvirt's, by the id of the bus; devices whose bus does not exist; and
    devices whose bus is full."""

    places: tuple[ForeignPlace, ...]
    behind: Mapping[str, Sequence[ForeignDevice]]
    lost: tuple[ForeignDevice, ...] = ()
    crowded: tuple[ForeignDevice, ...] = ()


NO_FOREIGN = ForeignBuses((), {})


def bus_names(devices: Iterable[Device]) -> dict[str, int]:
    """The index of each PCI controller, by the names of its bus in QEMU."""
    names: dict[str, int] = {}
    for device in devices:
        if not isinstance(device, Controller) or device.type != "pci" or device.index is None:
            continue
        names.setdefault(f"pci.{device.index}", device.index)
        if device.model == "pci-root" and device.index:
            names.setdefault(f"pci.{device.index}.0", device.index)
        if device.model == "pcie-root":
            names["pcie.0"] = 0
            names.pop("pci.0", None)
        if device.alias and device.index:
            names.setdefault(device.alias, device.index)
    return names


def named_buses(foreign: Iterable[ForeignDevice], devices: Iterable[Device]) -> frozenset[int]:
    """The indexes of the PCI controllers that devices of the command line name as their bus."""
    names = bus_names(devices)
    return frozenset(names[device.bus] for device in foreign if device.bus in names)


def awaited_buses(foreign: Iterable[ForeignDevice]) -> Iterator[int]:
    """The indexes in bus names of libvirt's form. Their controllers may be added later."""
    for device in foreign:
        head, _, number = (device.bus or "").partition(".")
        if head == "pci" and number.isascii() and number.isdigit() and len(number) < 4 and 0 < int(number) < 256:
            yield int(number)


def foreign_buses(
    foreign: Sequence[ForeignDevice], devices: Sequence[Device], own: Iterable[tuple[int, int, str]]
) -> ForeignBuses:
    """Where the devices of the command line are; ``devices`` are those that libvirt gives to QEMU.

    own: slot and function of each part of the chipset on bus 0. QEMU creates the plain devices in order, then libvirt's
    and those written as JSON. A device without a slot gets the lowest free one at that time (QEMU,
    do_pci_register_device).
    """
    if not foreign:
        return NO_FOREIGN
    return _Finder(foreign, devices, own).found()


class _Finder:
    def __init__(
        self, foreign: Sequence[ForeignDevice], devices: Sequence[Device], own: Iterable[tuple[int, int, str]]
    ) -> None:
        self._foreign = foreign
        self._names = bus_names(devices)
        self._ids = {device.id for device in foreign if device.id}
        self._aliases = {device.alias: device for device in devices if device.alias}
        self._models = {
            d.index: d.model for d in devices if isinstance(d, Controller) and d.type == "pci" and d.index is not None
        }
        self._crowded: list[ForeignDevice] = []
        self._given: dict[int, int] = {}
        for device in devices:
            address = device.address
            if isinstance(address, PciAddress) and not address.empty and not address.domain:
                self._given[address.bus] = self._given.get(address.bus, 0) | 1 << address.slot
        self._taken: dict[int, int] = {0: 1}
        for slot, _, _ in own:
            self._taken[0] |= 1 << slot

    def found(self) -> ForeignBuses:
        places: list[ForeignPlace] = []
        behind: dict[str, list[ForeignDevice]] = {}
        lost: list[ForeignDevice] = []
        for device in sorted(self._foreign, key=lambda each: each.json):
            bus = self._bus(device)
            if bus is not None:
                places += self._places(device, bus)
            elif device.bus in self._ids and device.bus is not None:
                behind.setdefault(device.bus, []).append(device)
            elif device.bus and (device.slot is not None or device.bus.startswith(_PCI_NAMES[: 1 + device.is_pci])):
                lost.append(device)
        return ForeignBuses(tuple(places), behind, tuple(lost), tuple(self._crowded))

    def _bus(self, device: ForeignDevice) -> int | None:
        """The index of the controller of the device's bus, if it is a libvirt controller."""
        if device.bus:
            return self._names.get(device.bus)
        if device.overrides:
            changed = self._aliases.get(device.overrides)
            address = changed.address if changed is not None else None
            return address.bus if isinstance(address, PciAddress) and not address.empty else None
        return 0 if device.is_pci and 0 in self._models else None

    def _places(self, device: ForeignDevice, bus: int) -> Iterator[ForeignPlace]:
        taken = self._taken.get(bus, 0)
        if device.slot is not None:
            yield self._take(device, bus, device.slot, True)
            return
        if device.overrides:
            return
        given = self._given.get(bus, 0)
        slot = self._lowest(bus, taken | given if device.json else taken)
        if slot is None:
            if bus or self._models.get(bus):
                self._crowded.append(device)
            return
        yield self._take(device, bus, slot, not device.json)
        if given >> slot & 1 and (other := self._lowest(bus, self._taken[bus] | given)) is not None:
            # its place with a libvirt that also gives its own devices in the plain form
            yield self._take(device, bus, other, False)

    def _take(self, device: ForeignDevice, bus: int, slot: int, certain: bool) -> ForeignPlace:
        self._taken[bus] = self._taken.get(bus, 0) | 1 << slot
        return ForeignPlace(device, bus, slot, device.function, certain)

    def _lowest(self, bus: int, used: int) -> int | None:
        offer = OFFERS.get(self._models.get(bus) or "")
        if offer is None:
            return None
        return next((slot for slot in range(offer.first, offer.last + 1) if not used >> slot & 1), None)


def bus_numbers_of(foreign: Iterable[ForeignDevice]) -> tuple[dict[int, int], int]:
    """Guest bus numbers that devices of the command line use: for each expander the first number and the width, and all
    others."""
    devices = list(foreign)
    tops = {device.id: device for device in devices if device.driver in EXPANDERS and device.bus_nr is not None}
    widths = {device.bus_nr or 0: 2 if device.driver == "pxb" else 1 for device in tops.values()}
    parents = {device.id: device.bus for device in devices if device.id}
    others = 0
    for device in devices:
        if device.driver not in BRIDGES:
            continue
        bus, met = device.bus, set[str]()
        while bus and bus not in tops and bus not in met:
            met.add(bus)
            bus = parents.get(bus)
        top = tops.get(bus)
        if top is None:
            others += 1
        else:
            widths[top.bus_nr or 0] += 1
    return widths, others
