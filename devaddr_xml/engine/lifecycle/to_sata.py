"""Places and names on SATA for the disks of an IDE controller."""

from __future__ import annotations

from collections.abc import Iterable

from devaddr_xml.model.address import DriveAddress
from devaddr_xml.model.device import Device, Disk

#: Disks on one SATA controller (libvirt docs: formatdomain, drive addresses).
UNITS = 6
_LETTERS = 26


class SataPlaces:
    """The free units of SATA controllers and the free names of disks, from the lowest."""

    def __init__(self, devices: Iterable[Device]) -> None:
        disks = [device for device in devices if isinstance(device, Disk)]
        self._names = {disk.target for disk in disks}
        taken = (disk.address for disk in disks if disk.bus == "sata")
        self._units = {(a.controller, a.unit) for a in taken if isinstance(a, DriveAddress)}
        self._last = -1

    @staticmethod
    def rank(disk: Disk) -> int:
        """The place of an IDE disk among the others."""
        address = disk.address
        return address.controller * 4 + address.bus * 2 + address.unit if isinstance(address, DriveAddress) else 0

    def next(self, disk: Disk) -> tuple[str, DriveAddress]:
        """The name and place for one more disk: its own letter and number if they are free, else the next."""
        number = max(self.rank(disk), self._last + 1)
        while divmod(number, UNITS) in self._units:
            number += 1
        self._last = number
        controller, unit = divmod(number, UNITS)
        name = f"sd{(disk.target or '')[2:]}"
        position = 0
        while name in self._names or name == "sd":
            name = f"sd{_suffix(position)}"
            position += 1
        self._names.add(name)
        return name, DriveAddress(controller=controller, unit=unit)


def _suffix(position: int) -> str:
    """The letters of the disk at a position from 0: a, b … z, aa."""
    text = ""
    position += 1
    while position:
        position, letter = divmod(position - 1, _LETTERS)
        text = chr(ord("a") + letter) + text
    return text
