"""Regions: parts of the PCI tree for certain devices."""

from __future__ import annotations

from collections.abc import Container
from typing import Literal

import msgspec

RegionKind = Literal["common", "node", "switch", "without-hotplug", "group", "isolation"]


class Region(msgspec.Struct, frozen=True):
    """A part of the PCI tree.

    number: the number that its buses have as their group; 0 is the common region. kind: node (below an expander bus or
    an additional host bridge), switch (below downstream ports), without-hotplug (conventional buses below ports without
    hotplug), group (one bus for a bus group or one device), isolation (a host bridge for one isolation group). parent:
    the number of the region of its first port or bridge. node: guest NUMA cell. root_complex: name. isolation: group of
    host devices, from 1, or 0. conventional: whether a group shares a conventional bus (else a switch).
    """

    number: int
    kind: RegionKind
    parent: int = 0
    node: int | None = None
    root_complex: str | None = None
    isolation: int = 0
    name: str = ""
    conventional: bool = False

    def __str__(self) -> str:
        parts = [f"node {self.node}"] if self.node is not None else []
        parts += [f"root complex {self.root_complex}"] if self.root_complex else []
        parts += [f"bus group {self.name}"] if self.name else []
        parts += ["ports without hotplug"] if self.kind == "without-hotplug" else []
        return ", ".join(parts) or self.kind


COMMON = Region(0, "common")


class Regions:
    """All regions of one guest. Equal descriptions give the same region."""

    __slots__ = ("_by_key", "shifting", "table")

    def __init__(self) -> None:
        self.table: list[Region] = [COMMON]
        #: Numbers of the regions whose devices can take over an empty bus (pSeries isolation groups and the common
        #: region).
        self.shifting: set[int] = {0}
        self._by_key: dict[Region, int] = {}

    def intern(self, region: Region) -> int:
        """The number of the region that ``region`` (with number 0) describes; a new region gets a new number."""
        number = self._by_key.get(region)
        if number is None:
            number = self._by_key[region] = len(self.table)
            self.table.append(msgspec.structs.replace(region, number=number))
            if region.kind == "isolation":
                self.shifting.add(number)
        return number

    def node(self, node: int | None, root_complex: str | None, isolation: int = 0) -> int:
        """The region of a guest NUMA cell and a root complex; 0 if neither is named."""
        if node is None and root_complex is None:
            return self.isolation(isolation)
        return self.intern(Region(0, "node", 0, node, root_complex, isolation))

    def isolation(self, isolation: int) -> int:
        """The region of an isolation group of host devices (pSeries)."""
        return self.intern(Region(0, "isolation", 0, None, None, isolation)) if isolation else 0

    def switch(self, parent: int) -> int:
        """The region of the switches below ``parent``."""
        return self.intern(Region(0, "switch", parent))

    def without_hotplug(self, parent: int) -> int:
        """The region of conventional devices below ``parent`` whose port has no hotplug."""
        return self.intern(Region(0, "without-hotplug", parent, conventional=True))

    def group(self, parent: int, name: str, conventional: bool) -> int:
        """The region of one bus for the devices of a group."""
        return self.intern(Region(0, "group", parent, None, None, 0, name, conventional))

    def is_switch_of(self, number: int, parents: Container[int]) -> bool:
        """Whether a region is the one of the switches of one of ``parents``."""
        region = self.table[number]
        return region.kind == "switch" and region.parent in parents

    def is_nested(self, number: int) -> bool:
        """Whether a region is that of a switch below a port of another group's switch."""
        region = self.table[number]
        return region.kind == "group" and self.table[region.parent].kind == "group"

    def beside(self, number: int) -> set[int]:
        """The region, and all others of the same NUMA cell."""
        base = self.table[number]
        same = {region.number for region in self.table if region.kind == "node" and region.node == base.node}
        return same if base.kind == "node" else {number}

    def base(self, number: int) -> Region:
        """The node region above a region, or the common one."""
        region = self.table[number]
        while region.kind in ("switch", "without-hotplug", "group"):
            region = self.table[region.parent]
        return region
