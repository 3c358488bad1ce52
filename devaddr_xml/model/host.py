"""What is known of the host's PCI devices and CPUs; nothing on the host itself is ever read."""

from __future__ import annotations

from typing import Literal

import msgspec

from devaddr_xml.model.errors import ValueInvalid
from devaddr_xml.model.malformed import MALFORMED

BridgeKind = Literal["root-port", "upstream-port", "downstream-port", "bridge"]
BRIDGE_KINDS: tuple[BridgeKind, ...] = ("root-port", "upstream-port", "downstream-port", "bridge")


class Bar(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A memory window of a PCI function: index 0-5, size in bytes, bits 32 or 64, and whether it is prefetchable."""

    index: int
    size: int
    bits: Literal[32, 64] = 32
    prefetchable: bool = False


class HostPciDevice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One PCI device of the host; every field may be unknown.

    iommu_group and numa_node from 0 (a negative node means no affinity); express: PCI Express or conventional;
    root_complex: the name of its host bridge, such as ``pci0000:00``. parents: addresses of the bridges above it, from
    the root port down to the one right above. kind: what sort of bridge it is itself. physfn: of an SR-IOV virtual
    function, the address of its physical function. class_, vendor, device: PCI identity, hexadecimal. bars: its memory
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


class HostFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Facts about a host.

    pci: its PCI devices by address ``DDDD:BB:SS.F``. cpus: the CPU numbers of each NUMA node. phys_bits: width of a
    physical address.
    """

    pci: dict[str, HostPciDevice] = {}
    cpus: dict[int, tuple[int, ...]] = {}
    phys_bits: int | None = None

    @classmethod
    def from_json(cls, text: str | bytes) -> HostFacts:
        """Read facts from JSON.

        Raises ValueInvalid when it is malformed, has a key that host facts do not have, an address that is not
        ``DDDD:BB:SS.F``, or a tree that no host can have.
        """
        try:
            facts = msgspec.json.decode(text, type=cls)
        except MALFORMED as error:
            raise ValueInvalid(f"the host facts are not valid: {error}", remedy=_nearest_key(text)) from error
        from devaddr_xml.model.host_tree import check_host

        check_host(facts)
        return facts

    def to_json(self) -> str:
        """The facts as JSON."""
        return msgspec.json.encode(self).decode()


def _nearest_key(text: str | bytes) -> str | None:
    """A remedy that names the keys of host facts, where a file has one that they do not have."""
    from devaddr_xml.model.validate import suggestion

    try:
        raw = msgspec.json.decode(text)
    except MALFORMED:
        return None
    if not isinstance(raw, dict):
        return None
    unknown = next((str(key) for key in raw if key not in HostFacts.__struct_fields__), None)
    if unknown is not None:
        return suggestion(unknown, HostFacts.__struct_fields__)
    known = [field.encode_name for field in msgspec.structs.fields(HostPciDevice)]
    devices = raw.get("pci")
    for device in devices.values() if isinstance(devices, dict) else ():
        unknown = next((str(key) for key in device if key not in known), None) if isinstance(device, dict) else None
        if unknown is not None:
            return suggestion(unknown, known)
    return None


NO_HOST_FACTS = HostFacts()
