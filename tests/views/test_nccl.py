"""The topology file for NCCL."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner
from host_trees import facts
from lxml import etree
from properties.host_guests import HostGuest, Passed, guest_devices

import devaddr_xml
from devaddr_xml.cli.group import commands
from devaddr_xml.model.host import HostFacts
from devaddr_xml.views.nccl import as_nccl

HOST = facts("""
pci0000:10
  0000:10:01.0 root-port node=0
    0000:11:00.0 upstream-port node=0
      0000:12:00.0 downstream-port node=0
        0000:13:00.0 node=0 class=0x030200
      0000:12:01.0 downstream-port node=0
        0000:14:00.0 node=0 class=0x020700
pci0000:80
  0000:80:01.0 root-port node=1
    0000:81:00.0 node=1 class=0x030200
""")
GUEST = HostGuest(HOST, [Passed(f"0000:{bus}:00.0", False) for bus in ("13", "14", "81")], [1, 0])


def tree(element: etree._Element) -> list[object]:
    """Classes and numbers of cells, nested."""
    return [(child.get("numaid") or child.get("class"), tree(child)) for child in element]


def test_the_tree_of_the_host_for_a_guest_that_is_flat() -> None:
    flat = devaddr_xml.assign(GUEST.xml(policy='numa="off"')).guest
    root = etree.fromstring(as_nccl(flat, HOST))
    assert (root.tag, root.get("version")) == ("system", "1")
    assert tree(root) == [
        ("0", [("0x030200", [])]),
        ("1", [("0x060400", [("0x030200", []), ("0x020700", [])])]),
    ]
    assert [cpu.get("affinity") for cpu in root] == ["00000001", "00000002"]


def test_the_tree_of_the_guest_where_nothing_is_known_of_the_host() -> None:
    mirrored = devaddr_xml.assign(GUEST.xml(), host=HOST)
    root = etree.fromstring(as_nccl(mirrored.guest, HostFacts()))
    assert tree(root) == [("0", [(None, [])]), ("1", [("0x060400", [(None, []), (None, [])])])]
    switches = guest_devices(mirrored.xml)["0000:13:00.0"].switches
    assert len(switches) == 1


def test_addresses_are_those_that_the_guest_sees() -> None:
    mirrored = devaddr_xml.assign(GUEST.xml(), host=HOST)
    root = etree.fromstring(as_nccl(mirrored.guest, HOST))
    seen = [element.get("busid") for element in root.iter("pci") if not len(element)]
    assert len(set(seen)) == 3
    assert all(bus.startswith("0000:") and int(bus[5:7], 16) > 0 for bus in seen)


def test_the_command(tmp_path: Path) -> None:
    path, host = tmp_path / "guest.xml", tmp_path / "host.json"
    path.write_text(devaddr_xml.assign(GUEST.xml(), host=HOST).xml)
    host.write_text(HOST.to_json())
    made = tmp_path / "topology.xml"
    options = ["show", "--format", "nccl", "--host", str(host), "-o", str(made), str(path)]
    done = CliRunner().invoke(commands, options)
    assert done.exit_code == 0, done.output
    assert len(etree.parse(made).findall(".//pci[@class='0x060400']")) == 1
    assert CliRunner().invoke(commands, ["show", "-f", "nccl", "--compare", "x", str(path)]).exit_code == 2
