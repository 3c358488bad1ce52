"""Numbers that no address, controller or port can have. They are refused first.

Most of them cannot be in a document, but they can be in a guest from a program or from JSON.
"""

from __future__ import annotations

from operator import attrgetter

from devaddr_xml.engine.state import State
from devaddr_xml.model.address import (
    Address,
    CcidAddress,
    CcwAddress,
    DimmAddress,
    DriveAddress,
    IsaAddress,
    PciAddress,
    SpaprVioAddress,
    UsbAddress,
    VirtioSerialAddress,
    address_type,
)
from devaddr_xml.model.device import Controller, Device, Memory, Parallel, Serial
from devaddr_xml.model.errors import DevaddrError, PlacementError, ValueInvalid
from devaddr_xml.model.naming import label

BYTE = 0xFF
SHORT = 0xFFFF
WORD = 0xFFFFFFFF
LONG = 0xFFFFFFFFFFFFFFFF

#: The index of a PCI controller numbers its bus, in eight bits.
LAST_PCI_INDEX = BYTE


class Limits:
    """Fields and the largest value of each; the smallest is 0, and a field may be unset."""

    __slots__ = ("_largest", "_values", "most")

    def __init__(self, **most: int) -> None:
        self.most = most
        self._largest = tuple(most.values())
        values = attrgetter(*most)
        self._values = values if len(most) > 1 else lambda holder: (values(holder),)

    def broken(self, holder: object) -> str | None:
        """The first field whose value is outside, if there is one."""
        for position, value in enumerate(self._values(holder)):
            if value is not None and not 0 <= value <= self._largest[position]:
                return [*self.most][position]
        return None


ADDRESSES: dict[type, Limits] = {
    PciAddress: Limits(function=7, slot=31, bus=BYTE, domain=WORD),
    DriveAddress: Limits(unit=WORD, target=WORD, bus=WORD, controller=WORD),
    UsbAddress: Limits(bus=WORD),
    VirtioSerialAddress: Limits(port=WORD, bus=WORD, controller=WORD),
    CcidAddress: Limits(slot=WORD, controller=WORD),
    CcwAddress: Limits(devno=SHORT, ssid=3, cssid=254),
    SpaprVioAddress: Limits(reg=LONG),
    IsaAddress: Limits(iobase=WORD, irq=WORD),
    DimmAddress: Limits(slot=WORD, base=LONG),
}

DEVICES: dict[type, Limits] = {
    Controller: Limits(index=WORD, ports=WORD, node=WORD),
    Serial: Limits(port=WORD),
    Parallel: Limits(port=WORD),
    Memory: Limits(size=LONG, node=WORD, label_size=LONG, base=LONG),
}


def refuse_impossible_numbers(state: State) -> None:
    """Raise ValueInvalid for a number outside the range of its field, PlacementError for a PCI bus above the last
    one."""
    for device in state.guest.devices:
        limits = DEVICES.get(type(device))
        if limits is not None:
            if field := limits.broken(device):
                raise _impossible(device, device, field, limits)
            if type(device) is Controller and device.type == "pci" and (device.index or 0) > LAST_PCI_INDEX:
                raise _no_such_bus(device)
        address = device.address
        if address is not None and (limits := ADDRESSES.get(type(address))) is not None:
            if field := limits.broken(address):
                raise _impossible(device, address, field, limits)
            if type(address) is UsbAddress and address.port:
                _check_path(device, address.port)


def _check_path(device: Device, path: tuple[int, ...]) -> None:
    if len(path) > 4 or not all(0 <= port <= WORD for port in path):
        raise ValueInvalid(
            "the port of a usb address is a path of one to four numbers from 1",
            device=label(device),
            line=device.line,
            remedy="Correct it, or leave it out",
        )


def _impossible(device: Device, holder: Device | Address, field: str, limits: Limits) -> DevaddrError:
    where = "" if isinstance(holder, Device) else f"{address_type(holder)} address: "
    return ValueInvalid(
        f"{where}{field} {getattr(holder, field)} is outside 0 to {limits.most[field]}",
        device=label(device),
        line=device.line,
        remedy="Correct it, or leave it out",
    )


def _no_such_bus(controller: Controller) -> DevaddrError:
    return PlacementError(
        f"index {controller.index} is above the largest of a PCI controller, {LAST_PCI_INDEX}",
        device=label(controller),
        line=controller.line,
        remedy=f"Use an index from 1 to {LAST_PCI_INDEX}",
    )
