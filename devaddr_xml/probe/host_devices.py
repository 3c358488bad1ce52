"""libvirt's descriptions of a host: its PCI devices, its CPUs and its machines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from lxml import etree

from devaddr_xml.model.errors import ProbeError
from devaddr_xml.model.host import HostPciDevice
from devaddr_xml.model.host_tree import is_address
from devaddr_xml.probe.pci_tree import Found, host_devices, is_pci_bridge


class Machines(NamedTuple):
    """What libvirt offers for a guest architecture: emulator, machine aliases, and every machine name."""

    emulator: str | None
    aliases: dict[str, str]
    names: frozenset[str]


def parse(document: str | bytes) -> etree._Element:
    """The root of a document; raises ProbeError if it is not XML."""
    content = document.encode() if isinstance(document, str) else document
    try:
        return etree.fromstring(content, etree.XMLParser(resolve_entities=False, huge_tree=True))
    except etree.XMLSyntaxError as error:
        raise ProbeError(f"the document is not XML: {error}") from error


def host_architecture(capabilities: etree._Element) -> str | None:
    """The architecture of the host itself."""
    return capabilities.findtext("host/cpu/arch")


def host_cpus(capabilities: etree._Element) -> dict[int, tuple[int, ...]]:
    """The CPU numbers of each NUMA node of the host."""
    return {
        int(cell.get("id", "0")): tuple([int(cpu.get("id", "0")) for cpu in cell.iterfind("cpus/cpu")])
        for cell in capabilities.iterfind("host/topology/cells/cell")
    }


def machines(capabilities: etree._Element, arch: str) -> Machines:
    """The machines that libvirt offers for guests of ``arch``."""
    for offer in capabilities.iterfind("guest/arch"):
        if offer.get("name") == arch:
            listed = offer.findall("machine") + offer.findall("domain/machine")
            aliases = {item.text or "": item.get("canonical", "") for item in listed if item.get("canonical")}
            names = frozenset(item.text or "" for item in listed) | frozenset(aliases.values())
            return Machines(offer.findtext("emulator"), aliases, names)
    return Machines(None, {}, frozenset())


def host_pci(documents: Iterable[str]) -> dict[str, HostPciDevice]:
    """Facts about the host's PCI devices by address, from libvirt's node device documents."""
    found = (_pci_device(parse(document)) for document in documents)
    return host_devices(dict(pair for pair in found if pair is not None))


def _pci_device(node: etree._Element) -> tuple[str, Found] | None:
    capability = node.find("capability[@type='pci']")
    if capability is None:
        return None
    group = capability.find("iommuGroup")
    numa = capability.find("numa")
    path = node.findtext("path")
    class_ = capability.findtext("class")
    facts = HostPciDevice(
        iommu_group=None if group is None else int(group.get("number", "0")),
        express=capability.find("pci-express") is not None,
        numa_node=None if numa is None else int(numa.get("node", "-1")),
        root_complex=_root_complex(path),
        parents=_parents(path),
        physfn=_physical_function(capability),
        class_=class_,
        vendor=_identity(capability, "vendor"),
        device=_identity(capability, "product"),
    )
    is_bridge = is_pci_bridge(class_) or capability.find("capability[@type='pci-bridge']") is not None
    return _address(capability), Found(facts, is_bridge)


def _address(capability: etree._Element) -> str:
    domain, bus, slot, function = (int(capability.findtext(part) or "0", 0) for part in _ADDRESS_PARTS)
    return f"{domain:04x}:{bus:02x}:{slot:02x}.{function:x}"


_ADDRESS_PARTS = ("domain", "bus", "slot", "function")


def _identity(capability: etree._Element, name: str) -> str | None:
    element = capability.find(name)
    return element.get("id") if element is not None else None


def _physical_function(capability: etree._Element) -> str | None:
    address = capability.find("capability[@type='phys_function']/address")
    if address is None:
        return None
    domain, bus, slot, function = (int(address.get(part, "0"), 0) for part in _ADDRESS_PARTS)
    return f"{domain:04x}:{bus:02x}:{slot:02x}.{function:x}"


def _root_complex(path: str | None) -> str | None:
    """The host bridge in a sysfs path, such as ``pci0000:00`` in ``/sys/devices/pci0000:00/0000:00:1f.0``."""
    parts = (path or "").split("/")
    return next((part for part in reversed(parts) if part.startswith("pci") and ":" in part), None)


def _parents(path: str | None) -> tuple[str, ...]:
    """The bridges in a sysfs path, below the last host bridge in it."""
    parts = (path or "").split("/")
    start = max((at for at, part in enumerate(parts) if part.startswith("pci") and ":" in part), default=len(parts))
    return tuple([part for part in parts[start + 1 : -1] if is_address(part)])
