"""USB: controllers with ports, and hubs that provide more ports."""

from __future__ import annotations

from collections.abc import Iterable

from devaddr_xml.buses.places import NumberedPlaces, conflict
from devaddr_xml.model.address import UsbAddress
from devaddr_xml.model.controller_rows import CONTROLLER_ROW, CONTROLLER_ROWS
from devaddr_xml.model.device import Controller, Device
from devaddr_xml.model.errors import PlacementError, ValueInvalid
from devaddr_xml.model.naming import label

HUB_PORTS = 8
MAX_DEPTH = 4

#: The models with a selectable number of ports.
CHOOSABLE_PORTS = frozenset(row.model for row in CONTROLLER_ROWS if row.most_ports is not None)


def port_count(controller: Controller) -> int:
    """How many ports the USB controller has."""
    if controller.ports is not None and controller.model in CHOOSABLE_PORTS:
        return controller.ports
    row = CONTROLLER_ROW.get(("usb", controller.model))
    return 0 if row is None else row.ports


class _Hub:
    """A hub, or the root of a controller: its ports, the hubs on them, and the room below.

    depth: the length of its port path. room: the number of free ports on it and on the hubs below.
    """

    __slots__ = ("hubs", "parent", "ports", "room")

    def __init__(self, ports: int, depth: int, parent: _Hub | None = None) -> None:
        # no address can name the ports of a hub at the end of the longest path
        self.ports = NumberedPlaces(1, ports if depth < MAX_DEPTH else 0)
        self.room = self.ports.free_count()
        self.hubs: dict[int, _Hub] = {}
        self.parent = parent

    def change_room(self, by: int) -> None:
        """Change the number of free ports of this hub and of those above it."""
        hub: _Hub | None = self
        while hub is not None:
            hub.room += by
            hub = hub.parent


class UsbPorts:
    """The ports of all USB controllers of a guest; a place is a UsbAddress with a port."""

    __slots__ = ("_cursor", "_indexes", "_roots", "_used")

    def __init__(self, controllers: Iterable[Controller]) -> None:
        """Take the USB controllers among ``controllers``; raises AddressConflict for two masters with one index."""
        owners: dict[int, Controller] = {}
        self._roots: dict[int, _Hub] = {}
        self._used = 0
        for controller in controllers:
            if controller.type != "usb" or controller.index is None or (ports := port_count(controller)) < 1:
                continue
            if (other := owners.setdefault(controller.index, controller)) is not controller:
                raise conflict(
                    f"index {controller.index} of a USB bus",
                    controller,
                    other,
                    "Give one of the two USB controllers another index",
                )
            self._roots[controller.index] = _Hub(ports, 0)
        self._indexes = sorted(self._roots)
        self._cursor = 0

    def reserve(self, place: UsbAddress, owner: Device) -> None:
        """Give the port to ``owner``.

        Raises PlacementError if the bus or a hub on the path does not exist, ValueInvalid for a port that the
        controller or hub does not have, AddressConflict for a port in use.
        """
        hub = self._hub_of(place, owner)
        port = place.port[-1]
        if (holder := hub.ports.holder(port)) is not None:
            raise conflict(f"USB {place}", owner, holder)
        hub.ports.take(port, owner)
        hub.change_room(-1)
        self._used += 1

    def attach_hub(self, place: UsbAddress, owner: Device) -> None:
        """Give the port to the hub ``owner`` and add the ports of that hub; raises the errors of ``reserve``."""
        self.reserve(place, owner)
        parent = self._hub_of(place, owner)
        child = _Hub(HUB_PORTS, len(place.port), parent)
        parent.hubs[place.port[-1]] = child
        parent.change_room(child.room)

    def next_free(self, bus: int | None = None) -> UsbAddress | None:
        """The next free port of bus ``bus``, by default of the lowest bus that has one. Ports of the root come
        first."""
        if bus is None:
            bus = self._first_with_room()
        root = None if bus is None else self._roots.get(bus)
        if bus is None or root is None or not root.room:
            return None
        path: list[int] = []
        hub = root
        while (free := hub.ports.lowest_free()) is None:
            port = next(port for port in sorted(hub.hubs) if hub.hubs[port].room)
            path.append(port)
            hub = hub.hubs[port]
        return UsbAddress(bus, (*path, free))

    def has_bus(self, bus: int) -> bool:
        """Whether a controller with index ``bus`` provides ports."""
        return bus in self._roots

    def free_count(self) -> int:
        """How many ports are free."""
        return sum(root.room for root in self._roots.values())

    def used_count(self) -> int:
        """How many ports are in use, by devices and hubs."""
        return self._used

    def _first_with_room(self) -> int | None:
        while self._cursor < len(self._indexes):
            index = self._indexes[self._cursor]
            if self._roots[index].room:
                return index
            # a full bus stays full: a hub would also need one of its ports
            self._cursor += 1
        return None

    def _hub_of(self, place: UsbAddress, owner: Device) -> _Hub:
        """The hub or root with the last port of the path."""
        hub = self._roots.get(place.bus)
        if hub is None:
            raise PlacementError(
                f"USB bus {place.bus} does not exist: no USB controller with that index has ports",
                device=label(owner),
                line=owner.line,
                remedy=f"Add a USB controller with index {place.bus}, or use one of the buses {self._indexes}",
            )
        for depth, port in enumerate(place.port):
            if not 1 <= port <= hub.ports.last:
                raise ValueInvalid(
                    f"port {port} in the USB address {place} does not exist: ports go from 1 to {hub.ports.last} there",
                    device=label(owner),
                    line=owner.line,
                    remedy="Name a port that exists, or leave the port out, so that a free one is chosen",
                )
            if depth == len(place.port) - 1:
                break
            if port not in hub.hubs:
                raise PlacementError(
                    f"there is no hub at port {'.'.join(map(str, place.port[: depth + 1]))} of the USB address {place}",
                    device=label(owner),
                    line=owner.line,
                    remedy="Add the hub, before the hubs that are behind it, or name a port without it",
                )
            hub = hub.hubs[port]
        return hub
