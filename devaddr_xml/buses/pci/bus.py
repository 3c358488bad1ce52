"""What each PCI bus offers, and which of its slots and functions are taken."""

from __future__ import annotations

import msgspec

from devaddr_xml.buses.pci.connect import (
    AUTO,
    CONVENTIONAL,
    DMI_BRIDGE,
    DOWNSTREAM_PORT,
    EXPRESS,
    PCI_BRIDGE,
    PCI_EXPANDER,
    PCIE_EXPANDER,
    PCIE_TO_PCI_BRIDGE,
    ROOT_PORT,
    UPSTREAM_PORT,
)
from devaddr_xml.model.device import Device


class Offer(msgspec.Struct, frozen=True):
    """What the bus of one controller model is: connections, slots from first to last, and whether hotplug works."""

    accepts: int
    first: int
    last: int
    hotplug: bool


_PORT = Offer(EXPRESS | UPSTREAM_PORT | PCIE_TO_PCI_BRIDGE | AUTO, 0, 0, True)

#: One row for each model of PCI controller (libvirt docs: pci-addresses, formatdomain controllers).
OFFERS: dict[str, Offer] = {
    "pci-root": Offer(CONVENTIONAL | PCI_BRIDGE | PCI_EXPANDER | AUTO, 1, 31, True),
    "pci-bridge": Offer(CONVENTIONAL | PCI_BRIDGE | AUTO, 1, 31, True),
    "pci-expander-bus": Offer(CONVENTIONAL | PCI_BRIDGE | AUTO, 0, 31, False),
    "pcie-root": Offer(EXPRESS | ROOT_PORT | DMI_BRIDGE | PCIE_EXPANDER, 1, 31, False),
    "dmi-to-pci-bridge": Offer(CONVENTIONAL | PCI_BRIDGE, 0, 31, False),
    "pcie-to-pci-bridge": Offer(CONVENTIONAL | PCI_BRIDGE | AUTO, 1, 31, True),
    "pcie-root-port": _PORT,
    "pcie-switch-downstream-port": _PORT,
    "pcie-switch-upstream-port": Offer(DOWNSTREAM_PORT, 0, 31, False),
    "pcie-expander-bus": Offer(ROOT_PORT | DMI_BRIDGE, 0, 31, False),
}

#: Models whose bus holds one device slot and whose controller carries the ``hotplug`` attribute.
PORTS = frozenset({"pcie-root-port", "pcie-switch-downstream-port"})
#: Models that plug into nothing.
ROOTS = frozenset({"pci-root", "pcie-root"})
SWITCH_PORTS = frozenset({"pcie-switch-upstream-port", "pcie-switch-downstream-port"})
BRIDGES = frozenset({"pci-bridge", "pcie-to-pci-bridge", "dmi-to-pci-bridge"})
#: Models whose controller may sit on a bus of such a model.
LINKS = SWITCH_PORTS | BRIDGES
EXPANDERS = frozenset({"pci-expander-bus", "pcie-expander-bus"})

#: Who holds a function: a device, or the name of something that the chipset brings.
Owner = Device | str

_FULL = 0xFF


class Bus:
    """One PCI bus while devices are being placed.

    number: index of its controller, 0-255. busy and free: bit masks of slots with a function taken, and of usable slots
    without. group: devices of other groups stay away (0 is everybody's);
    locked: the group never changes. seat: the group among whose buses its own controller is placed; seated: whether
    that place is taken already. top: number of the expander bus above, or of itself if it is one; 0 for none. numbers:
    how many guest bus numbers its controller must find free there.
    """

    __slots__ = (
        "_functions",
        "_open",
        "accepts",
        "busy",
        "first",
        "free",
        "group",
        "hotplug",
        "last",
        "locked",
        "model",
        "node",
        "number",
        "numbers",
        "owners",
        "range",
        "seat",
        "seated",
        "top",
    )

    def __init__(self, number: int, model: str, hotplug: bool | None = None) -> None:
        offer = OFFERS[model]
        self.number = number
        self.model = model
        self.accepts = offer.accepts
        self.first = offer.first
        self.last = offer.last
        self.hotplug = offer.hotplug and hotplug is not False
        self.range = self.free = (1 << (offer.last + 1)) - (1 << offer.first)
        self.busy = 0
        self.group = 0
        self.locked = False
        self.seat = 0
        self.seated = False
        self.top = 0
        self.numbers = 1
        self.node: int | None = None
        self.owners: dict[int, Owner] = {}
        self._functions: dict[int, int] = {}
        self._open: dict[int, int] = {}

    @property
    def is_port(self) -> bool:
        """Whether the bus is that of a root port or a downstream port."""
        return self.model in PORTS

    @property
    def full(self) -> bool:
        """Whether every slot has a function taken."""
        return not self.free

    def lowest_slot(self, pack: int, slots: int) -> tuple[int, int] | None:
        """The lowest usable slot and its function among ``slots`` (a bit mask), or nothing.

        A slot is usable when it is free, or when it was opened by a device that packs with ``pack`` (not 0) and has
        a function left.
        """
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

    def owner(self, slot: int, function: int) -> Owner | None:
        """Who holds that function, if anyone."""
        return self.owners.get(slot << 3 | function)

    def functions(self, slot: int) -> int:
        """Bit mask of the functions that are taken in a slot."""
        return self._functions.get(slot, 0)

    def take(self, slot: int, function: int, pack: int, owner: Owner) -> None:
        """Mark a function as taken; the first one of a slot decides with whom the slot packs."""
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
        """Let nobody join a slot any more."""
        for pack in self._open:
            self._open[pack] &= ~(1 << slot)
