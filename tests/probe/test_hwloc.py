"""Host facts from the XML of hwloc."""

from __future__ import annotations

from pathlib import Path

import pytest

from devaddr_xml.model.errors import ProbeError
from devaddr_xml.probe.hwloc import members, parse_hwloc
from devaddr_xml.probe.snapshot import load_host_facts

TOPOLOGY = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE topology SYSTEM "hwloc2.dtd">
<topology version="{version}">
  <object type="Machine" os_index="0" cpuset="0x000000ff" nodeset="0x00000003">
    <object type="Package" os_index="0" cpuset="0x0000000f" nodeset="0x00000001">
      <object type="NUMANode" os_index="0" cpuset="0x0000000f" nodeset="0x00000001"/>
      <object type="Bridge" bridge_type="0-1" depth="0" bridge_pci="0000:[10-1f]">
        <object type="Bridge" bridge_type="1-1" depth="1" bridge_pci="0000:[11-18]" pci_busid="0000:10:01.0"
          pci_type="0604 [8086:347a] [0000:0000] 04" pci_link_speed="31.507692">
          <object type="Bridge" bridge_type="1-1" depth="2" bridge_pci="0000:[12-18]" pci_busid="0000:11:00.0"
            pci_type="0604 [1000:c030] [0000:0000] b0" pci_link_speed="31.507692">
            <object type="Bridge" bridge_type="1-1" depth="3" bridge_pci="0000:[13-13]" pci_busid="0000:12:00.0"
              pci_type="0604 [1000:c030] [0000:0000] b0" pci_link_speed="31.507692">
              <object type="PCIDev" pci_busid="0000:13:00.0" pci_type="0302 [10de:2330] [10de:16c1] a1"
                pci_link_speed="31.507692"><object type="OSDev" name="opencl0d0" osdev_type="5"/></object>
            </object>
          </object>
        </object>
        <object type="PCIDev" pci_busid="0000:10:05.0" pci_type="0200 [8086:1521] [0000:0000] 01"
          pci_link_speed="0.000000"/>
      </object>
    </object>
    <object type="Package" os_index="1" cpuset="0x000000f0" nodeset="0x00000002">
      <object type="NUMANode" os_index="1" cpuset="0x000000f0" nodeset="0x00000002"/>
    </object>
    <object type="Bridge" bridge_type="0-1" depth="0" bridge_pci="10000:[00-01]">
      <object type="PCIDev" pci_busid="10000:01:00.0" pci_type="0108 [144d:a80a] [0000:0000] 00"
        pci_link_speed="7.876923"/>
    </object>
  </object>
</topology>
"""


@pytest.mark.parametrize("version", ["2.0", "3.0"])
def test_a_topology(version: str, tmp_path: Path) -> None:
    path = tmp_path / "host.xml"
    path.write_text(TOPOLOGY.format(version=version))
    found = load_host_facts(path)
    assert found.cpus == {0: (0, 1, 2, 3), 1: (4, 5, 6, 7)}
    kinds = {address: device.kind for address, device in found.pci.items()}
    assert kinds == {
        "0000:10:01.0": "root-port",
        "0000:10:05.0": None,
        "0000:11:00.0": "upstream-port",
        "0000:12:00.0": "downstream-port",
        "0000:13:00.0": None,
        "10000:01:00.0": None,
    }
    gpu = found.pci["0000:13:00.0"]
    assert gpu.parents == ("0000:10:01.0", "0000:11:00.0", "0000:12:00.0")
    assert (gpu.numa_node, gpu.root_complex, gpu.express) == (0, "pci0000:10", True)
    assert (gpu.class_, gpu.vendor, gpu.device) == ("0x030200", "0x10de", "0x2330")
    disk = found.pci["10000:01:00.0"]
    assert (disk.numa_node, disk.root_complex, disk.parents) == (None, "pci10000:00", ())


def function(address: str, name: str = "", vendor: str = "15b3", inside: str = "") -> str:
    info = f'<info name="PCIVendor" value="V"/><info name="PCIDevice" value="{name}"/>' if name else ""
    kind = "Bridge" if inside else "PCIDev"
    bridge = 'bridge_type="1-1"' if inside else ""
    return (
        f'<object type="{kind}" {bridge} pci_busid="{address}" pci_type="{"0604" if inside else "0200"} '
        f'[{vendor}:1019] [0000:0000] 00" pci_link_speed="15.75">{info}{inside}</object>'
    )


VIRTUAL = "MT28800 Family [ConnectX-5 Ex Virtual Function]"


def test_virtual_functions_are_told_by_their_names() -> None:
    """Many virtual functions of two ports, also on a second bus, below one root port of many."""
    card = function("0000:21:00.0", "MT28800 Family [ConnectX-5 Ex]") + function("0000:21:00.1")
    card += "".join(function(f"0000:21:{n >> 3:02x}.{n & 7}", VIRTUAL) for n in range(2, 256))
    card += "".join(function(f"0000:22:{n >> 3:02x}.{n & 7}", VIRTUAL.upper()) for n in range(256))
    ports = function("0000:20:01.0", inside=card) + "".join(
        function(f"0000:20:{n:02x}.0", inside=function(f"0000:{0x40 + n:02x}:00.0", "H100", "10de"))
        for n in range(2, 18)
    )
    host = f'<object type="Bridge" bridge_type="0-1" bridge_pci="0000:[20-5f]">{ports}</object>'
    found = parse_hwloc(f'<topology version="2.0"><object type="Machine">{host}</object></topology>'.encode()).pci
    virtual = {address for address, device in found.items() if device.physfn is not None}
    assert len(virtual) == 510
    assert {found[address].physfn for address in virtual} == {"0000:21:00.0"}
    assert len(found) == 2 + 510 + 1 + 16 * 2


def test_a_virtual_function_without_its_physical_one() -> None:
    text = f'<topology version="3.0">{function("0000:21:00.2", VIRTUAL)}</topology>'
    assert parse_hwloc(text.encode()).pci["0000:21:00.2"].physfn is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<domain/>", "not an hwloc topology"),
        (b"<topology>", "not XML"),
        (b"<topology/>", "version 1"),
        (b'<topology version="4.0"/>', "version 4.0"),
        (b'<!DOCTYPE t [<!ENTITY a "b">]><topology version="2.0">&a;</topology>', "declares entities"),
        (b'<topology version="2.0"><object type="PCIDev" pci_busid="x"/></topology>', "not a PCI address"),
        (
            b'<topology version="2.0">' + b'<object type="PCIDev" pci_busid="0000:01:00.0"/>' * 2 + b"</topology>",
            "twice",
        ),
        (b'<topology version="2.0">' + b"<object>" * 100_000, "not XML"),
    ],
)
def test_what_is_no_topology(content: bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(ProbeError, match=words):
        parse_hwloc(content)
    path = tmp_path / "host.xml"
    path.write_bytes(content)
    with pytest.raises(ProbeError, match=r"host\.xml: .*" + words):
        load_host_facts(path)


def test_nodes_that_all_have_every_cpu() -> None:
    every = ",".join(["0xffffffff"] * 256)
    nodes = "".join(f'<object type="NUMANode" os_index="{n}" cpuset="{every}" nodeset="{every}"/>' for n in range(3000))
    with pytest.raises(ProbeError, match="more than 65536 CPUs"):
        parse_hwloc(f'<topology version="2.0">{nodes}</topology>'.encode())


def test_sets() -> None:
    assert members("0x00000001,0x80000003") == (0, 1, 31, 32)
    assert members("0x1,,0x2") == (1, 64)
    assert members("0xf...f,0x1") == members("0xf...f") == members("nonsense") == members("") == ()
    assert members(",".join(["0x1"] * 100_000)) == ()
