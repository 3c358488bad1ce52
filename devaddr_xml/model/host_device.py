"""Facts about one PCI device of a host."""

from __future__ import annotations

from typing import Literal

import msgspec

BridgeKind = Literal["root-port", "upstream-port", "downstream-port", "bridge"]
BRIDGE_KINDS: tuple[BridgeKind, ...] = ("root-port", "upstream-port", "downstream-port", "bridge")


class Bar(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A memory window of a PCI function: index 0-5, size in bytes, bits 32 or 64, and whether it is prefetchable."""

    index: int
    size: int
    bits: Literal[32, 64] = 32
    prefetchable: bool = False


class HostPciDevice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One PCI device of the host. Every field can be unknown.

    iommu_group and numa_node from 0 (a negative node means no affinity); express: PCI Express or conventional;
    root_complex: the name of its host bridge, such as ``pci0000:00``. parents: addresses of the bridges above it, from
    the root port down to the nearest one. kind: the kind of bridge, if it is one. physfn: the address of the physical
    function, if this is an SR-IOV virtual function. class_, vendor, device: PCI identity, hexadecimal. bars: its memory
    windows; vf_bars: those of each of its virtual functions.
    """

    iommu_group: int | None = None
    express: bool | None = None
    numa_node: int | None = None
    root_complex: str | None = None
    parents: tuple[str, ...] = ()
    kind: BridgeKind | None = None
    physfn: str | None = None
    class_: str | None = msgspec.field(default=None, name="class")
    vendor: str | None = None
    device: str | None = None
    bars: tuple[Bar, ...] = ()
    vf_bars: tuple[Bar, ...] = ()
