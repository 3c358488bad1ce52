"""How many places of each kind a complete guest has: used, free, and free for a device that comes while it runs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Literal, get_args

import msgspec

from devaddr_xml.buses.ccid import CcidSlots
from devaddr_xml.buses.ccw import CcwDevices
from devaddr_xml.buses.drive import GEOMETRIES, NO_LIMITS, QEMU_SCSI_LIMITS
from devaddr_xml.buses.memory import MemorySlots
from devaddr_xml.buses.places import Bus as Places
from devaddr_xml.buses.places import Place
from devaddr_xml.buses.usb import UsbPorts, port_count
from devaddr_xml.buses.virtio_serial import VirtioSerialPorts
from devaddr_xml.engine.finished.topology import Bus, Topology
from devaddr_xml.model.address import (
    CcidAddress,
    CcwAddress,
    DimmAddress,
    DriveAddress,
    UsbAddress,
    VirtioSerialAddress,
)
from devaddr_xml.model.device import Controller, Device, Hub, Smartcard
from devaddr_xml.model.errors import DevaddrError, ValueInvalid
from devaddr_xml.model.guest import Guest

PlaceKind = Literal[
    "pcie-port",
    "pcie-integrated",
    "pci-slot",
    "pci-function",
    "scsi-unit",
    "sata-unit",
    "ide-unit",
    "fdc-unit",
    "nvme-namespace",
    "usb-port",
    "virtio-serial-port",
    "ccid-slot",
    "ccw-device",
    "memory-slot",
]


#: Functions of a slot.
MOST_FUNCTIONS = 8

KINDS: tuple[PlaceKind, ...] = get_args(PlaceKind)


class Room(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """The places of one kind in one part of the guest.

    where: the controller, or ``all`` for places that no controller has. node: the guest NUMA cell, if any. used, free:
    number of places. hotpluggable: how many of the free ones a device can be plugged into while the guest runs.
    """

    kind: PlaceKind
    where: str
    node: int | None = None
    used: int
    free: int
    hotpluggable: int


class Capacity(msgspec.Struct, frozen=True, kw_only=True):
    """The places of a guest, by kind, in a fixed order: PCI, disks, USB, channels and others."""

    rooms: tuple[Room, ...] = ()

    def total(self, kind: PlaceKind, node: int | None = None) -> Room:
        """The sum over all rooms of a kind and node (None: without a node); raises ValueInvalid for an unknown kind."""
        if kind not in KINDS:
            raise ValueInvalid(f'there is no kind of place "{str(kind)[:60]}"', remedy=f"There is {', '.join(KINDS)}")
        found = [room for room in self.rooms if room.kind == kind and room.node == node]
        return Room(
            kind=kind,
            where="all",
            node=node,
            used=sum(room.used for room in found),
            free=sum(room.free for room in found),
            hotpluggable=sum(room.hotpluggable for room in found),
        )

    def __repr__(self) -> str:
        free = ", ".join(f"{kind}={sum(r.free for r in self.rooms if r.kind == kind)}" for kind in self._kinds)
        return f"Capacity(free: {free})"

    @property
    def _kinds(self) -> tuple[PlaceKind, ...]:
        """The kinds of which there are rooms."""
        return tuple(dict.fromkeys(room.kind for room in self.rooms))

    def to_json(self) -> str:
        """The capacity as JSON."""
        return msgspec.json.encode(self).decode()


def capacity(guest: Guest) -> Capacity:
    """Count the places of a complete guest."""
    topology = Topology(guest)
    return Capacity(
        rooms=(
            *_ports(topology),
            *_slots(topology),
            *_functions(topology),
            *_units(topology),
            *_usb_ports(topology),
            *_channel_ports(topology),
            *_smartcard_slots(topology),
            *_channel_devices(topology),
            *_memory_slots(topology),
        )
    )


def _ports(topology: Topology) -> Iterator[Room]:
    """PCIe ports, one room a node: first those without a node."""
    by_node: dict[int, list[Bus]] = {}
    for index in sorted(topology.buses):
        bus = topology.buses[index]
        if bus.is_port:
            by_node.setdefault(-1 if bus.node is None else bus.node, []).append(bus)
    for node in sorted(by_node):
        free = [bus for bus in by_node[node] if bus.empty]
        yield Room(
            kind="pcie-port",
            where="all",
            node=None if node < 0 else node,
            used=len(by_node[node]) - len(free),
            free=len(free),
            hotpluggable=sum(bus.hotpluggable for bus in free),
        )


def _slots(topology: Topology) -> Iterator[Room]:
    """Slots of buses that have several: PCIe roots for integrated endpoints, and conventional buses."""
    free: dict[int, int] = {}
    for place in topology.free_places():
        free[place.bus.index] = free.get(place.bus.index, 0) + 1
    for index in sorted(topology.buses):
        bus = topology.buses[index]
        if bus.is_port or not bus.takes_endpoints:
            continue
        count = free.get(index, 0)
        yield Room(
            kind="pcie-integrated" if bus.is_express else "pci-slot",
            where=f"pci.{index}",
            node=bus.node,
            used=bus.offer.last - bus.offer.first + 1 - count,
            free=count,
            hotpluggable=count if bus.hotpluggable else 0,
        )


def _functions(topology: Topology) -> Iterator[Room]:
    """Functions of slots for endpoints, one room a node: eight in a free slot, and what is left of shared ones.

    A device that is alone in its slot, and does not say multifunction, stays alone. While the guest runs, functions
    come together into a slot that was free.
    """
    used: dict[int, int] = {}
    free: dict[int, int] = {}
    hotpluggable: dict[int, int] = {}
    for bus in topology.buses.values():
        if not bus.takes_endpoints:
            continue
        node = -1 if bus.node is None else bus.node
        for slot in bus.slots:
            devices = bus.slots[slot].values()
            if any(isinstance(device, Controller) and device.type == "pci" for device in devices):
                continue
            used[node] = used.get(node, 0) + len(devices)
            if not topology.alone(next(iter(devices))):
                free[node] = free.get(node, 0) + MOST_FUNCTIONS - len(devices)
    for place in topology.free_places():
        node = -1 if place.node is None else place.node
        free[node] = free.get(node, 0) + MOST_FUNCTIONS
        if place.hotpluggable:
            hotpluggable[node] = hotpluggable.get(node, 0) + MOST_FUNCTIONS
    for node in sorted(used.keys() | free.keys()):
        yield Room(
            kind="pci-function",
            where="all",
            node=None if node < 0 else node,
            used=used.get(node, 0),
            free=free.get(node, 0),
            hotpluggable=hotpluggable.get(node, 0),
        )


def _units(topology: Topology) -> Iterator[Room]:
    """Units of disk controllers; only SCSI disks come and go while the guest runs."""
    kinds: tuple[tuple[str, PlaceKind], ...] = (
        ("scsi", "scsi-unit"),
        ("sata", "sata-unit"),
        ("ide", "ide-unit"),
        ("fdc", "fdc-unit"),
        ("nvme", "nvme-namespace"),
    )
    for type, kind in kinds:
        for controller, attached in _controllers(topology, type):
            total = _unit_count(controller)
            inside = {d.address for d in attached if isinstance(d.address, DriveAddress) and not d.address.target}
            free = max(total - len(inside), 0)
            yield Room(
                kind=kind,
                where=f"{type}.{controller.index}",
                node=topology.node_of(controller),
                used=len(attached),
                free=free,
                hotpluggable=free if type == "scsi" else 0,
            )


def _unit_count(controller: Controller) -> int:
    """Units of one target of the controller; for a SCSI model of which no limit is known, as many as libvirt uses."""
    geometry = GEOMETRIES[controller.type]
    limits = QEMU_SCSI_LIMITS.get(controller.model, NO_LIMITS) if controller.type == "scsi" else NO_LIMITS
    if limits.highest is None:
        return geometry.disks
    return limits.highest + 1 - (limits.reserved is not None and limits.reserved <= limits.highest)


def _usb_ports(topology: Topology) -> Iterator[Room]:
    for controller, attached in _controllers(topology, "usb"):
        if not port_count(controller):
            continue
        ports = UsbPorts([controller])
        hubs = [device for device in attached if isinstance(device, Hub)]
        for device in (*hubs, *(device for device in attached if not isinstance(device, Hub))):
            if isinstance(device.address, UsbAddress) and device.address.port:
                with contextlib.suppress(DevaddrError):
                    (ports.attach_hub if isinstance(device, Hub) else ports.reserve)(device.address, device)
        yield _room("usb-port", f"usb.{controller.index}", ports, True, topology.node_of(controller))


def _channel_ports(topology: Topology) -> Iterator[Room]:
    for controller, attached in _controllers(topology, "virtio-serial"):
        ports = VirtioSerialPorts([controller])
        _reserve(ports, VirtioSerialAddress, (d for d in attached if getattr(d.address, "port", 0)))
        where = f"virtio-serial.{controller.index}"
        yield _room("virtio-serial-port", where, ports, True, topology.node_of(controller))


def _smartcard_slots(topology: Topology) -> Iterator[Room]:
    if any(topology.controllers("ccid")):
        slots = CcidSlots()
        _reserve(slots, CcidAddress, (d for d in topology.guest.devices if isinstance(d, Smartcard)))
        yield _room("ccid-slot", "ccid.0", slots, False)


def _channel_devices(topology: Topology) -> Iterator[Room]:
    if topology.machine.ccw:
        devices = CcwDevices()
        complete = (d for d in topology.guest.devices if isinstance(d.address, CcwAddress) and d.address.complete)
        _reserve(devices, CcwAddress, complete)
        yield _room("ccw-device", "all", devices, True)


def _memory_slots(topology: Topology) -> Iterator[Room]:
    if topology.guest.memory_slots:
        slots = MemorySlots(topology.guest.memory_slots)
        _reserve(slots, DimmAddress, topology.guest.devices)
        yield _room("memory-slot", "all", slots, True)


def _controllers(topology: Topology, type: str) -> Iterator[tuple[Controller, list[Device]]]:
    """Controllers of a type by index, each with what hangs on it."""
    found = [controller for controller in topology.controllers(type) if controller.index is not None]
    for controller in sorted(found, key=lambda c: c.index or 0):
        yield controller, topology.attached.get((type, controller.index or 0), [])


def _reserve(places: Places[Place], kind: type[Place], devices: Iterable[Device]) -> None:
    """Take the places that devices have; one that does not exist, or that two have, is no matter of counting."""
    for device in devices:
        if isinstance(device.address, kind):
            with contextlib.suppress(DevaddrError):
                places.reserve(device.address, device)


def _room(kind: PlaceKind, where: str, places: Places[Place], hotplug: bool, node: int | None = None) -> Room:
    free = places.free_count()
    return Room(
        kind=kind, where=where, node=node, used=places.used_count(), free=free, hotpluggable=free if hotplug else 0
    )
