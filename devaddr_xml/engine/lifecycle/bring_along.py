"""The parts of an earlier layout that a new document keeps: addresses, controllers and implied devices."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from copy import copy

import msgspec

from devaddr_xml.engine.lifecycle.identity import same_devices
from devaddr_xml.engine.place.usb import usb_devices
from devaddr_xml.engine.plan import COMPLETION
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import (
    Address,
    CcwAddress,
    DriveAddress,
    PciAddress,
    SpaprVioAddress,
    UsbAddress,
    VirtioSerialAddress,
)
from devaddr_xml.model.device import AnyDevice, Console, Controller, Device, Hub, Parallel, Serial
from devaddr_xml.model.errors import DevaddrError
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.hanging import controller_of
from devaddr_xml.model.lock import Lock
from devaddr_xml.model.naming import label

#: The fields that a controller keeps from the earlier layout in addition to its address, if its document does not set
#: them.
_CONTROLLER_FIELDS = (
    *("index", "model", "model_name", "master_startport", "chassis_nr", "chassis", "port", "bus_nr", "target_index"),
    *("hotplug", "mem_reserve", "node", "ports", "vectors"),
)


#: A controller by type and index, or a USB hub by bus and port.
Parent = tuple[Hashable, ...]


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """A device of the earlier layout, by its reference. It is kept as a whole.

    position: of the same device in the document, from 0; unset if the document does not have it.
    """

    ref: str
    old: AnyDevice
    position: int | None = None

    @property
    def address(self) -> Address | None:
        """Where the device was."""
        return self.old.address


class Bring:
    """A guest and an earlier layout, compared once. ``guest_with`` keeps the requested part of that layout."""

    def __init__(self, guest: Guest, earlier: Lock, start: Callable[[Guest], State]) -> None:
        self.guest = guest
        self._old = [device for _, device in earlier.placed]
        #: The position of each device in the earlier layout, by ``id()``; devices that are kept stay in this order.
        self._order = {id(device): number for number, device in enumerate(self._old)}
        refs = [ref for ref, _ in earlier.placed]
        completed, implied, self._on_usb = _completed(guest, start)
        numbered = [not isinstance(device, Controller) or device.index is not None for device in guest.devices]
        same = same_devices(completed, self._old, numbered)
        #: The positions of the guest's devices that were in the earlier layout.
        self.positions = frozenset(same)
        self._matched = set(same.values())
        units = [Unit(ref=refs[old], old=self._old[old], position=at) for at, old in sorted(same.items())]
        units = [unit for unit in units if _takes(guest.devices[unit.position or 0], unit.old)]
        units += [Unit(ref=refs[old], old=self._old[old]) for old in self._implied(implied)]
        free = [at for at, device in enumerate(self._old) if at not in self._matched and _is_pci(device)]
        units += [Unit(ref=refs[at], old=self._old[at]) for at in free]
        self.units: tuple[Unit, ...] = tuple(units)
        #: Whether the earlier layout says where anything is.
        self.has_addresses = any(device.address is not None for device in self._old)
        #: Type and index of every controller of the earlier layout.
        self.controller_keys = {(d.type, d.index) for d in self._old if isinstance(d, Controller)}
        self._refs = refs
        self._providers: dict[Parent, list[AnyDevice]] = {}
        for device in self._old:
            for key in _provides(device):
                self._providers.setdefault(key, []).append(device)

    def _implied(self, implied: Sequence[AnyDevice]) -> list[int]:
        """Positions in the earlier layout of implied devices that the document does not name."""
        rest = [at for at in range(len(self._old)) if at not in self._matched]
        keys = {(d.type, d.index) for d in implied if isinstance(d, Controller) and d.type != "pci"}
        found = [at for at in rest if isinstance(d := self._old[at], Controller) and (d.type, d.index) in keys]
        others = [d for d in implied if not isinstance(d, Controller | Console)]
        candidates = [at for at in rest if not isinstance(self._old[at], Controller | Console)]
        pairs = same_devices(others, [self._old[at] for at in candidates], [True] * len(others))
        found += sorted(candidates[old] for old in pairs.values())
        self._matched |= set(found)
        return found

    def guest_with(self, units: Iterable[Unit]) -> Guest:
        """The guest with the addresses of ``units`` and with the controllers that they need."""
        devices = [copy(device) for device in self.guest.devices]
        carried: dict[int, AnyDevice] = {}
        for unit in units:
            if unit.position is not None:
                _take(devices[unit.position], unit.old)
            else:
                carried[id(unit.old)] = _own(unit.old)
        for old in self._needed([*devices, *carried.values()]):
            carried.setdefault(id(old), _own(old))
        for old in self._filling([*devices, *carried.values()]):
            carried.setdefault(id(old), _own(old))
        joined = copy(self.guest)
        ordered = sorted(carried.items(), key=lambda item: (_depth(item[1]), self._order[item[0]]))
        joined.devices = [*devices, *(device for _, device in ordered)]
        return joined

    def _needed(self, devices: Sequence[AnyDevice]) -> Iterator[AnyDevice]:
        """The controllers and hubs of the earlier layout above ``devices`` that are not among them."""
        have = {key for device in devices for key in _provides(device)}
        waiting = list(devices)
        while waiting:
            for key in _parents(waiting.pop()):
                if key not in have:
                    have.add(key)
                    found = self._providers.get(key, [])
                    yield from found
                    waiting += found

    def _filling(self, devices: Sequence[AnyDevice]) -> Iterator[AnyDevice]:
        """The controllers of the earlier layout that a guest of ``devices`` also has, although no device is on them.

        These are the controllers with a lower index than one with a drive, and the USB controllers of a guest that has
        USB devices and no controller for them.
        """
        have = {(device.type, device.index) for device in devices if isinstance(device, Controller)}
        types = {type for type, _ in have}
        highest: dict[str, int] = {}
        for device in devices:
            if isinstance(device.address, DriveAddress) and (key := controller_of(device)):
                highest[key[0]] = max(key[1], highest.get(key[0], 0))
        for old in self._old:
            if not isinstance(old, Controller) or old.index is None or (old.type, old.index) in have:
                continue
            if old.index < highest.get(old.type, 0) or (old.type == "usb" and self._on_usb and "usb" not in types):
                yield old

    def device_of(self, unit: Unit) -> Device:
        """The device of the document, or of the earlier layout if the document does not have it."""
        return unit.old if unit.position is None else self.guest.devices[unit.position]

    def is_about_new(self, error: DevaddrError) -> bool:
        """Whether an error names a device that was not in the earlier layout, and none that was."""
        new = [device for at, device in enumerate(self.guest.devices) if at not in self.positions]
        named = [(error.device, error.line)] + ([(error.other, error.other_line)] if error.other else [])
        known = {(label(device), device.line) for device in new}
        return all(each in known for each in named)

    def gone(self, carried: Sequence[AnyDevice]) -> Iterator[tuple[str, AnyDevice]]:
        """The devices of the earlier layout that are not in the document and are not kept, with their references."""
        along = {key for device in carried for key in _provides(device)}
        for at, device in enumerate(self._old):
            if at not in self._matched and along.isdisjoint(_provides(device)):
                yield self._refs[at], device


def recalled(guest: Guest, devices: Sequence[AnyDevice], earlier: Lock) -> list[AnyDevice]:
    """Copies of new devices of a guest, with the addresses that they had in an earlier layout."""
    old = [device for _, device in earlier.placed]
    count = len(guest.devices)
    same = same_devices([*guest.devices, *devices], old, [True] * (count + len(devices)))
    back = [copy(device) for device in devices]
    for at, device in enumerate(back):
        position = same.get(count + at)
        if position is not None and _takes(device, old[position]):
            _take(device, old[position])
    return back


def _completed(guest: Guest, start: Callable[[Guest], State]) -> tuple[list[AnyDevice], list[AnyDevice], bool]:
    """The devices of the guest with their models filled in, those that the machine adds, and whether any is on USB.

    A guest that cannot be completed by itself stays as it is.
    """
    count = len(guest.devices)
    state = start(guest)
    try:
        for step in COMPLETION:
            step(state)
    except DevaddrError:
        return guest.devices, [], False
    return state.guest.devices[:count], state.guest.devices[count:], any(usb_devices(state))


def _is_pci(device: Device) -> bool:
    return isinstance(device, Controller) and device.type == "pci"


def _parents(device: AnyDevice) -> Iterator[Parent]:
    """What a device needs above it: its controller, and the hub that it is plugged into."""
    address = device.address
    if isinstance(address, PciAddress):
        if not address.empty:
            yield "pci", address.bus
    elif key := controller_of(device):
        yield key
    if isinstance(address, UsbAddress) and len(address.port) > 1:
        yield "hub", address.bus, address.port[:-1]


def _provides(device: AnyDevice) -> Iterator[Parent]:
    """The key by which devices below name a controller or hub."""
    if isinstance(device, Controller) and device.index is not None:
        yield device.type, device.index
    if isinstance(device, Hub) and isinstance(device.address, UsbAddress):
        yield "hub", device.address.bus, device.address.port


def _depth(device: AnyDevice) -> int:
    """How many hubs are above a hub; the upper ones come first."""
    return len(device.address.port) if isinstance(device, Hub) and isinstance(device.address, UsbAddress) else 0


def _own(old: AnyDevice) -> AnyDevice:
    new = copy(old)
    if isinstance(new, Controller):
        new.has_iothread = False
    return new


def _takes(device: AnyDevice, old: AnyDevice) -> bool:
    """Whether the earlier layout sets something that the document does not."""
    if isinstance(device, Controller) and device.index is None:
        return True
    if isinstance(device, Serial | Parallel) and device.port is None:
        return True
    if isinstance(device, Console) and device.target_type in (None, "serial"):
        return False  # it repeats the first serial port
    return old.address is not None and _is_open(device.address, old.address)


def _is_open(address: Address | None, old: Address) -> bool:
    """Whether a document has no address, or only asks for one of the type of ``old``."""
    if address is None:
        return True
    if type(address) is not type(old):
        return False
    if isinstance(address, PciAddress):
        return address.empty
    if isinstance(address, CcwAddress):
        return not address.complete
    if isinstance(address, SpaprVioAddress):
        return address.reg is None
    if isinstance(address, UsbAddress):
        return not address.port and isinstance(old, UsbAddress) and address.bus == old.bus
    if isinstance(address, VirtioSerialAddress) and isinstance(old, VirtioSerialAddress):
        return not address.port and address.controller == old.controller
    return False


def _take(device: AnyDevice, old: AnyDevice) -> None:
    """Set what the document does not set."""
    if isinstance(device, Controller) and isinstance(old, Controller):
        for name in _CONTROLLER_FIELDS:
            if getattr(device, name) is None:
                setattr(device, name, getattr(old, name))
    elif device.model is None:
        device.model = old.model
    if isinstance(device, Serial | Parallel) and isinstance(old, Serial | Parallel) and device.port is None:
        device.port = old.port
    _take_address(device, old)


def _take_address(device: AnyDevice, old: AnyDevice) -> None:
    if old.address is not None and _is_open(device.address, old.address):
        device.address = _merged(device.address, old.address)


def _merged(given: Address | None, old: Address) -> Address:
    """The earlier address, with the parts that the document sets."""
    if isinstance(given, PciAddress) and isinstance(old, PciAddress):
        own = {
            name: value
            for name in ("multifunction", "zpci_uid", "zpci_fid")
            if (value := getattr(given, name)) is not None
        }
        return msgspec.structs.replace(old, **own)
    return old
