"""Smartcard (CCID) controllers: slots for smartcards."""

from __future__ import annotations

from collections.abc import Iterable

from devaddr_xml.buses.places import conflict
from devaddr_xml.model.address import CcidAddress
from devaddr_xml.model.device import Device, Smartcard

#: QEMU accepts one smartcard, in the first slot of the first controller.
USABLE_SLOTS = 1


class CcidSlots:
    """The slots of all CCID controllers of a guest; a place is a CcidAddress.

    Slot numbers have no limit, as in libvirt. A later check refuses all but the first slot.
    """

    __slots__ = ("_highest", "_owners")

    def __init__(self, smartcards: Iterable[Smartcard] = ()) -> None:
        """Reserve the slots that ``smartcards`` have; raises AddressConflict when two have the same."""
        self._owners: dict[CcidAddress, Device] = {}
        self._highest = -1
        for smartcard in smartcards:
            if isinstance(smartcard.address, CcidAddress):
                self.reserve(smartcard.address, smartcard)

    def reserve(self, place: CcidAddress, owner: Device) -> None:
        """Give the slot to ``owner``; raises AddressConflict when it is in use."""
        if (holder := self._owners.setdefault(place, owner)) is not owner:
            raise conflict(f"the smartcard slot at {place}", owner, holder, "QEMU takes only one smartcard: remove one")
        if place.controller == 0:
            self._highest = max(self._highest, place.slot)

    def next_free(self) -> CcidAddress:
        """The slot after the highest one that is in use on controller 0."""
        return CcidAddress(0, self._highest + 1)

    def free_count(self) -> int:
        """How many more smartcards QEMU accepts."""
        return max(0, USABLE_SLOTS - len(self._owners))

    def used_count(self) -> int:
        """How many slots are in use."""
        return len(self._owners)
