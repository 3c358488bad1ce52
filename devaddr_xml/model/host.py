"""What is known of the host's PCI devices; nothing on the host itself is ever read."""

from __future__ import annotations

import msgspec

from devaddr_xml.model.errors import ValueInvalid
from devaddr_xml.model.malformed import MALFORMED


class HostPciDevice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One PCI device of the host; every field may be unknown.

    iommu_group and numa_node from 0 (a negative node means no affinity); express: PCI Express or conventional;
    root_complex: the name of its host bridge, such as ``pci0000:00``.
    """

    iommu_group: int | None = None
    express: bool | None = None
    numa_node: int | None = None
    root_complex: str | None = None


class HostFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Facts about a host, keyed by PCI address ``DDDD:BB:SS.F``; cpus maps a host NUMA node to its CPU numbers."""

    pci: dict[str, HostPciDevice] = {}
    cpus: dict[int, tuple[int, ...]] = {}

    @classmethod
    def from_json(cls, text: str | bytes) -> HostFacts:
        """Read facts from JSON; raises ValueInvalid when it is malformed."""
        try:
            return msgspec.json.decode(text, type=cls)
        except MALFORMED as error:
            raise ValueInvalid(f"the host facts are not valid: {error}") from error

    def to_json(self) -> str:
        """The facts as JSON."""
        return msgspec.json.encode(self).decode()


NO_HOST_FACTS = HostFacts()
