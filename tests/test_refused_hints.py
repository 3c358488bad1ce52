"""Documents with contradictory or impossible hints: each is refused for its reason, and nothing is written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import devaddr_xml
from devaddr_xml.cli.process import outcome
from devaddr_xml.model.errors import HintError

REFUSED = Path(__file__).resolve().parent.parent / "fixtures" / "refused"

#: For each document: the device that the error names, the hint that it names, and words of its reason.
EXPECTED: dict[str, tuple[str, str, str]] = {
    "unknown-hint": ("disk vda", "nod", 'Did you mean "node"'),
    "unknown-tunable": ("policy", "spare-port", 'Did you mean "spare-ports"'),
    "wrong-hotplug-value": ("interface 52:54:00:00:00:01", 'hotplug="on"', "yes or no"),
    "misspelled-numa-mode": ("policy", 'numa="stric"', 'Did you mean "strict"'),
    "negative-node": ("disk vda", 'node="-1"', "a number from 0"),
    "negative-spare-ports": ("policy", 'spare-ports="-4"', "a number from 0"),
    "no-disks-on-a-controller": ("policy", 'scsi-units="0"', "from 1 to 255"),
    "unknown-layout-version": ("policy", 'version="7"', "is not a number from 1 to 2"),
    "entry-without-reference": ("device", "ref", "needs the attribute"),
    "reference-to-nothing": ("vdc", 'reference "vdc"', "names no device"),
    "reference-to-two": ("52:54:00:00:00:01", "reference", "names 2 devices"),
    "two-policies": ("policy", "second policy", "Combine them in one"),
    "policy-outside-metadata": ("", "devaddr:policy", "in the <metadata>"),
    "hint-on-a-part": ("", "node", "is not a device"),
    "hint-said-twice": ("disk vda", "node", '"1" (line'),
    "entries-that-disagree": ("disk vda", "hotplug", '"no" (line'),
    "namespace-of-another-version": ("", "urn:devaddr-xml:hints:2", "not known"),
    "prefix-inside-the-policy": ("policy", "devaddr:numa", "without prefix"),
    "unknown-entry": ("policy", "devaddr:ports", "has no element"),
    "nameless-slot-group": ("disk vda", 'slot-group=""', "any name"),
    "hotplug-in-a-slot-group": ("disk vda", 'slot-group="system"', 'hotplug="yes" exclude'),
    "slot-group-on-its-own-bus": ("disk vda", 'slot-group="system"', 'own-bus="yes" exclude'),
    "bus-group-on-its-own-bus": ("disk vda", 'bus-group="fast"', 'own-bus="yes" exclude'),
    "hotplug-behind-a-closed-port": ("disk vda", 'hotplug="yes"', 'port-hotplug="off" exclude'),
    "no-hotplug-behind-an-open-port": ("disk vda", 'hotplug="no"', 'port-hotplug="on" exclude'),
    "hotplug-on-the-root-complex": ("disk vda", 'placement="root-complex"', "nothing on pcie.0"),
    "node-on-the-root-complex": ("disk vda", 'placement="root-complex"', "belongs to no node"),
    "node-on-the-conventional-root": ("disk vda", 'placement="root-complex"', "belongs to no node"),
    "named-root-complex-on-pcie-0": ("disk vda", 'root-complex="pci0000:80"', "belongs to no node"),
    "own-bus-on-the-root-complex": ("disk vda", 'own-bus="yes"', "shares the bus"),
    "bus-group-on-the-root-complex": ("disk vda", 'bus-group="fast"', "shares the bus"),
    "port-of-an-integrated-endpoint": ("disk vda", 'port-hotplug="off"', "has no port"),
    "conventional-behind-a-root-port": ("disk vda", 'placement="root-port"', 'bus="pci" exclude'),
    "conventional-behind-a-switch": ("disk vda", 'placement="switch"', 'bus="pci" exclude'),
    "express-behind-a-bridge": ("disk vda", 'placement="bridge"', 'bus="pcie" exclude'),
    "bus-group-behind-a-root-port": ("disk vda", 'bus-group="fast"', "one slot only"),
    "root-port-on-i440fx": ("disk vda", 'placement="root-port"', "conventional PCI only"),
    "express-bus-on-i440fx": ("disk vda", 'bus="pcie"', "conventional PCI only"),
    "port-on-i440fx": ("disk vda", 'port-hotplug="on"', "conventional PCI only"),
    "switch-on-pseries": ("disk vda", 'placement="switch"', "conventional PCI only"),
    "express-bus-on-pseries": ("disk vda", 'bus="pcie"', "conventional PCI only"),
    "port-on-pseries": ("disk vda", 'port-hotplug="off"', "conventional PCI only"),
    "node-on-s390x": ("disk vda", 'node="1"', "no PCI slots"),
    "root-complex-on-s390x": ("disk vda", 'root-complex="pci0000:00"', "no PCI slots"),
    "placement-on-s390x": ("disk vda", 'placement="bridge"', "no PCI slots"),
    "slot-group-on-s390x": ("disk vda", 'slot-group="system"', "no PCI slots"),
    "own-bus-on-s390x": ("disk vda", 'own-bus="yes"', "no PCI slots"),
    "no-hotplug-on-s390x": ("disk vda", 'hotplug="no"', "no PCI slots"),
    "spare-ports-on-s390x": ("policy", 'spare-ports="4"', "no PCI slots"),
    "spare-node-on-s390x": ("spare", 'node="0"', "no PCI slots"),
    "node-on-riscv": ("disk vda", 'node="1"', "no expander buses"),
    "spare-node-on-riscv": ("spare", 'node="1"', "no expander buses"),
    "root-complex-on-loongarch": ("disk vda", 'root-complex="a"', "no expander buses"),
    "node-on-isapc": ("sound", 'node="0"', "no PCI slots"),
    "node-without-cells": ("disk vda", 'node="0"', "no NUMA cells"),
    "node-beyond-the-cells": ("disk vda", 'node="5"', "NUMA cells are 0, 1"),
    "node-beyond-the-cells-of-pseries": ("disk vda", 'node="2"', "NUMA cells are 0, 1"),
    "spare-node-beyond-the-cells": ("spare", 'node="2"', "NUMA cells are 0, 1"),
    "spare-node-twice": ("spare", "node 1", "given twice, 2 and 3"),
    "spare-ports-that-are-closed": ("policy", 'port-hotplug="off"', "no free port would be hotpluggable"),
    "node-of-a-scsi-disk": ("disk sda", 'node="1"', 'ref="scsi.0"'),
    "sata-disk-that-stays": ("disk sda", 'hotplug="no"', 'ref="sata.0"'),
    "hotplug-of-an-ide-disk": ("disk hda", 'hotplug="yes"', "bus of type ide"),
    "slot-group-of-a-usb-tablet": ("input", 'slot-group="system"', "a USB bus"),
    "node-of-a-ps2-mouse": ("input", 'node="0"', "places on PCI buses"),
    "node-of-a-channel": ("channel", 'node="1"', 'ref="virtio-serial.0"'),
    "own-bus-of-a-serial-port": ("serial", 'own-bus="yes"', "places on PCI buses"),
    "placement-of-a-graphics-server": ("graphics", 'placement="root-port"', "places on PCI buses"),
    "node-of-a-dimm": ("memory", 'node="1"', "places on PCI buses"),
    "hint-on-the-root": ("controller pci.0", 'node="1"', "which the machine has"),
    "slot-group-of-a-root-port": ("controller pci.1", 'slot-group="ports"', "this is a pcie-root-port"),
    "hotplug-of-a-root-port": ("controller pci.1", 'hotplug="no"', "port-hotplug"),
    "node-of-another-expander": ("controller pci.1", 'node="1"', "<node>0</node>"),
    "node-of-the-chipset": ("controller sata.0", 'node="1"', "the chipset has"),
    "own-bus-of-the-chipset": ("controller ide.0", 'own-bus="yes"', "the chipset has"),
    "hotplug-of-the-chipset": ("controller usb.0", 'hotplug="yes"', "the chipset has"),
    "express-only-on-a-conventional-bus": ("interface 52:54:00:00:00:01", 'bus="pci"', "PCI Express only"),
    "express-only-behind-a-bridge": ("interface 52:54:00:00:00:01", 'placement="bridge"', "PCI Express only"),
    "conventional-only-on-an-express-bus": ("interface 52:54:00:00:00:01", 'bus="pcie"', "conventional PCI only"),
    "conventional-only-behind-a-root-port": ("sound", 'placement="root-port"', "conventional PCI"),
    "node-of-an-integrated-device": ("panic", 'node="1"', "only be on bus 0"),
    "hotplug-of-an-integrated-device": ("panic", 'hotplug="yes"', "cannot be"),
    "slot-group-of-a-transport": ("disk vda", 'slot-group="a"', "memory-mapped"),
    "node-of-a-vio-interface": ("interface 52:54:00:00:00:01", 'node="1"', "virtual I/O"),
    "node-of-a-kept-away-device": ("hostdev 0000:41:00.0", 'node="1"', "unassigned"),
    "hint-on-a-missing-balloon": ("memballoon", 'hotplug="no"', "places on PCI buses"),
    "nine-functions": ("disk vdi", 'slot-group="system"', "ninth member"),
    "nine-functions-on-pseries": ("disk vdi", 'slot-group="system"', "ninth member"),
    "slot-group-over-two-nodes": ("disk vdb", 'slot-group="a"', 'node="1" and node="0"'),
    "slot-group-half-on-a-node": ("disk vdb", 'slot-group="a"', 'no node and node="1"'),
    "slot-group-over-two-root-complexes": ("disk vdb", 'slot-group="a"', 'root-complex="y" and root-complex="x"'),
    "slot-group-over-two-placements": ("disk vdb", 'slot-group="a"', 'placement="switch" and placement="root-port"'),
    "slot-group-over-two-bus-groups": ("disk vdb", 'slot-group="a"', 'bus-group="y" and bus-group="x"'),
    "slot-group-over-two-kinds-of-bus": ("disk vdb", 'slot-group="a"', "on bus pci and one on bus pcie"),
    "slot-group-of-two-kinds": ("interface 52:54:00:00:00:01", 'slot-group="a"', "PCI Express only"),
    "bus-group-over-two-nodes": ("disk vdb", 'bus-group="a"', 'node="1" and node="0"'),
    "bus-group-over-two-kinds-of-bus": ("disk vdb", 'bus-group="a"', "on bus pci and one on bus pcie"),
    "address-that-is-not-hotpluggable": ("disk vda", 'hotplug="yes"', "cannot be hotplugged"),
    "address-on-another-node": ("disk vda", 'node="1"', "NUMA cell 0"),
    "address-on-no-node": ("disk vda", 'node="1"', "on no NUMA cell"),
    "address-on-no-node-of-pseries": ("disk vda", 'node="1"', "on no NUMA cell"),
    "addresses-in-two-slots": ("disk vdb", "slot-group", "0000:00:08.0 and 0000:00:07.0"),
    "address-on-a-shared-bus": ("disk vda", 'own-bus="yes"', "on the same bus"),
    "address-not-behind-a-bridge": ("disk vda", 'placement="bridge"', "on a pcie-root"),
    "address-behind-a-port": ("disk vda", 'bus="pci"', "on a pcie-root-port"),
    "address-beside-another-function": ("disk vda", 'hotplug="yes"', "shares its slot with disk vdb"),
    "opposite-hints-for-one-port": ("disk vdb", "hotplug", "disk vda"),
    "addresses-below-one-expander": ("disk vdb", "root-complex", "disk vda"),
    "stranger-on-the-bus-of-a-group": ("disk vda", "bus-group", "disk vdb"),
    "port-of-an-address-on-pcie-0": ("disk vda", 'port-hotplug="off"', "no root port"),
}


def test_every_document_is_in_the_table() -> None:
    assert {path.stem for path in REFUSED.glob("*.xml")} == set(EXPECTED)
    assert len(EXPECTED) >= 60


def test_all_kinds_of_machines_are_there() -> None:
    machines = [re.findall(r'machine="([^"]+)"', path.read_text())[0] for path in REFUSED.glob("*.xml")]
    for machine in ("q35", "pc", "virt", "pseries", "s390-ccw-virtio"):
        assert machines.count(machine) >= 6


@pytest.mark.parametrize("name", EXPECTED)
def test_it_says_why_it_is_refused(name: str) -> None:
    assert re.match(r"<!-- \S[^<>]{10,}\. -->\n<domain ", (REFUSED / f"{name}.xml").read_text())


@pytest.mark.parametrize(("name", "words"), EXPECTED.items(), ids=EXPECTED)
def test_it_is_refused(name: str, words: tuple[str, str, str]) -> None:
    text = (REFUSED / f"{name}.xml").read_text()
    with pytest.raises(HintError) as caught:
        devaddr_xml.assign(text)
    for word in words:
        assert word in str(caught.value)
    assert caught.value.line is not None
    assert 1 < caught.value.line <= text.count("\n")


@pytest.mark.parametrize("name", EXPECTED)
def test_nothing_is_written(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target, path = tmp_path / "target.xml", tmp_path / f"{name}.xml"
    target.write_text("what was there before")
    before = (REFUSED / f"{name}.xml").read_bytes()
    path.write_bytes(before)
    assert outcome(["assign", str(path), "-o", str(target)]) == 1
    assert outcome(["assign", "--in-place", str(path)]) == 1
    assert target.read_text() == "what was there before"
    assert path.read_bytes() == before
    assert {entry.name for entry in tmp_path.iterdir()} == {"target.xml", f"{name}.xml"}
    written = capsys.readouterr()
    assert not written.out
    assert re.search(rf"{name}\.xml:\d+: error: ", written.err)
    assert "Traceback" not in written.err


def test_what_the_machine_lacks_is_only_a_warning_when_nodes_are_preferred() -> None:
    for name in (
        "node-on-s390x",
        "slot-group-on-s390x",
        "node-on-riscv",
        "node-without-cells",
        "node-beyond-the-cells",
    ):
        text = (REFUSED / f"{name}.xml").read_text()
        result = devaddr_xml.assign(text, policy=devaddr_xml.Policy(numa="prefer"))
        assert any(EXPECTED[name][1] in str(warning) for warning in result.warnings)
        assert devaddr_xml.assign(result.xml).xml == result.xml
