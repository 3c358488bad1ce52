"""The PCI tree as QEMU tells it after the guest's firmware has numbered the buses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


class GuestView:
    """Each device's PCI address in the guest, by QEMU's name of the device; empty if no firmware has run.

    addresses: such as ``0000:fb:00.0``. colliding: devices behind a bridge whose bus number another bridge has too.
    has_run: whether any bridge has been given a number.
    """

    def __init__(self, roots: Iterable[Mapping[str, Any]]) -> None:
        self.addresses: dict[str, str] = {}
        self.has_run = False
        self._buses: dict[int, list[list[str]]] = {}
        for root in roots:
            self._add_bus(root["bus"], root["devices"])
        shared = [members for members in self._buses.values() if len(members) > 1]
        self.colliding = frozenset(name for buses in shared for bus in buses for name in bus)

    def _add_bus(self, number: int, devices: Iterable[Mapping[str, Any]]) -> None:
        members = list(devices)
        self._buses.setdefault(number, []).append([device["qdev_id"] for device in members])
        for device in members:
            address = f"0000:{device['bus']:02x}:{device['slot']:02x}.{device['function']:x}"
            self.addresses[device["qdev_id"]] = address
            bridge = device.get("pci_bridge")
            if bridge and bridge["bus"]["secondary"]:
                self.has_run = True
                self._add_bus(bridge["bus"]["secondary"], bridge.get("devices", ()))
