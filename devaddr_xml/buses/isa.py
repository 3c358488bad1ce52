"""ISA: addresses are kept as they are written; only serial ports are numbered."""

from __future__ import annotations

from devaddr_xml.buses.places import NumberedPlaces, conflict
from devaddr_xml.model.device import Device
from devaddr_xml.model.errors import ValueInvalid
from devaddr_xml.model.naming import label

SERIAL_PORTS = 4


class IsaSerialPorts:
    """The four serial ports that the ISA bus of a PC has; a place is a target port, 0-3."""

    __slots__ = ("_ports",)

    def __init__(self) -> None:
        self._ports = NumberedPlaces(0, SERIAL_PORTS - 1)

    def reserve(self, place: int, owner: Device) -> None:
        """Give the port to ``owner``; raises ValueInvalid without such a port, AddressConflict when it is in use."""
        if place not in self._ports:
            raise ValueInvalid(
                f"there is no ISA serial port {place}: ports go from 0 to {SERIAL_PORTS - 1}",
                device=label(owner),
                line=owner.line,
                remedy="Use a lower port, or serial ports of type pci-serial or usb-serial",
            )
        if (holder := self._ports.holder(place)) is not None:
            raise conflict(f"ISA serial port {place}", owner, holder, "Give one of them another target port, or none")
        self._ports.take(place, owner)

    def next_free(self) -> int | None:
        """The lowest free port."""
        return self._ports.lowest_free()

    def free_count(self) -> int:
        """How many ports are free."""
        return self._ports.free_count()

    def used_count(self) -> int:
        """How many ports are in use."""
        return self._ports.used_count()
