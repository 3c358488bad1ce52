"""The pSeries virtual I/O bus: devices with register numbers."""

from __future__ import annotations

from devaddr_xml.buses.places import conflict
from devaddr_xml.model.address import SpaprVioAddress
from devaddr_xml.model.device import Device

REGISTER_STEP = 0x1000
MAX_REGISTER = 0xFFFFFFFF
#: The first register for devices without a row of their own.
FIRST_REGISTER = 0x1000


class SpaprVioRegisters:
    """The registers of a guest, shared by devices of all kinds; a place is a SpaprVioAddress with a register."""

    __slots__ = ("_cursors", "_owners")

    def __init__(self) -> None:
        self._owners: dict[int, Device] = {}
        self._cursors: dict[int, int] = {}

    def reserve(self, place: SpaprVioAddress, owner: Device) -> None:
        """Give the register to ``owner``; raises AddressConflict when it is in use."""
        assert place.reg is not None
        if (holder := self._owners.setdefault(place.reg, owner)) is not owner:
            raise conflict(f"the spapr-vio register 0x{place.reg:x}", owner, holder)

    def next_free(self, first: int = FIRST_REGISTER) -> SpaprVioAddress | None:
        """The first free register of the range that begins at ``first``."""
        reg = self._cursors.get(first, first)
        while reg in self._owners:
            reg += REGISTER_STEP
        self._cursors[first] = reg
        return SpaprVioAddress(reg) if reg <= MAX_REGISTER else None

    def free_count(self) -> int:
        """How many registers are free in the range that begins at the lowest register."""
        row = range(FIRST_REGISTER, MAX_REGISTER + 1, REGISTER_STEP)
        return len(row) - sum(reg in row for reg in self._owners)

    def used_count(self) -> int:
        """How many registers are in use."""
        return len(self._owners)
