"""Facts about the PCI devices and CPUs of a host. Nothing here reads the host itself."""

from __future__ import annotations

import msgspec

from devaddr_xml.model.errors import ValueInvalid
from devaddr_xml.model.host_device import BRIDGE_KINDS as BRIDGE_KINDS
from devaddr_xml.model.host_device import Bar as Bar
from devaddr_xml.model.host_device import BridgeKind as BridgeKind
from devaddr_xml.model.host_device import HostPciDevice as HostPciDevice
from devaddr_xml.model.malformed import MALFORMED


class HostFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Facts about a host.

    pci: its PCI devices by address ``DDDD:BB:SS.F``. cpus: the CPU numbers of each NUMA node. phys_bits: width of a
    physical address.
    """

    pci: dict[str, HostPciDevice] = {}
    cpus: dict[int, tuple[int, ...]] = {}
    phys_bits: int | None = None

    def __repr__(self) -> str:
        return f"HostFacts({len(self.pci)} PCI devices, {len(self.cpus)} NUMA nodes)"

    def bars_of(self, address: str) -> tuple[Bar, ...]:
        """The memory windows of a function; none if they are unknown.

        A virtual function without windows of its own in the facts has those that its physical function gives to each.
        """
        device = self.pci.get(address)
        if device is None:
            return ()
        physical = self.pci.get(device.physfn) if device.physfn is not None else None
        return device.bars or (physical.vf_bars if physical is not None else ())

    @classmethod
    def from_json(cls, text: str | bytes) -> HostFacts:
        """Read facts from JSON.

        Raises ValueInvalid if the text is malformed, has an unknown key, or has an address or a tree that no host can
        have.
        """
        try:
            facts = msgspec.json.decode(text, type=cls)
        except MALFORMED as error:
            raise ValueInvalid(
                f"the host facts are not valid: {_where(text) or error}", remedy=_nearest_key(text)
            ) from error
        from devaddr_xml.model.host_tree import check_host

        check_host(facts)
        return facts

    def to_json(self) -> str:
        """The facts as JSON."""
        return msgspec.json.encode(self).decode()


def _where(text: str | bytes) -> str | None:
    """The first device that is not as facts describe one, and why."""
    try:
        devices = msgspec.json.decode(text, type=dict[str, dict[str, msgspec.Raw]]).get("pci", {})
    except MALFORMED:
        return None
    for address, device in devices.items():
        try:
            msgspec.json.decode(device, type=HostPciDevice)
        except MALFORMED as error:
            return f'"pci"."{address[:60]}": {error}'
    return None


def _nearest_key(text: str | bytes) -> str | None:
    """A remedy that lists the keys of host facts, for a file with an unknown key."""
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
