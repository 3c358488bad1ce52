"""libvirt's descriptions of a host: its PCI devices, its CPUs and its machines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from lxml import etree

from devaddr_xml.model.errors import ProbeError
from devaddr_xml.model.host import HostPciDevice


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
        int(cell.get("id", "0")): tuple(int(cpu.get("id", "0")) for cpu in cell.iterfind("cpus/cpu"))
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
    return dict(sorted(pair for pair in found if pair is not None))


def _pci_device(node: etree._Element) -> tuple[str, HostPciDevice] | None:
    capability = node.find("capability[@type='pci']")
    if capability is None:
        return None
    domain, bus, slot, function = (int(capability.findtext(part) or "0", 0) for part in _ADDRESS_PARTS)
    group = capability.find("iommuGroup")
    numa = capability.find("numa")
    facts = HostPciDevice(
        iommu_group=None if group is None else int(group.get("number", "0")),
        express=capability.find("pci-express") is not None,
        numa_node=None if numa is None else int(numa.get("node", "-1")),
        root_complex=_root_complex(node.findtext("path")),
    )
    return f"{domain:04x}:{bus:02x}:{slot:02x}.{function:x}", facts


_ADDRESS_PARTS = ("domain", "bus", "slot", "function")


def _root_complex(path: str | None) -> str | None:
    """The host bridge in a sysfs path, such as ``pci0000:00`` in ``/sys/devices/pci0000:00/0000:00:1f.0``."""
    return next((part for part in (path or "").split("/") if part.startswith("pci") and ":" in part), None)
