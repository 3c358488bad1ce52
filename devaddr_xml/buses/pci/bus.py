"""A PCI bus: what it offers, and which of its slots and functions are in use."""

from __future__ import annotations

import msgspec

from devaddr_xml.buses.pci.controllers import OFFERS, PORTS
from devaddr_xml.model.device import Device
from devaddr_xml.model.foreign import ForeignDevice

#: The owner of a function: a device, possibly one of QEMU's command line, or the name of a part of the chipset.
Owner = Device | ForeignDevice | str

_FULL = 0xFF


class Bus(msgspec.Struct, eq=False, gc=False):
    """One PCI bus while devices are being placed, made from its number and the model of its controller.

    number: index of its controller, 0-255. hotplug: false where the controller says so, else as its model has it.
    busy: bit mask of slots with a function in use. free: bit mask of unused usable slots. passed: slots that no new
    device gets, even if they are free. group: the region of the bus; 0 is the common region. locked: the region never
    changes. placed_in: the region in which its own controller gets a place; placed: whether the controller has that
    place already. top: number of the expander bus above, or of the bus itself if it is one, else 0. numbers: how many
    guest bus numbers its controller needs there. behind: the first position (eight times the slot, plus the function)
    that firmware numbers after everything in the document; 256 if there is none.
    """

    number: int
    model: str
    hotplug: bool = True
    accepts: int = 0
    first: int = 0
    last: int = 0
    range: int = 0
    free: int = 0
    busy: int = 0
    behind: int = 0
    passed: int = 0
    group: int = 0
    locked: bool = False
    placed_in: int = 0
    placed: bool = False
    top: int = 0
    numbers: int = 1
    node: int | None = None
    owners: dict[int, Owner] = {}
    _functions: dict[int, int] = {}
    _open: dict[int, int] = {}

    def __post_init__(self) -> None:
        offer = OFFERS[self.model]
        self.hotplug = offer.hotplug and self.hotplug
        self.accepts, self.first, self.last = offer.accepts, offer.first, offer.last
        self.range = self.free = (1 << (offer.last + 1)) - (1 << offer.first)

    @property
    def is_port(self) -> bool:
        """Whether the bus is that of a root port or a downstream port."""
        return self.model in PORTS

    @property
    def full(self) -> bool:
        """Whether every slot has a function in use."""
        return not self.free

    def lowest_slot(self, pack: int, slots: int, start: int = 0) -> tuple[int, int] | None:
        """The lowest usable slot among ``slots`` (a bit mask) and its function, or None.

        A slot is usable if it is free. With ``pack`` (not 0), a slot that a device of this pack shares is also usable
        while it has a free function. start: the lowest position: eight times the slot, plus the function.
        """
        if start:
            if pack and self._open.get(pack, 0) & slots & 1 << (start >> 3) and (function := self.function_from(start)):
                return start >> 3, function
            slots &= -1 << (start + 7 >> 3)
        candidates = self.free & slots
        if pack:
            candidates |= self._open.get(pack, 0) & slots
        if not candidates:
            return None
        lowest = candidates & -candidates
        slot = lowest.bit_length() - 1
        if self.free & lowest:
            return slot, 0
        taken = self._functions[slot]
        return slot, (~taken & (taken + 1)).bit_length() - 1

    def function_from(self, start: int) -> int:
        """The lowest free function of a slot in use, from a position on; 0 if there is none."""
        free = ~self._functions.get(start >> 3, 0) & _FULL & -1 << (start & 7) if start & 7 else 0
        return (free & -free).bit_length() - 1 if free else 0

    def owner(self, slot: int, function: int) -> Owner | None:
        """The owner of that function, if any."""
        return self.owners.get(slot << 3 | function)

    def functions(self, slot: int) -> int:
        """Bit mask of the functions in use in a slot."""
        return self._functions.get(slot, 0)

    def take(self, slot: int, function: int, pack: int, owner: Owner) -> None:
        """Mark a function as used. The first function of a slot decides which devices can share the slot."""
        taken = self._functions.get(slot, 0)
        bit = 1 << slot
        if not taken:
            self.busy |= bit
            self.free &= ~bit
            if pack:
                self._open[pack] = self._open.get(pack, 0) | bit
        taken |= 1 << function
        self._functions[slot] = taken
        if taken == _FULL:
            self.close_slot(slot)
        self.owners[slot << 3 | function] = owner

    def close_slot(self, slot: int) -> None:
        """Close a slot for further functions."""
        for pack in self._open:
            self._open[pack] &= ~(1 << slot)
