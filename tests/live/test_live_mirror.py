"""A guest that mirrors its host: its own sysfs, as ``probe --sysfs`` reads it, has the host's clusters and nodes.

Devices that need nothing stand in for those of the host, at their places.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest
from host_trees import SERVER, facts, hgx
from live.guest import KERNELS, booted
from lxml import etree
from properties.host_guests import HostGuest, Level, Passed, host_levels

from devaddr_xml import assign
from devaddr_xml.domxml.nested import read_guest
from devaddr_xml.engine.finished.topology import Topology
from devaddr_xml.engine.hints.host_devices import host_address
from devaddr_xml.model.host import HostFacts
from devaddr_xml.probe.sysfs import probe_sysfs

#: A root complex with integrated endpoints, and switches in one branch that are three levels deep.
UNEQUAL = """
pci0000:00
  0000:00:02.0 node=0
  0000:00:1f.3 node=0
  0000:00:01.0 root-port node=0
    0000:01:00.0 node=0
  0000:00:01.1 root-port node=0
    0000:02:00.0 upstream-port node=0
      0000:03:00.0 downstream-port node=0
        0000:04:00.0 node=0
      0000:03:01.0 downstream-port node=0
        0000:05:00.0 upstream-port node=0
          0000:06:00.0 downstream-port node=0
            0000:07:00.0 upstream-port node=0
              0000:08:00.0 downstream-port node=0
                0000:09:00.0 node=0
              0000:08:00.1 downstream-port node=0
                0000:0a:00.0 node=0
          0000:06:01.0 downstream-port node=0
            0000:0b:00.0 node=0
"""
#: A network card with eight physical functions and virtual ones in several slots, and another domain.
FUNCTIONS = (
    "pci0001:40\n  0001:40:01.0 root-port node=1\n"
    + "".join(f"    0001:41:00.{function} node=1\n" for function in range(8))
    + "".join(f"    0001:41:{n >> 3:02x}.{n & 7} node=1 physfn=0001:41:00.0\n" for n in (8, 9, 16))
    + "pci0000:40\n  0000:40:01.0 root-port node=0\n    0000:41:00.1 node=0\n    0000:41:00.4 node=0\n"
)
#: Four nodes with a root complex each: a GPU on it, or a switch with a GPU and a card of two functions.
SUPERCHIPS = (
    "".join(f"pci{n:04x}:00\n  {n:04x}:00:00.0 root-port node={n}\n    {n:04x}:01:00.0 node={n}\n" for n in range(1, 4))
    + "pci0000:00\n  0000:00:00.0 root-port node=0\n    0000:01:00.0 upstream-port node=0\n"
    "      0000:02:00.0 downstream-port node=0\n        0000:03:00.0 node=0\n"
    "      0000:02:01.0 downstream-port node=0\n        0000:04:00.0 node=0\n        0000:04:00.1 node=0\n"
)


#: What Linux finds on Arm with the firmware of Debian 12, which calls its flash memory that is on no node.
WITHOUT_NODES: tuple[int, ...] = ()


class Tree(NamedTuple):
    """A host, the host node of each guest cell, and the machine of the guest."""

    text: str
    cells: tuple[int, ...]
    arch: str = "x86_64"
    machine: str = "q35"


TREES = {
    "HGX": Tree(hgx(), (1, 0)),
    "two sockets": Tree(SERVER, (0, 1)),
    "unequal depth": Tree(UNEQUAL, (0,)),
    "functions": Tree(FUNCTIONS, (1, 0)),
    "no cells": Tree(SUPERCHIPS, ()),
    "superchips": Tree(SUPERCHIPS, (0, 1, 2, 3), "aarch64", "virt"),
}


@pytest.mark.parametrize("name", TREES)
def test_the_guest_has_the_clusters_and_nodes_of_its_host(
    name: str, connection: Any, ability: Any, tmp_path: Path
) -> None:
    tree = TREES[name]
    if not all((KERNELS / arch / "complete").exists() for arch in ("amd64", "arm64")):
        pytest.skip(f"there is no guest kernel in {KERNELS}; .ci/live fetches it")
    host = facts(tree.text)
    passed = [Passed(a, at % 5 == 4) for at, a in enumerate(host.pci) if host.pci[a].kind is None]
    made = HostGuest(host, passed[::-1], list(tree.cells))
    capabilities, _ = ability(tree.arch)
    xml = assign(small(made.xml(tree.arch, tree.machine)), capabilities=capabilities, host=host).xml
    with booted(connection, with_stand_ins(xml), tmp_path, tree.arch, packed=True) as guest:
        seen = probe_sysfs(guest.sysfs(tmp_path))
    places = addresses(xml)
    assert set(places.values()) <= set(seen.pci)
    assert levels(seen, places, len(tree.cells)) == host_levels(made)
    cells = tree.cells if len(seen.cpus) == len(tree.cells) or tree.arch == "x86_64" else WITHOUT_NODES
    for source, place in places.items():
        node = host.pci[source].numa_node
        assert seen.pci[place].numa_node == (cells.index(node) if node in cells else -1), source


def small(xml: str) -> str:
    """The domain with little memory, which is enough for a kernel that lists its devices."""
    document = etree.fromstring(xml)
    cells = document.findall("cpu/numa/cell")
    each = 512 // max(len(cells), 1)
    for cell in cells:
        cell.set("memory", str(each))
        cell.set("unit", "MiB")
    memory = document.find("memory")
    memory.set("unit", "MiB")
    memory.text = "512"
    devices = document.find("devices")
    etree.SubElement(devices, "serial", type="pty")
    etree.SubElement(devices, "controller", type="usb", model="none")
    etree.SubElement(devices, "memballoon", model="none")
    return etree.tostring(document, encoding="unicode")


def with_stand_ins(xml: str) -> str:
    """The domain with a random number generator at the place of every host device."""
    document = etree.fromstring(xml)
    devices = document.find("devices")
    for number, device in enumerate(devices.findall("hostdev")):
        address = device.find("address")
        stand_in = etree.Element("rng", model="virtio")
        etree.SubElement(stand_in, "backend", model="random").text = "/dev/urandom"
        stand_in.append(address)
        devices.replace(device, stand_in)
        assert number < 64
    return etree.tostring(document, encoding="unicode")


def addresses(xml: str) -> dict[str, str]:
    """The address in the guest of each host device."""
    topology = Topology(read_guest(xml))
    found = {}
    for device in topology.guest.devices:
        source = host_address(device)
        if source is not None:
            found[str(source)] = str(topology.guest_address(device))
    return found


def levels(seen: HostFacts, places: dict[str, str], cells: int) -> dict[frozenset[str], Level]:
    """How close every two devices are in the guest, under their names on the host."""
    sources = {place: source for source, place in places.items()}
    inside = HostGuest(seen, [Passed(place, False) for place in sources], list(range(cells)))
    return {frozenset(sources[place] for place in pair): level for pair, level in host_levels(inside).items()}
