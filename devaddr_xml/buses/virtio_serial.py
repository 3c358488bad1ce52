"""virtio-serial: controllers with numbered ports."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heappop, heappush

from devaddr_xml.buses.places import NumberedPlaces, conflict
from devaddr_xml.model.address import VirtioSerialAddress
from devaddr_xml.model.device import Controller, Device
from devaddr_xml.model.errors import PlacementError, ValueInvalid
from devaddr_xml.model.naming import label

DEFAULT_PORTS = 31


class VirtioSerialPorts:
    """The ports of all virtio-serial controllers of a guest. Port 0 is for a console, so no other device gets it."""

    __slots__ = ("_ports", "_unused_index", "_with_room")

    def __init__(self, controllers: Iterable[Controller] = ()) -> None:
        """Take the virtio-serial controllers among ``controllers``."""
        self._ports: dict[int, NumberedPlaces] = {}
        self._with_room: list[int] = []
        self._unused_index = 0
        for controller in controllers:
            if controller.type == "virtio-serial" and controller.index is not None:
                self._open(controller.index, controller.ports)

    def add_controller(self, controller: Controller) -> None:
        """Add one more controller, which must have an index."""
        assert controller.index is not None
        self._open(controller.index, controller.ports)

    def reserve(self, place: VirtioSerialAddress, owner: Device) -> None:
        """Give the port to ``owner``.

        Raises PlacementError if there is no such controller, ValueInvalid for a port that it does not have,
        AddressConflict for a port in use.
        """
        ports = self._ports_of(place.controller, owner)
        if place.port > ports.last:
            raise ValueInvalid(
                f"virtio-serial controller {place.controller} has no port {place.port}, its last one is {ports.last}",
                device=label(owner),
                line=owner.line,
                remedy="Raise the ports= of the controller, or leave the port out, so that a free one is chosen",
            )
        if (holder := ports.holder(place.port)) is not None:
            raise conflict(f"port {place.port} of virtio-serial controller {place.controller}", owner, holder)
        ports.take(place.port, owner)

    def next_free(self) -> VirtioSerialAddress | None:
        """The lowest free port of the lowest controller that has one."""
        while self._with_room:
            index = self._with_room[0]
            if (port := self._ports[index].lowest_free()) is not None:
                return VirtioSerialAddress(index, 0, port)
            heappop(self._with_room)
        return None

    def next_free_of(self, controller: int, owner: Device) -> VirtioSerialAddress:
        """The lowest free port of that controller for ``owner``; raises PlacementError when there is none."""
        port = self._ports_of(controller, owner).lowest_free()
        if port is None:
            raise PlacementError(
                f"virtio-serial controller {controller} has no free port",
                device=label(owner),
                line=owner.line,
                remedy="Leave the address out, so that another controller is used or made",
            )
        return VirtioSerialAddress(controller, 0, port)

    def unused_index(self) -> int:
        """The lowest index that no virtio-serial controller has."""
        while self._unused_index in self._ports:
            self._unused_index += 1
        return self._unused_index

    def free_count(self) -> int:
        """How many ports are free."""
        return sum(ports.free_count() for ports in self._ports.values())

    def used_count(self) -> int:
        """How many ports are in use."""
        return sum(ports.used_count() for ports in self._ports.values())

    def _open(self, index: int, ports: int | None) -> None:
        self._ports[index] = NumberedPlaces(1, (DEFAULT_PORTS if ports is None else ports) - 1)
        heappush(self._with_room, index)

    def _ports_of(self, controller: int, owner: Device) -> NumberedPlaces:
        ports = self._ports.get(controller)
        if ports is None:
            raise PlacementError(
                f"there is no virtio-serial controller {controller}",
                device=label(owner),
                line=owner.line,
                remedy=f"Add a controller of type virtio-serial with index {controller}",
            )
        return ports
