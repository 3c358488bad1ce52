"""What a PCI bus offers to endpoints, by the model of its controller, and what a chipset keeps on bus 0."""

from __future__ import annotations

from typing import NamedTuple


class Offer(NamedTuple):
    """Slots of a bus, whether endpoints may be put there, whether it has hotplug, and whether it is PCIe."""

    first_slot: int
    last_slot: int
    endpoints: bool
    hotplug: bool
    express: bool


NO_OFFER = Offer(0, -1, False, False, False)

OFFERS: dict[str, Offer] = {
    "pci-root": Offer(1, 31, True, True, False),
    "pci-bridge": Offer(1, 31, True, True, False),
    "pci-expander-bus": Offer(0, 31, True, True, False),
    "pcie-root": Offer(1, 31, True, False, True),
    "dmi-to-pci-bridge": Offer(0, 31, True, False, False),
    "pcie-to-pci-bridge": Offer(1, 31, True, True, False),
    "pcie-root-port": Offer(0, 0, True, True, True),
    "pcie-switch-upstream-port": Offer(0, 31, False, False, True),
    "pcie-switch-downstream-port": Offer(0, 0, True, True, True),
    "pcie-expander-bus": Offer(0, 31, False, False, True),
}

_CHIPSETS: dict[str, dict[tuple[int, int], str]] = {
    "i440fx": {(0, 0): "host bridge", (1, 0): "ISA bridge", (1, 3): "power management"},
    "q35": {(0, 0): "host bridge", (0x1F, 0): "LPC bridge", (0x1F, 3): "SMBus"},
}


def offer_of(model: str | None) -> Offer:
    """The offer of a controller model; nothing for one that is not known."""
    return OFFERS.get(model or "", NO_OFFER)


def chipset_functions(family: str) -> dict[tuple[int, int], str]:
    """Slot and function of what a machine family has on bus 0, with its name."""
    return _CHIPSETS.get(family, {})
