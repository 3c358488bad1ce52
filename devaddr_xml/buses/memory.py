"""Slots for memory modules."""

from __future__ import annotations

from devaddr_xml.buses.places import NumberedPlaces, conflict
from devaddr_xml.model.address import DimmAddress
from devaddr_xml.model.device import Device, Memory
from devaddr_xml.model.errors import ValueInvalid
from devaddr_xml.model.naming import label

SLOT_MODELS = frozenset(("dimm", "nvdimm"))


def takes_memory_slot(device: Device) -> bool:
    """Whether the device goes into a memory slot."""
    return isinstance(device, Memory) and device.model in SLOT_MODELS


class MemorySlots:
    """The slots of a guest, numbered from 0; a place is a DimmAddress. Its base address does not count here."""

    __slots__ = ("_slots",)

    def __init__(self, count: int) -> None:
        self._slots = NumberedPlaces(0, count - 1)

    def reserve(self, place: DimmAddress, owner: Device) -> None:
        """Give the slot to ``owner``; raises ValueInvalid if there is no such slot, AddressConflict if it is in use."""
        if place.slot not in self._slots:
            raise ValueInvalid(
                f"there is no memory slot {place.slot}, the guest has {self._slots.last + 1}",
                device=label(owner),
                line=owner.line,
                remedy="Raise the slots= of maxMemory, or name a lower slot",
            )
        if (holder := self._slots.holder(place.slot)) is not None:
            raise conflict(f"memory slot {place.slot}", owner, holder)
        self._slots.take(place.slot, owner)

    def is_free(self, slot: int) -> bool:
        """Whether the slot exists and no device has it."""
        return slot in self._slots and self._slots.holder(slot) is None

    def next_free(self) -> DimmAddress | None:
        """The lowest free slot; QEMU chooses the base address."""
        slot = self._slots.lowest_free()
        return None if slot is None else DimmAddress(slot)

    def free_count(self) -> int:
        """How many slots are free."""
        return self._slots.free_count()

    def used_count(self) -> int:
        """How many slots are in use."""
        return self._slots.used_count()
