"""A guest kernel finds every device at the address, on the NUMA node and by the network name that we foretell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from live.guest import KERNELS, Seen, booted
from lxml import etree

from devaddr_xml import assign
from devaddr_xml.engine.finished.network_names import network_names
from devaddr_xml.engine.finished.topology import Topology
from devaddr_xml.model.address import PciAddress
from devaddr_xml.operations.assign import Assignment

HINTS = "urn:devaddr-xml:hints:1"

#: What the chipset itself puts on bus 0 of each machine, by address.
CHIPSET = {
    "q35": {"0000:00:00.0", "0000:00:1f.0", "0000:00:1f.3"},
    "pc": {"0000:00:00.0", "0000:00:01.0", "0000:00:01.1", "0000:00:01.3"},
    "virt": {"0000:00:00.0"},
}


@pytest.fixture(scope="module", autouse=True)
def _kernels() -> None:
    for arch in ("amd64", "arm64"):
        if not (KERNELS / arch / "complete").exists():
            pytest.skip(f"there is no guest kernel in {KERNELS / arch}; .ci/live fetches it")


def domain(machine: str, nodes: int, devices: str, policy: str = "", arch: str = "x86_64") -> str:
    """A domain with this many NUMA cells of one vCPU each."""
    cells = "".join(f"<cell id='{n}' cpus='{n}' memory='128' unit='MiB'/>" for n in range(nodes))
    numa = f"<cpu><numa>{cells}</numa></cpu>" if nodes else ""
    acpi = "<features><acpi/></features>" if arch == "x86_64" else ""
    return f"""
    <domain type='qemu' xmlns:devaddr='{HINTS}'><name>live</name>
      <metadata><devaddr:policy version='1' {policy or "/>"}</metadata>
      <memory unit='MiB'>{128 * nodes or 512}</memory><vcpu>{nodes or 1}</vcpu>
      <os><type arch='{arch}' machine='{machine}'>hvm</type></os>{acpi}{numa}
      <devices>{devices}<serial type='pty'/></devices>
    </domain>"""


def card(number: int, hints: str = "", model: str = "virtio") -> str:
    mac = f"<mac address='52:54:00:00:00:{number:02x}'/>"
    return f"<interface type='user' {hints}>{mac}<model type='{model}'/></interface>"


def on_every_node(nodes: int, each: int = 3) -> str:
    """Network cards and a disk for every node, and a card for none."""
    cards = [card(16 * node + n, f"devaddr:node='{node}'") for node in range(nodes) for n in range(each)]
    disks = [
        f"<disk type='block' device='disk' devaddr:node='{node}'><source dev='/dev/null'/>"
        f"<target dev='vd{chr(ord('a') + node)}' bus='virtio'/></disk>"
        for node in range(nodes)
    ]
    return "".join([*cards, *disks, card(255)])


def spares(nodes: int, ports: int) -> str:
    return ">" + "".join(f"<devaddr:spare node='{n}' ports='{ports}'/>" for n in range(nodes)) + "</devaddr:policy>"


LAYOUTS: dict[str, tuple[str, str]] = {
    "q35 2 nodes": ("q35", domain("q35", 2, on_every_node(2))),
    "q35 4 nodes": ("q35", domain("q35", 4, on_every_node(4))),
    "q35 8 nodes": ("q35", domain("q35", 8, on_every_node(8))),
    "q35 2 nodes with spare ports": ("q35", domain("q35", 2, on_every_node(2), "profile='hotplug' " + spares(2, 3))),
    "q35 2 nodes in functions": ("q35", domain("q35", 2, on_every_node(2, 9), "profile='packed'/>")),
    "q35 2 nodes with root complexes": (
        "q35",
        domain(
            "q35",
            2,
            "".join(card(n, f"devaddr:node='{n % 2}' devaddr:root-complex='rc{n // 2}'") for n in range(6)),
        ),
    ),
    "q35 integrated": ("q35", domain("q35", 0, "".join(card(n) for n in range(6)), "profile='integrated'/>")),
    "q35 switch": ("q35", domain("q35", 0, "".join(card(n) for n in range(6)), "pcie-placement='switch'/>")),
    "q35 conventional": (
        "q35",
        domain("q35", 0, "".join(card(n, model=m) for n, m in enumerate(("e1000", "rtl8139", "virtio", "e1000e")))),
    ),
    "q35 slot group": (
        "q35",
        domain("q35", 0, "".join(card(n, "devaddr:slot-group='system'") for n in range(5)) + card(9)),
    ),
    "i440fx 2 nodes": ("pc", domain("pc", 2, on_every_node(2))),
    "i440fx 4 nodes": ("pc", domain("pc", 4, on_every_node(4))),
    "i440fx 8 nodes": ("pc", domain("pc", 8, on_every_node(8, 2))),
    "i440fx own bus": ("pc", domain("pc", 0, card(1, "devaddr:own-bus='yes'") + card(2))),
    "aarch64": (
        "virt",
        domain("virt", 0, card(1) + card(2, model="e1000") + card(3), "profile='hotplug'/>", arch="aarch64"),
    ),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_guest_finds_everything(name: str, connection: Any, ability: Any, tmp_path: Path) -> None:
    machine, xml = LAYOUTS[name]
    arch = "aarch64" if machine == "virt" else "x86_64"
    capabilities, host = ability(arch)
    assignment = assign(xml, capabilities=capabilities, host=host)
    with booted(connection, assignment.xml, tmp_path, arch) as guest:
        seen = guest.look()
    topology = Topology(assignment.guest)
    assert foretold(topology) == found(seen, topology, machine)
    if arch == "x86_64":
        check_nodes(assignment, xml, seen)
        assert foretold_names(topology) == found_names(seen)


def foretold(topology: Topology) -> dict[str, int]:
    """The node of every PCI device that the guest can have by its address; -1: none."""
    places = {}
    for device in topology.guest.devices:
        if isinstance(device.address, PciAddress):
            node = topology.node_of(device)
            places[str(topology.guest_address(device))] = -1 if node is None else node
    return places


def found(seen: Seen, topology: Topology, machine: str) -> dict[str, int]:
    """The same as the guest has it, without what the chipset and the expanders bring themselves."""
    own = set(CHIPSET[machine]) if machine != "pc" else CHIPSET["pc"] - set(foretold(topology))
    internal = {
        f"0000:{bus.controller.bus_nr:02x}:00.0" for bus in topology.roots if bus.is_expander and machine == "pc"
    }
    return {address: device.node for address, device in seen.devices.items() if address not in own | internal}


def check_nodes(assignment: Assignment, xml: str, seen: Seen) -> None:
    """Every network card and disk is on the node that was asked for, or on none."""
    topology = Topology(assignment.guest)
    wanted = {}
    for element in etree.fromstring(xml).iterfind("devices/*"):
        node = element.get(f"{{{HINTS}}}node")
        name = element.find("mac" if element.tag == "interface" else "target")
        if name is not None and element.tag in ("interface", "disk"):
            wanted[name.get("address") or name.get("dev")] = -1 if node is None else int(node)
    got = {}
    for device in assignment.guest.devices:
        name = getattr(device, "mac", None) or getattr(device, "target", None)
        if name in wanted:
            got[name] = seen.devices[str(topology.guest_address(device))].node
    assert got == wanted


def foretold_names(topology: Topology) -> dict[str, tuple[str | None, str | None]]:
    names = network_names(topology)
    return {
        device.mac: (names[id(device)].slot, names[id(device)].path)
        for device in topology.guest.devices
        if id(device) in names and device.model.startswith("virtio")
    }


def found_names(seen: Seen) -> dict[str, tuple[str | None, str | None]]:
    """The kernel has drivers for virtio cards only."""
    return {mac: (names.get("ID_NET_NAME_SLOT"), names.get("ID_NET_NAME_PATH")) for mac, names in seen.names.items()}
