"""Slots for memory modules."""

from __future__ import annotations

from msgspec.structs import replace

from devaddr_xml.buses.memory import MemorySlots, takes_memory_slot
from devaddr_xml.engine.place.set_address import set_address, warn_of_other_bus
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import DimmAddress, PciAddress
from devaddr_xml.model.device import Memory
from devaddr_xml.model.errors import PlacementError
from devaddr_xml.model.events import Rule
from devaddr_xml.model.naming import label


def place_slots(state: State) -> None:
    """Give memory modules without a slot the lowest free one, if the guest has slots.

    A later check refuses slots that do not exist or that two modules have. Raises PlacementError if no slot is free.
    """
    guest = state.guest
    if not (guest.max_memory or guest.memory_slots):
        return
    slots = MemorySlots(guest.memory_slots)
    for memory in state.memories:
        if isinstance(memory.address, DimmAddress) and slots.is_free(memory.address.slot):
            slots.reserve(memory.address, memory)
    for memory in state.memories:
        if not takes_memory_slot(memory) or isinstance(memory.address, DimmAddress):
            continue
        place = slots.next_free()
        if place is None:
            raise PlacementError(
                f"all {guest.memory_slots} memory slots are in use",
                device=label(memory),
                line=memory.line,
                remedy="Raise the slots= of maxMemory",
            )
        warn_of_other_bus(state, memory, "in a memory slot")
        place = replace(place, base=_base(memory))
        slots.reserve(place, memory)
        set_address(state, memory, place, Rule.MEMORY_SLOT)


def _base(memory: Memory) -> int:
    """The base address of a module with a PCI address: libvirt reads the slot and the function as a base address."""
    given = memory.address
    return given.slot + (given.function << 32) if isinstance(given, PciAddress) else 0
