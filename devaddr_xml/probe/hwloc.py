"""Host facts from the XML of hwloc, versions 2 and 3 (``lstopo --whole-io --of xml``)."""

from __future__ import annotations

import re

import msgspec
from lxml import etree

from devaddr_xml.model.errors import ProbeError
from devaddr_xml.model.host import HostFacts, HostPciDevice
from devaddr_xml.model.host_tree import check_host, is_address
from devaddr_xml.probe.pci_tree import Found, host_devices

_LARGEST = 1 << 25
#: More CPUs than any host has.
_MOST_CPUS = 1 << 16
#: What hwloc writes of a PCI function: class, and in brackets vendor and device.
_PCI_TYPE = re.compile(r"([0-9a-f]{4}) \[([0-9a-f]{4}):([0-9a-f]{4})\]")
_HOST_BRIDGE_BUSES = re.compile(r"([0-9a-f]{4,8}):\[([0-9a-f]{2})-[0-9a-f]{2}\]")
_SET = re.compile(r"(?:0xf\.\.\.f,?)?(?:0x[0-9a-f]{1,8}|)(?:,(?:0x[0-9a-f]{1,8}|))*")
#: More words of 32 members than any set of CPUs or nodes has.
_MOST_WORDS = 1 << 9
_VERSIONS = ("2", "3")
_HOST, _PCI = "0", "1"
#: What the names of virtual functions have in the PCI ID database, whoever made them.
_VIRTUAL = "virtual function"


def is_hwloc(content: bytes) -> bool:
    """Whether a file is an XML document and no JSON."""
    return content[:256].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def parse_hwloc(content: bytes) -> HostFacts:
    """What a topology says of PCI devices and of the CPUs of NUMA nodes; raises ProbeError when it is none.

    It says neither IOMMU groups nor BARs. A function is virtual where its name in the PCI ID database says so, which
    hwloc writes as ``PCIDevice``; hwloc must have that database.
    """
    root = _parsed(content)
    reader = _Reader()
    reader.read(root)
    reader.find_physical_functions()
    facts = HostFacts(pci=host_devices(reader.found), cpus=dict(sorted(reader.cpus.items())))
    check_host(facts)
    return facts


def _parsed(content: bytes) -> etree._Element:
    if len(content) > _LARGEST or b"<!ENTITY" in content:
        raise ProbeError("the file is not an hwloc topology: it is too large, or declares entities")
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, remove_comments=True)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise ProbeError(f"the file is not XML: {error}") from error
    if root.tag != "topology":
        raise ProbeError(f"the file is not an hwloc topology: its root is <{str(root.tag)[:60]}>, and not <topology>")
    version = root.get("version", "1")
    if version.partition(".")[0] not in _VERSIONS:
        raise ProbeError(
            f"the topology is of hwloc's XML version {version[:20]}; versions 2 and 3 are read",
            remedy="Write it with lstopo of hwloc 2 or newer: lstopo --whole-io --of xml",
        )
    return root


class _Reader:
    def __init__(self) -> None:
        self.found: dict[str, Found] = {}
        self.cpus: dict[int, tuple[int, ...]] = {}
        self._virtual: list[str] = []
        self._count = 0

    def read(self, root: etree._Element) -> None:
        """Go over the objects, each with its locality, root complex and the bridges above it."""
        pending: list[tuple[etree._Element, int | None, str | None, tuple[str, ...]]] = [(root, None, None, ())]
        while pending:
            element, node, root_complex, parents = pending.pop()
            kind = element.get("type")
            if element.get("nodeset") is not None:
                nodes = members(element.get("nodeset", ""))
                node = nodes[0] if len(nodes) == 1 else None
            if kind == "NUMANode":
                self._node(element)
            elif kind == "Bridge" and (element.get("bridge_type") or "").startswith(_HOST):
                root_complex, parents = _host_bridge(element), ()
            if (address := element.get("pci_busid")) is not None and kind in ("Bridge", "PCIDev"):
                self._function(element, address, node, root_complex, parents)
                parents = (*parents, address) if kind == "Bridge" else parents
            pending += [(child, node, root_complex, parents) for child in element.iterchildren("object")]

    def find_physical_functions(self) -> None:
        """Name the physical function of each virtual one: of its vendor, below the same bridge, the first there is."""
        physical: dict[tuple[object, ...], str] = {}
        virtual = frozenset(self._virtual)
        for address in sorted(self.found.keys() - virtual):
            physical.setdefault(self._place(address), address)
        for address in self._virtual:
            facts, is_bridge = self.found[address]
            physfn = physical.get(self._place(address))
            self.found[address] = Found(msgspec.structs.replace(facts, physfn=physfn), is_bridge)

    def _place(self, address: str) -> tuple[object, ...]:
        facts = self.found[address].facts
        return facts.root_complex, facts.parents, facts.vendor

    def _node(self, element: etree._Element) -> None:
        text = element.get("os_index", "")
        if text.isascii() and text.isdigit() and len(text) < 6:
            cpus = self.cpus[int(text)] = members(element.get("cpuset", ""))
            self._count += len(cpus)
            if self._count > _MOST_CPUS:
                raise ProbeError(f"the topology has more than {_MOST_CPUS} CPUs, which no host has")

    def _function(
        self,
        element: etree._Element,
        address: str,
        node: int | None,
        root_complex: str | None,
        parents: tuple[str, ...],
    ) -> None:
        if not is_address(address):
            raise ProbeError(f'the topology has a PCI device at "{address[:60]}", which is not a PCI address')
        if address in self.found:
            raise ProbeError(f"the topology has the PCI device {address} twice")
        if _VIRTUAL in _name(element).lower():
            self._virtual.append(address)
        identity = _PCI_TYPE.match(element.get("pci_type", ""))
        facts = HostPciDevice(
            express=True if _speed(element) else None,
            numa_node=node,
            root_complex=root_complex,
            parents=parents,
            class_=f"0x{identity[1]}00" if identity else None,
            vendor=f"0x{identity[2]}" if identity else None,
            device=f"0x{identity[3]}" if identity else None,
        )
        self.found[address] = Found(facts, element.get("type") == "Bridge")


def _name(element: etree._Element) -> str:
    """The name of a function in the PCI ID database."""
    return next((info.get("value", "") for info in element.iterchildren("info") if info.get("name") == "PCIDevice"), "")


def _speed(element: etree._Element) -> bool:
    """Whether the link of a function has a speed, which conventional PCI does not tell."""
    return element.get("pci_link_speed", "").strip("0.") != ""


def _host_bridge(element: etree._Element) -> str | None:
    """The name that Linux has for a host bridge, by its domain and lowest bus."""
    buses = _HOST_BRIDGE_BUSES.fullmatch(element.get("bridge_pci", ""))
    return f"pci{buses[1]}:{buses[2]}" if buses else None


def members(text: str) -> tuple[int, ...]:
    """The members of a set as hwloc writes it: words of 32 bits in hexadecimal, the highest first; none if endless."""
    if not _SET.fullmatch(text) or text.count(",") > _MOST_WORDS or text.startswith("0xf...f"):
        return ()
    value = 0
    for word in text.split(","):
        value = value << 32 | int(word or "0", 16)
    return tuple([bit for bit, digit in enumerate(reversed(f"{value:b}")) if digit == "1"])
