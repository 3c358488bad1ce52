"""Memory devices: their sizes, NUMA cells, slots and base addresses."""

from __future__ import annotations

from itertools import pairwise

from devaddr_xml.engine.check.refusal import refusal
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import DimmAddress
from devaddr_xml.model.device import Memory
from devaddr_xml.model.errors import AddressConflict, PlacementError, Unsupported, ValueInvalid
from devaddr_xml.model.guest import Guest

#: Models that use one of the slots of ``maxMemory``.
SLOTTED = frozenset(("dimm", "nvdimm"))
#: Models that are part of the machine, not plugged into it.
BUILT_IN = frozenset(("sgx-epc",))

KIB = 1024


def check_memory(state: State) -> None:
    """Refuse memory devices that do not fit, or without a cell or place of their own; raises DevaddrError."""
    if not state.memories:
        return
    guest = state.guest
    cells = len(guest.cells)
    slots: dict[int, Memory] = {}
    for memory in state.memories:
        if memory.model not in BUILT_IN and not (guest.max_memory or guest.memory_slots):
            raise refusal(
                Unsupported,
                "the guest has no room for memory devices",
                memory,
                remedy="Write <maxMemory slots='...'>",
            )
        if memory.node is not None and memory.node >= cells:
            raise refusal(
                ValueInvalid,
                f"NUMA cell {memory.node} does not exist: the guest has {cells}",
                memory,
                remedy="Add the cell to <cpu><numa>, or name one that exists",
            )
        if memory.model in SLOTTED and isinstance(memory.address, DimmAddress):
            _check_slot(guest, memory, memory.address.slot, slots)
    _check_count(state)
    _check_ranges(state)


def _check_slot(guest: Guest, memory: Memory, slot: int, slots: dict[int, Memory]) -> None:
    if slot >= guest.memory_slots:
        raise refusal(
            PlacementError,
            f"memory slot {slot} does not exist: the guest has {guest.memory_slots}, from 0",
            memory,
            remedy="Raise slots of <maxMemory>, or leave the address out",
        )
    other = slots.setdefault(slot, memory)
    if other is not memory:
        raise refusal(
            AddressConflict,
            f"memory slot {slot} is used twice",
            memory,
            other=other,
            remedy="Leave the address out, and a free one is chosen",
        )


def _check_count(state: State) -> None:
    slotted = [memory for memory in state.memories if memory.model in SLOTTED]
    if len(slotted) > state.guest.memory_slots:
        raise refusal(
            PlacementError,
            f"the guest has {state.guest.memory_slots} memory slots for {len(slotted)} memory devices",
            slotted[state.guest.memory_slots],
            remedy="Raise slots of <maxMemory>",
        )


def _check_ranges(state: State) -> None:
    """Look for overlaps between neighbours in the order of their bases."""
    ranges = sorted(
        (
            (base, base + _mapped_size(memory), position)
            for position, memory in enumerate(state.memories)
            if (base := _base(memory))
        ),
    )
    for (base, end, position), (next_base, _, next_position) in pairwise(ranges):
        if next_base < end or next_base == base:
            raise refusal(
                AddressConflict,
                f"the memory from 0x{base:x} up to 0x{end:x} overlaps that from 0x{next_base:x}",
                state.memories[next_position],
                other=state.memories[position],
                remedy="Leave base out, and QEMU chooses one",
            )


def _base(memory: Memory) -> int:
    if isinstance(memory.address, DimmAddress):
        return memory.address.base
    return memory.base or 0


def _mapped_size(memory: Memory) -> int:
    """How many bytes of guest memory the device uses, without the label of an nvdimm."""
    size = memory.size or 0
    if memory.model == "nvdimm":
        size -= min(size, memory.label_size or 0)
        if memory.align_size:
            size -= size % memory.align_size
    return size * KIB
