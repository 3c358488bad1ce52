"""Places as text: the same from libvirt's addresses and from QEMU's properties."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from devaddr_xml.probe.places import address_place, port_details, qemu_place, qemu_port_details

#: An address, what QEMU says of a device there, and the kind of controller that the device is on.
SAME: dict[str, tuple[str, dict[str, Any], str | None]] = {
    "pci 0000:00:02.3": (
        "type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x3'",
        {"parent_bus": "/machine/q35/pcie.0", "addr": 0x13},
        None,
    ),
    "pci 0000:0b:1f.0": ("type='pci' bus='11' slot='0x1f'", {"parent_bus": "/a/pci.11/pci.11", "addr": 0xF8}, None),
    "pci 0000:01:01.0": (
        "type='pci' bus='1' slot='1'",
        {"parent_bus": "/machine/peripheral/pci.1/pci.1.0", "addr": 8},
        None,
    ),
    "drive 1:0:0:3": (
        "type='drive' controller='1' unit='3'",
        {"parent_bus": "/x/scsi1.0", "channel": 0, "scsi-id": 0, "lun": 3},
        "virtio-scsi",
    ),
    "drive 0:0:0:5": (
        "type='drive' controller='0' bus='0' target='0' unit='5'",
        {"parent_bus": "/x/scsi0.0", "channel": 0, "scsi-id": 5, "lun": 0},
        "lsilogic",
    ),
    "drive 0:0:0:4": ("type='drive' unit='4'", {"parent_bus": "/u/device[3]/ide.4", "unit": 0}, "sata"),
    "drive 0:1:0:1": ("type='drive' bus='1' unit='1'", {"parent_bus": "/u/device[3]/ide.1", "unit": 1}, "ide"),
    "drive 2:0:0:1": ("type='drive' controller='2' unit='1'", {"parent_bus": "/x/sata2.1", "unit": 0}, "sata"),
    "drive 0:0:0:1": ("type='drive' unit='1'", {"parent_bus": "/x/floppy-bus.0", "unit": 1}, "fdc"),
    "usb 0:1.2": (
        "type='usb' bus='0' port='1.2'",
        {"parent_bus": "/machine/peripheral/usb/usb.0", "port": "1.2"},
        None,
    ),
    "usb 3:1": ("type='usb' bus='3' port='1'", {"parent_bus": "/machine/peripheral/usb3/usb3.0", "port": "1"}, None),
    "virtio-serial 1:0:4": (
        "type='virtio-serial' controller='1' bus='0' port='4'",
        {"parent_bus": "/x/virtio-backend/virtio-serial1.0", "nr": 4},
        None,
    ),
    "ccid 0:0": ("type='ccid' controller='0' slot='0'", {"parent_bus": "/x/ccid0.0", "slot": 0}, None),
    "ccw fe.0.000a": (
        "type='ccw' cssid='0xfe' ssid='0x0' devno='0x000a'",
        {"parent_bus": "/machine/virtual-css-bridge/virtual-css", "devno": "fe.0.000a"},
        None,
    ),
    "spapr-vio 0x30000000": (
        "type='spapr-vio' reg='0x30000000'",
        {"parent_bus": "/s/spapr-vio", "reg": 0x30000000},
        None,
    ),
}


@pytest.mark.parametrize("text", SAME)
def test_both_say_the_same(text: str) -> None:
    address, properties, controller = SAME[text]
    assert address_place(etree.fromstring(f"<disk><address {address}/></disk>")) == text
    assert qemu_place(properties, controller) == text


@pytest.mark.parametrize("address", ["", "<address type='none'/>", "<address type='usb' bus='0'/>"])
def test_no_place(address: str) -> None:
    assert address_place(etree.fromstring(f"<disk>{address}</disk>")) is None


def test_device_off_every_known_bus() -> None:
    assert qemu_place({"parent_bus": "/machine/unattached/sysbus"}) is None
    assert qemu_place({}) is None


def test_numbers_of_ports_and_expanders() -> None:
    port = etree.fromstring("<controller type='pci'><target chassis='3' port='0x1a'/></controller>")
    expander = etree.fromstring("<controller type='pci'><target busNr='240'><node>1</node></target></controller>")
    assert port_details(port) == qemu_port_details({"chassis": 3, "port": 26}) == {"chassis": 3, "port": 26}
    assert (
        port_details(expander) == qemu_port_details({"bus_nr": 240, "numa_node": 1}) == {"bus number": 240, "node": 1}
    )
    assert port_details(etree.fromstring("<controller type='scsi'/>")) == {}
