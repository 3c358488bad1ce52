"""ISA: addresses stay as they are; only serial ports get numbers."""

from __future__ import annotations

from devaddr_xml.buses.places import NumberedPlaces, conflict
from devaddr_xml.model.device import Device
from devaddr_xml.model.errors import Unsupported
from devaddr_xml.model.naming import label

SERIAL_PORTS = 4


class IsaSerialPorts:
    """The four serial ports on the ISA bus of a PC; a place is a target port, 0-3."""

    __slots__ = ("_ports",)

    def __init__(self) -> None:
        self._ports = NumberedPlaces(0, SERIAL_PORTS - 1)

    def reserve(self, place: int, owner: Device) -> None:
        """Give the port to ``owner``; raises Unsupported if there is no such port, AddressConflict if it is in use."""
        if place not in self._ports:
            raise _too_many(owner)
        if (holder := self._ports.holder(place)) is not None:
            raise conflict(f"ISA serial port {place}", owner, holder, "Choose another target port, or leave it out")
        self._ports.take(place, owner)

    def give_next(self, owner: Device) -> int:
        """Give the lowest free port to ``owner``; raises Unsupported when there is none."""
        place = self.next_free()
        if place is None:
            raise _too_many(owner)
        self.reserve(place, owner)
        return place

    def next_free(self) -> int | None:
        """The lowest free port."""
        return self._ports.lowest_free()

    def free_count(self) -> int:
        """How many ports are free."""
        return self._ports.free_count()

    def used_count(self) -> int:
        """How many ports are in use."""
        return self._ports.used_count()


def _too_many(owner: Device) -> Unsupported:
    return Unsupported(
        f"a guest has at most {SERIAL_PORTS} ISA serial ports, numbered from 0",
        device=label(owner),
        line=owner.line,
        remedy="Remove a port or give it another target type, such as pci-serial",
    )
