"""Hosts of any shape, guests with some of their devices, and the clusters that both have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec
from hypothesis import strategies as st
from lxml import etree

from devaddr_xml.model.host import HostFacts, HostPciDevice

#: The closest common bridge of two devices, and of switches how many are around both.
Level = tuple[str, int]


class Passed(NamedTuple):
    """A passed-through device: its host address, and whether it is an interface."""

    address: str
    interface: bool


class HostGuest(msgspec.Struct):
    """A host, and a guest that has some of its devices, in this order. cells: the host node of each guest cell."""

    facts: HostFacts
    passed: list[Passed]
    cells: list[int]

    def xml(self, arch: str = "x86_64", machine: str = "q35", policy: str = 'topology="mirror"') -> str:
        """The domain."""
        cells = "".join(
            f'<cell id="{number}" cpus="{number}" memory="1" unit="GiB"/>' for number in range(len(self.cells))
        )
        nodes = "".join(
            f'<memnode cellid="{cell}" mode="strict" nodeset="{node}"/>' for cell, node in enumerate(self.cells)
        )
        numa = f"<numatune>{nodes}</numatune><cpu><numa>{cells}</numa></cpu>" if cells else ""
        devices = "".join(_element(number, each) for number, each in enumerate(self.passed))
        return (
            f'<domain type="kvm"><name>g</name><memory unit="GiB">{max(len(self.cells), 1)}</memory>'
            f"<vcpu>{max(len(self.cells), 1)}</vcpu>"
            f'<metadata><d:policy xmlns:d="urn:devaddr-xml:hints:1" {policy}/></metadata>'
            f'<os><type arch="{arch}" machine="{machine}">hvm</type></os><features><acpi/></features>{numa}'
            '<devices><disk type="file" device="disk"><source file="/a"/><target dev="vda" bus="virtio"/></disk>'
            f"{devices}</devices></domain>"
        )


def _element(number: int, passed: Passed) -> str:
    domain, bus, rest = passed.address.split(":")
    slot, function = rest.split(".")
    address = f'domain="0x{domain}" bus="0x{bus}" slot="0x{slot}" function="0x{function}"'
    if passed.interface:
        mac = f'<mac address="52:54:00:00:{number >> 8:02x}:{number & 255:02x}"/>'
        return f'<interface type="hostdev">{mac}<source><address type="pci" {address}/></source></interface>'
    return f'<hostdev mode="subsystem" type="pci"><source><address {address}/></source></hostdev>'


class _Builder:
    """A host in the making: bus numbers are given as firmware gives them."""

    def __init__(self, draw: st.DrawFn, domain: int) -> None:
        self.draw = draw
        self.domain = domain
        self.bus = 0
        self.pci: dict[str, HostPciDevice] = {}
        self.endpoints: list[str] = []

    def add(self, bus: int, slot: int, function: int, **facts: object) -> str:
        address = f"{self.domain:04x}:{bus:02x}:{slot:02x}.{function}"
        self.pci[address] = HostPciDevice(**({"express": True} | facts))  # type: ignore[arg-type]
        return address

    def root_complex(self, node: int) -> None:
        root = self.bus
        self.bus += 1
        common = {"root_complex": f"pci{self.domain:04x}:{root:02x}", "numa_node": node}
        for slot in range(1, 1 + self.draw(st.integers(1, 3))):
            what = self.draw(st.sampled_from(("integrated", "bridge", *("port",) * 6)))
            if what == "integrated":
                self.device(root, slot, (), common, False)
                continue
            port = self.add(root, slot, 0, kind="root-port", **common)
            if what == "bridge":
                self.conventional(self.next_bus(), (port,), common)
            else:
                self.below(self.next_bus(), (port,), common, self.draw(st.integers(0, 3)))

    def next_bus(self) -> int:
        self.bus += 1
        return self.bus

    def below(self, bus: int, parents: tuple[str, ...], common: dict[str, object], depth: int) -> None:
        if not depth or self.bus > 200:
            self.device(bus, 0, parents, common, self.draw(st.booleans()))
            return
        up = self.add(bus, 0, 0, kind="upstream-port", parents=parents, **common)
        if self.draw(st.integers(0, 5)) == 0:
            self.endpoints.append(self.add(bus, 0, 1, parents=parents, **common))
        inside = self.next_bus()
        as_functions = self.draw(st.booleans())
        for number in range(self.draw(st.integers(1, 3))):
            path = (*parents, up)
            slot, function = (0, number) if as_functions else (number, 0)
            down = self.add(inside, slot, function, kind="downstream-port", parents=path, **common)
            self.below(self.next_bus(), (*path, down), common, self.draw(st.integers(0, depth - 1)))

    def conventional(self, bus: int, parents: tuple[str, ...], common: dict[str, object]) -> None:
        """Slots of conventional PCI behind a bridge."""
        bridge = self.add(bus, 0, 0, kind="bridge", parents=parents, **common)
        inside = self.next_bus()
        for slot in range(self.draw(st.integers(1, 2))):
            self.device(inside, slot, (*parents, bridge), common | {"express": False}, False)

    def device(
        self, bus: int, slot: int, parents: tuple[str, ...], common: dict[str, object], has_virtual: bool
    ) -> None:
        functions = sorted(self.draw(st.sets(st.integers(0, 7), min_size=1, max_size=4)) if bus or slot else {0})
        if has_virtual:
            functions = list(range(self.draw(st.integers(1, 2))))
        own = [self.add(bus, slot, function, parents=parents, **common) for function in functions]
        self.endpoints += own
        if has_virtual:
            self.virtual(bus, own, parents, common)

    def virtual(self, bus: int, physical: list[str], parents: tuple[str, ...], common: dict[str, object]) -> None:
        """Virtual functions, at any slot of the bus: with ARI slot and function are one number."""
        first = self.draw(st.integers(len(physical), 20))
        for number in range(first, first + self.draw(st.integers(0, 5))):
            physfn = physical[number % len(physical)]
            at = self.add(bus, number >> 3, number & 7, parents=parents, physfn=physfn, **common)
            self.endpoints.append(at)


@st.composite
def host_guests(draw: st.DrawFn, most: int = 24, cells: bool = True) -> HostGuest:
    """A host with root complexes on several nodes, and a guest with some of its devices in any order."""
    pci: dict[str, HostPciDevice] = {}
    endpoints: list[str] = []
    nodes = draw(st.integers(1, 4))
    for domain in range(draw(st.integers(1, 2))):
        builder = _Builder(draw, domain)
        for _ in range(draw(st.integers(1, 3))):
            builder.root_complex(draw(st.integers(-1, nodes - 1)))
            builder.next_bus()
        pci |= builder.pci
        endpoints += builder.endpoints
    chosen = draw(st.permutations(endpoints))[: draw(st.integers(1, most))]
    passed = [Passed(address, draw(st.integers(0, 3)) == 0) for address in chosen]
    return HostGuest(HostFacts(pci=pci), passed, draw(st.permutations(range(nodes))) if cells else [])


def host_levels(guest: HostGuest) -> dict[frozenset[str], Level]:
    """How close every two of the passed-through devices are on the host, by the definition and nothing else."""
    facts = guest.facts.pci
    names = [passed.address for passed in guest.passed]
    paths = {
        name: (*[p for p in facts[name].parents if facts[p].kind == "upstream-port"], _slot(facts, name))
        for name in names
    }
    below: dict[str, set[str]] = {}
    for path in paths.values():
        for at, switch in enumerate(path[:-1]):
            below.setdefault(switch, set()).add(path[at + 1])
    found: dict[frozenset[str], Level] = {}
    for one in names:
        for two in names:
            if one >= two:
                continue
            common = [p for p, q in zip(paths[one][:-1], paths[two][:-1], strict=False) if p == q and len(below[p]) > 1]
            if paths[one] == paths[two]:
                level: Level = ("slot", 0)
            elif common:
                level = ("switch", len(common))
            elif facts[one].root_complex == facts[two].root_complex:
                level = ("root complex", 0)
            elif guest.cells and facts[one].numa_node == facts[two].numa_node != -1:
                level = ("cell", 0)
            else:
                level = ("nothing", 0)
            found[frozenset((one, two))] = level
    return found


def _slot(facts: dict[str, HostPciDevice], name: str) -> str:
    return name if facts[name].physfn is not None else name.rpartition(".")[0]


class GuestDevice(NamedTuple):
    """Where a device is in a finished document."""

    slot: tuple[int, int]
    function: int
    switches: tuple[int, ...]
    top: int
    cell: int | None


def guest_devices(xml: str) -> dict[str, GuestDevice]:
    """The places of the passed-through devices by host address, read from the document alone."""
    root = etree.fromstring(xml)
    buses = {int(c.get("index", "")): c for c in root.iterfind("devices/controller[@type='pci']")}
    found = {}
    for element in (*root.iterfind("devices/hostdev"), *root.iterfind("devices/interface[@type='hostdev']")):
        source = element.find("source/address")
        assert source is not None
        name = "{:04x}:{:02x}:{:02x}.{:x}".format(*_numbers(source))
        address = element.find("address")
        assert address is not None
        _, bus, slot, function = _numbers(address)
        above = list(_above(buses, bus))
        switches = [index for index in reversed(above) if buses[index].get("model") == "pcie-switch-upstream-port"]
        top = buses[above[-1]]
        node = top.findtext("target/node")
        found[name] = GuestDevice((bus, slot), function, tuple(switches), above[-1], int(node) if node else None)
    return found


def _above(buses: dict[int, etree._Element], bus: int) -> Iterator[int]:
    while True:
        yield bus
        address = buses[bus].find("address")
        if address is None or "expander" in buses[bus].get("model", ""):
            return
        bus = _numbers(address)[1]


def _numbers(element: etree._Element) -> tuple[int, int, int, int]:
    domain, bus, slot, function = (int(element.get(name, "0"), 16) for name in ("domain", "bus", "slot", "function"))
    return domain, bus, slot, function


def guest_levels(devices: dict[str, GuestDevice]) -> dict[frozenset[str], Level]:
    """How close every two of the devices are in the guest."""
    found: dict[frozenset[str], Level] = {}
    for one, here in devices.items():
        for two, there in devices.items():
            if one >= two:
                continue
            common = sum(p == q for p, q in zip(here.switches, there.switches, strict=False))
            if here.slot == there.slot:
                level: Level = ("slot", 0)
            elif common:
                level = ("switch", common)
            elif here.top == there.top:
                level = ("root complex", 0)
            elif here.cell is not None and here.cell == there.cell:
                level = ("cell", 0)
            else:
                level = ("nothing", 0)
            found[frozenset((one, two))] = level
    return found
