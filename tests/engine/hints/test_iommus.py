"""One smmuv3 for each expander bus with host devices, and the bus that a hint names."""

from __future__ import annotations

import re

import msgspec
import pytest

import devaddr_xml
from devaddr_xml.model.errors import DevaddrError, HintError, Unsupported
from devaddr_xml.probe.embedded import capabilities_for

DOMAIN = """<domain type='kvm' xmlns:d='urn:devaddr-xml:hints:1'>
  <name>grace</name><memory unit='GiB'>8</memory><vcpu>2</vcpu>
  <metadata><d:policy {policy}/></metadata>
  <os><type arch='aarch64' machine='virt'>hvm</type></os><features><acpi/><gic version='3'/></features>
  <cpu><numa><cell id='0' cpus='0-1' memory='8' unit='GiB'/><cell id='1' memory='0' unit='KiB'/></numa></cpu>
  <devices>
    <hostdev mode='subsystem' type='pci' d:node='0' d:root-complex='g0'>
      <source><address domain='0x0009' bus='0x01' slot='0x00' function='0x0'/></source><alias name='ua-g0'/>
      <acpi nodeset='{nodeset}'/>
    </hostdev>
    <hostdev mode='subsystem' type='pci' d:node='0' d:root-complex='g1'>
      <source><address domain='0x0019' bus='0x01' slot='0x00' function='0x0'/></source><acpi nodeset='1'/>
    </hostdev>
    {iommus}
  </devices>
</domain>
"""
ONE = "<iommu model='smmuv3'><driver accel='on' oas='48'/><alias name='ua-smmu'/></iommu>"


def assigned(
    iommus: str, policy: str = "iommu='per-root-complex'", libvirt: str = "12.8.0", nodeset: str = "0"
) -> devaddr_xml.Assignment:
    version = tuple(map(int, libvirt.split(".")))
    capabilities = msgspec.structs.replace(capabilities_for("aarch64"), libvirt_version=version)
    xml = DOMAIN.format(policy=policy, iommus=iommus, nodeset=nodeset)
    result = devaddr_xml.assign(xml, capabilities=capabilities)
    assert devaddr_xml.assign(result.xml, capabilities=capabilities).xml == result.xml
    return result


def served(xml: str) -> list[int]:
    return sorted(int(number) for number in re.findall(r"pciBus=['\"](\d+)['\"]", xml))


def expanders(xml: str) -> list[int]:
    return sorted(int(index) for index in re.findall(r"index=['\"](\d+)['\"] model=['\"]pcie-expander-bus", xml))


@pytest.mark.parametrize(
    "iommus", [ONE, ONE + "<iommu model='smmuv3'/>", "<iommu model='smmuv3'><driver pciBus='77' accel='on'/></iommu>"]
)
def test_one_for_each_expander(iommus: str) -> None:
    xml = assigned(iommus).xml
    assert len(expanders(xml)) == 2
    assert served(xml) == expanders(xml)
    assert xml.count("<iommu ") == 2


def test_a_copy_is_as_its_pattern_and_has_no_name() -> None:
    xml = assigned(ONE).xml
    assert xml.count("accel='on' oas='48'") == 2
    assert xml.count("ua-smmu") == 1


def test_as_given() -> None:
    assert served(assigned("<iommu model='smmuv3'><driver pciBus='0'/></iommu>", "numa='strict'").xml) == [0]
    with pytest.raises(DevaddrError, match="serves PCI controller 77"):
        assigned("<iommu model='smmuv3'><driver pciBus='77'/></iommu>", "numa='strict'")


def test_the_bus_of_a_device() -> None:
    hinted = ONE.replace("<iommu ", "<iommu d:pci-bus-of='0019:01:00.0' ")
    xml = assigned(hinted, "numa='strict'").xml
    assert served(xml) == [expanders(xml)[1]]


@pytest.mark.parametrize(
    ("iommus", "policy", "libvirt", "error", "words"),
    [
        ("", "iommu='per-root-complex'", "12.8.0", HintError, "no <iommu model='smmuv3'> to copy"),
        (ONE, "iommu='per-root-complex'", "11.9.0", HintError, "needs libvirt 11.10"),
        (ONE.replace("<iommu ", "<iommu d:pci-bus-of='ua-g0' "), "", "11.9.0", Unsupported, "libvirt 11.10"),
        (
            ONE.replace("<iommu ", "<iommu d:pci-bus-of='vda' "),
            "",
            "12.8.0",
            HintError,
            "does not name exactly one device",
        ),
        (ONE.replace("<iommu ", "<iommu d:node='0' d:pci-bus-of='ua-g0' "), "", "12.8.0", HintError, "has none"),
        (
            "<iommu model='smmuv3' d:pci-bus-of='ua-g0'><driver pciBus='77'/></iommu>",
            "",
            "12.8.0",
            HintError,
            "the <driver> says pciBus 77",
        ),
    ],
)
def test_what_cannot_be(iommus: str, policy: str, libvirt: str, error: type[DevaddrError], words: str) -> None:
    with pytest.raises(error, match=words) as caught:
        assigned(iommus, policy, libvirt)
    assert caught.value.line is not None


@pytest.mark.parametrize(("nodeset", "words"), [("1", "which another device has"), ("0,5-6", "no such cell")])
def test_nodesets(nodeset: str, words: str) -> None:
    told = [str(warning) for warning in assigned(ONE, nodeset=nodeset).warnings]
    assert any(words in text for text in told)
    assert not [text for text in map(str, assigned(ONE).warnings) if "nodeset" in text]
