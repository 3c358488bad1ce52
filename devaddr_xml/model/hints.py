"""The hints that one device can have (hint vocabulary, section 3)."""

from __future__ import annotations

from typing import Literal

import msgspec

Placement = Literal["root-port", "root-complex", "switch", "bridge"]


class Hints(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="kebab", forbid_unknown_fields=True):
    """The hints of one device; an unset hint has no effect.

    node: guest NUMA cell, from 0. root_complex, slot_group, bus_group: any name. pci_bus_of: of an smmuv3, a reference
    to a device. name: of an interface, such as ``enp3s0``, ``ens5`` or ``eno7``.
    """

    node: int | None = None
    root_complex: str | None = None
    hotplug: Literal["yes", "no"] | None = None
    placement: Placement | None = None
    bus: Literal["pcie", "pci"] | None = None
    slot_group: str | None = None
    bus_group: str | None = None
    own_bus: Literal["yes"] | None = None
    port_hotplug: Literal["on", "off"] | None = None
    name: str | None = None
    pci_bus_of: str | None = None


NO_HINTS = Hints()
