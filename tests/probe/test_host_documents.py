"""libvirt's documents about a host and its QEMU."""

from __future__ import annotations

import pytest

from devaddr_xml.model.errors import ProbeError
from devaddr_xml.model.host import HostPciDevice
from devaddr_xml.probe.domain_capabilities import told_flags
from devaddr_xml.probe.host_devices import host_architecture, host_cpus, host_pci, machines, parse
from devaddr_xml.probe.libvirt import version

NODE_DEVICE = """
<device><name>pci_0001_41_0a_3</name><path>/sys/devices/pci0001:40/0001:40:01.1/0001:41:0a.3</path>
  <capability type='pci'><class>0x020000</class><domain>1</domain><bus>65</bus><slot>10</slot><function>3</function>
    <capability type='phys_function'><address domain='0x0001' bus='0x41' slot='0x00' function='0x0'/></capability>
    <iommuGroup number='17'><address domain='0x0001' bus='0x41' slot='0x0a' function='0x3'/></iommuGroup>
    <numa node='1'/><pci-express><link validity='cap' port='0' speed='8' width='8'/></pci-express>
  </capability></device>"""

ROOT_PORT = """
<device><name>pci_0001_40_01_1</name><path>/sys/devices/pci0001:40/0001:40:01.1</path>
  <capability type='pci'><class>0x060400</class><domain>1</domain><bus>64</bus><slot>1</slot><function>1</function>
    <product id='0x347a'/><vendor id='0x8086'/><capability type='pci-bridge'/>
    <pci-express><link validity='cap' port='0' speed='8' width='8'/></pci-express></capability></device>"""

PLAIN_DEVICE = """
<device><name>pci_0000_00_03_0</name><path>/sys/devices/pci0000:00/0000:00:03.0</path>
  <capability type='pci'><domain>0</domain><bus>0</bus><slot>3</slot><function>0</function></capability></device>"""

CAPABILITIES = """
<capabilities><host><cpu><arch>x86_64</arch></cpu>
  <topology><cells num='2'>
    <cell id='0'><cpus num='2'><cpu id='0'/><cpu id='2'/></cpus></cell>
    <cell id='1'><cpus num='1'><cpu id='1'/></cpus></cell></cells></topology></host>
  <guest><os_type>hvm</os_type><arch name='x86_64'><emulator>/usr/bin/qemu-system-x86_64</emulator>
    <machine maxCpus='255'>pc-i440fx-7.2</machine><machine canonical='pc-i440fx-7.2' maxCpus='255'>pc</machine>
    <domain type='kvm'><machine canonical='pc-q35-7.2'>q35</machine></domain></arch></guest>
</capabilities>"""

DOMAIN = """
<domainCapabilities><devices>
  <video supported='yes'><enum name='modelType'><value>vga</value><value>virtio</value></enum></video>
  <redirdev supported='no'/>
  </devices><features><ps2 supported='yes'/></features></domainCapabilities>"""


def test_pci_devices() -> None:
    assert host_pci([PLAIN_DEVICE, NODE_DEVICE, ROOT_PORT]) == {
        "0000:00:03.0": HostPciDevice(express=False, root_complex="pci0000:00"),
        "0001:40:01.1": HostPciDevice(
            express=True,
            root_complex="pci0001:40",
            kind="root-port",
            class_="0x060400",
            vendor="0x8086",
            device="0x347a",
        ),
        "0001:41:0a.3": HostPciDevice(
            iommu_group=17,
            express=True,
            numa_node=1,
            root_complex="pci0001:40",
            parents=("0001:40:01.1",),
            physfn="0001:41:00.0",
            class_="0x020000",
        ),
    }


def test_device_that_is_not_pci() -> None:
    assert host_pci(["<device><name>net</name><capability type='net'/></device>"]) == {}


def test_capabilities() -> None:
    root = parse(CAPABILITIES)
    assert host_architecture(root) == "x86_64"
    assert host_cpus(root) == {0: (0, 2), 1: (1,)}
    offered = machines(root, "x86_64")
    assert offered.aliases == {"pc": "pc-i440fx-7.2", "q35": "pc-q35-7.2"}
    assert offered.names == {"pc", "q35", "pc-i440fx-7.2", "pc-q35-7.2"}
    assert machines(root, "s390x").aliases == {}


def test_flags_are_corrected_by_what_is_told_and_kept_otherwise() -> None:
    known = frozenset({"VGA", "cirrus-vga", "usb-redir", "pcie-root-port", "virtio-rng"})
    assert told_flags(parse(DOMAIN), known) == {
        "VGA",
        "virtio-gpu",
        "pcie-root-port",
        "virtio-rng",
        "machine-i8042-opt",
    }


def test_document_that_is_none() -> None:
    with pytest.raises(ProbeError, match="not XML"):
        parse("no document")


def test_versions() -> None:
    assert version(9000000) == (9, 0, 0)
    assert version(11003012) == (11, 3, 12)
