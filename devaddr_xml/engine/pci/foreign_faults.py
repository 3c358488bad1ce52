"""What is wrong among the devices of QEMU's command line themselves, whatever libvirt's devices are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from devaddr_xml.buses.pci.controllers import PORTS as PORT_MODELS
from devaddr_xml.buses.pci.foreign import ForeignBuses, ForeignPlace
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.foreign import PORTS, ForeignDevice
from devaddr_xml.model.naming import label
from devaddr_xml.model.notice import Notice

_PLACE = "Give one of them another addr"
_ANOTHER = "Name another bus"


def faults_among(state: State, found: ForeignBuses) -> Iterator[Notice]:
    """Warnings for ids, places and chassis that two devices of the command line share, and for slots of ports."""
    yield from _same_ids(state.guest.foreign)
    ports = {c.index for c in state.controllers if c.type == "pci" and c.model in PORT_MODELS}
    by_bus: dict[int | str, list[ForeignPlace]] = {}
    for place in found.places:
        by_bus.setdefault(place.bus, []).append(place)
    own = {device.id: device for device in state.guest.foreign if device.driver in PORTS}
    for name, devices in found.behind.items():
        is_port = name in own
        for device in devices:
            if device.slot is not None or (is_port and device.is_pci):
                by_bus.setdefault(name, []).append(ForeignPlace(device, 0, device.slot or 0, device.function, True))
    for bus, places in by_bus.items():
        yield from _collisions(places, bus)
        if bus in own or bus in ports:
            yield from _beyond_a_port(places)
    for device in found.crowded:
        yield _notice(f"QEMU does not start: no slot of bus {device.bus or 'pci.0'} is free", device, None, _ANOTHER)
    yield from _same_chassis(state)


def _same_ids(devices: Sequence[ForeignDevice]) -> Iterator[Notice]:
    known: dict[str, ForeignDevice] = {}
    for device in devices:
        other = known.setdefault(device.id, device) if device.id and not device.overrides else device
        if other is not device:
            yield _notice(f"QEMU does not start: the id {device.id} is used twice", device, other, "Give it another id")


def _same_chassis(state: State) -> Iterator[Notice]:
    """Warnings for ports of one chassis and slot number, which QEMU takes once (pcie_chassis_add_slot)."""
    numbered = {(c.chassis, 0): c for c in state.controllers if c.type == "pci" and c.chassis is not None}
    known: dict[tuple[int, int], ForeignDevice] = {}
    for device in state.guest.foreign:
        if device.chassis is None:
            continue
        number = f"chassis {device.chassis[0]}" + (f" slot {device.chassis[1]}" if device.chassis[1] else "")
        message = f"QEMU does not start: {number} is that of another port"
        other = known.setdefault(device.chassis, device)
        own = numbered.get(device.chassis)
        if other is not device:
            yield _notice(message, device, other, "Give it another chassis")
        elif own is not None:
            yield Notice(message, str(device), device.line, "Give it another chassis", label(own), own.line)


def _collisions(places: Sequence[ForeignPlace], bus: int | str) -> Iterator[Notice]:
    """Warnings for places of one bus that cannot both be taken."""
    by_slot: dict[int, list[ForeignPlace]] = {}
    for place in places:
        earlier = by_slot.setdefault(place.slot, [])
        other = next((each for each in earlier if _collide(each, place)), None)
        if other is not None:
            where = str(PciAddress(0, bus, place.slot, place.function)) if isinstance(bus, int) else f"on bus {bus}"
            yield _notice(f"QEMU does not start: its place {where} is taken", place.device, other.device, _PLACE)
        earlier.append(place)


def _collide(one: ForeignPlace, other: ForeignPlace) -> bool:
    """Whether two places of one slot exclude each other."""
    if one.device is other.device or not (one.certain and other.certain):
        return False
    return one.function == other.function or _is_alone(one) or _is_alone(other)


def _is_alone(place: ForeignPlace) -> bool:
    return not place.function and not place.device.multifunction


def _beyond_a_port(places: Iterable[ForeignPlace]) -> Iterator[Notice]:
    for place in places:
        if place.slot:
            message = f"QEMU does not start: the bus behind a port has slot 0 only, and its addr is slot {place.slot}"
            yield _notice(message, place.device, None, "Write addr=0x0, or leave addr out")


def _notice(message: str, device: ForeignDevice, other: ForeignDevice | None, remedy: str) -> Notice:
    line = other.line if other is not None else None
    return Notice(message, str(device), device.line, remedy, str(other) if other is not None else None, line)
