"""Devices that the document gives to QEMU directly: their places are kept free, or the collision is a warning."""

from __future__ import annotations

import contextlib

from devaddr_xml.buses.pci.flags import AUTO, CONVENTIONAL, EXPRESS
from devaddr_xml.buses.pci.foreign import ForeignBuses, ForeignPlace, awaited_buses, foreign_buses
from devaddr_xml.buses.pci.space import Grow, Need, Space
from devaddr_xml.engine.pci.foreign_faults import faults_among
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Device
from devaddr_xml.model.errors import PlacementError
from devaddr_xml.model.foreign import EXPANDERS
from devaddr_xml.model.naming import label
from devaddr_xml.model.notice import Notice

_REMEDY = "Give it another addr, or lay the guest out with a policy, which keeps its place free"


def buses_of(state: State) -> ForeignBuses:
    """Where the devices of the command line are, beside the devices as they are now."""
    return foreign_buses(state.guest.foreign, state.guest.devices, state.machine.chipset.own)


def keep_clear(state: State, space: Space) -> None:
    """Take the places of the command line's devices on buses that there are, and on those that are to come.

    A bus that such a device names by libvirt's usual name is made if it can be, as for a given address.
    """
    if not space.buses:
        return
    pins = {(pin.slot, pin.function) for pin in state.machine.chipset.pins}
    own = pins | {(slot, function) for slot, function, _ in state.machine.chipset.own}
    for place in (*buses_of(state).places, *_to_come(state)):
        if place.bus or (place.slot, place.function) not in own:
            space.foreign.setdefault(place.bus, []).append(place)
    for bus in space.buses:
        space.keep_foreign(bus)
    if space.grow is not None:
        _make_awaited(state, space, space.grow)


def _make_awaited(state: State, space: Space, grow: Grow) -> None:
    """Make the buses that the command line names and that there are not."""
    kind = CONVENTIONAL if space.buses[0].accepts & CONVENTIONAL else EXPRESS
    wanted = {number: device for device in state.guest.foreign for number in awaited_buses((device,))}
    for number, device in sorted(wanted.items()):
        if number >= len(space.buses):
            with contextlib.suppress(PlacementError):  # a warning says that there is no such bus
                grow(space, Need(kind | AUTO), number, device)


def _to_come(state: State) -> list[ForeignPlace]:
    """Places on buses that no controller of the document provides yet."""
    known = {c.index for c in state.controllers if c.type == "pci"}
    found = []
    for device in state.guest.foreign:
        for number in awaited_buses((device,)):
            if number not in known:
                found.append(ForeignPlace(device, number, device.slot or 0, device.function, device.slot is not None))
    return found


def warn_of_foreign(state: State) -> None:
    """Warn of every device of libvirt's where the command line puts another one, and of a bus that there is not."""
    if not state.guest.foreign or not state.machine.supports_pci:
        return
    found = buses_of(state)
    by_slot: dict[tuple[int, int], list[tuple[Device, PciAddress]]] = {}
    for device in state.visit():
        address = device.address
        if isinstance(address, PciAddress) and not address.empty:
            by_slot.setdefault((address.bus, address.slot), []).append((device, address))
    chipset = {(slot, function): name for slot, function, name in state.machine.chipset.own}
    for place in found.places:
        if not place.bus and place.certain and (name := chipset.get((place.slot, place.function))):
            _warn(state, f"QEMU does not start: its place {_at(place)} is that of {name}", place, None)
        for device, address in by_slot.get((place.bus, place.slot), ()):
            own = place.device.overrides is not None and place.device.overrides == device.alias
            if not own and place.collides(address):
                how = "" if place.device.slot is not None else ", the lowest that is free when QEMU makes it,"
                _warn(state, f"QEMU does not start: its place {_at(place)}{how} is taken", place, device)
                break
    _warn_of_numbers(state)
    state.journal.warnings.extend(faults_among(state, found))
    for lost in found.lost:
        message = f"QEMU does not start: there is no bus {lost.bus}"
        state.journal.warnings.append(Notice(message, str(lost), lost.line, "Name an existing bus, such as pci.1"))


def _warn_of_numbers(state: State) -> None:
    """Warn of an expander bus of the command line that has the bus number of one of libvirt's."""
    numbered = {c.bus_nr: c for c in state.controllers}
    for device in state.guest.foreign:
        other = numbered.get(device.bus_nr) if device.driver in EXPANDERS and device.bus_nr else None
        if other is not None:
            message = f"QEMU does not start: bus number {device.bus_nr} is in use"
            notice = Notice(message, str(device), device.line, "Give it another bus_nr", label(other), other.line)
            state.journal.warnings.append(notice)


def _at(place: ForeignPlace) -> str:
    return str(PciAddress(0, place.bus, place.slot, place.function))


def _warn(state: State, message: str, place: ForeignPlace, other: Device | None) -> None:
    state.journal.warnings.append(
        Notice(
            message,
            str(place.device),
            place.device.line,
            _REMEDY,
            label(other) if other is not None else None,
            other.line if other is not None else None,
        )
    )
