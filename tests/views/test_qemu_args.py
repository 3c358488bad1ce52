"""QEMU's arguments; the expected ones are those that libvirt 9.0 builds for such domains."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from devaddr_xml.model.address import (
    CcidAddress,
    CcwAddress,
    DimmAddress,
    DriveAddress,
    PciAddress,
    SpaprVioAddress,
    UsbAddress,
    VirtioSerialAddress,
)
from devaddr_xml.model.device import (
    Channel,
    Console,
    Controller,
    Device,
    Disk,
    Hostdev,
    HostSource,
    Hub,
    Interface,
    Memory,
    Rng,
    Serial,
    Smartcard,
    Video,
)
from devaddr_xml.model.guest import Guest
from devaddr_xml.views.qemu_args import qemu_arguments


def controllers(guest: Guest) -> list[str]:
    return [json.dumps(one, separators=(",", ":")) for one in qemu_arguments(guest).controllers]


def places(guest: Guest) -> list[dict[str, object]]:
    return [dict(placed.properties) for placed in qemu_arguments(guest).devices]


def test_pcie_controllers(make: SimpleNamespace) -> None:
    guest = make.q35(
        make.bridge(1, "pcie-root-port", "00:02.0", chassis=1, port=16),
        make.bridge(2, "pcie-expander-bus", "00:03.0", bus_nr=200, node=1),
        make.bridge(3, "pcie-root-port", "02:00.0", chassis=3, port=0, hotplug=False),
        make.bridge(4, "pcie-switch-upstream-port", "01:00.0"),
        make.bridge(5, "pcie-switch-downstream-port", "04:00.0", chassis=5, port=0),
        make.bridge(6, "dmi-to-pci-bridge", "00:1e.0"),
        make.bridge(7, "pci-bridge", "06:00.0", chassis_nr=7),
        make.bridge(8, "pcie-to-pci-bridge", "03:00.0"),
        make.bridge(9, "pcie-root-port", "00:02.1", chassis=9, port=17, model_name="ioh3420"),
        ports=0,
    )
    guest.devices[1].address = PciAddress(slot=2, multifunction=True)
    assert controllers(guest) == [
        '{"driver":"pcie-root-port","port":16,"chassis":1,"id":"pci.1","bus":"pcie.0","multifunction":true,"addr":"0x2"}',
        '{"driver":"pxb-pcie","bus_nr":200,"id":"pci.2","numa_node":1,"bus":"pcie.0","addr":"0x3"}',
        '{"driver":"pcie-root-port","port":0,"chassis":3,"id":"pci.3","hotplug":false,"bus":"pci.2","addr":"0x0"}',
        '{"driver":"x3130-upstream","id":"pci.4","bus":"pci.1","addr":"0x0"}',
        '{"driver":"xio3130-downstream","port":0,"chassis":5,"id":"pci.5","bus":"pci.4","addr":"0x0"}',
        '{"driver":"i82801b11-bridge","id":"pci.6","bus":"pcie.0","addr":"0x1e"}',
        '{"driver":"pci-bridge","chassis_nr":7,"id":"pci.7","bus":"pci.6","addr":"0x0"}',
        '{"driver":"pcie-pci-bridge","id":"pci.8","bus":"pci.3","addr":"0x0"}',
        '{"driver":"ioh3420","port":17,"chassis":9,"id":"pci.9","bus":"pcie.0","addr":"0x2.0x1"}',
    ]


def test_a_controller_comes_after_the_one_that_it_sits_on(make: SimpleNamespace) -> None:
    guest = make.q35(
        make.bridge(1, "pcie-to-pci-bridge", "02:00.0"), make.bridge(2, "pcie-root-port", "00:02.0"), ports=0
    )
    assert [json.loads(one)["id"] for one in controllers(guest)] == ["pci.2", "pci.1"]


def test_other_controllers(make: SimpleNamespace) -> None:
    guest = make.i440fx(
        Controller(type="virtio-serial", index=3, vectors=4, ports=8, address=make.pci("00:0a.0")),
        Controller(type="ide", index=0, address=make.pci("00:01.1")),
        Controller(type="fdc", index=0),
        Controller(type="ccid", index=0, address=UsbAddress(0, (1,))),
        Controller(type="sata", index=0, address=make.pci("00:0b.0")),
        Controller(type="scsi", index=0, model="virtio-scsi", address=make.pci("00:04.0")),
        Controller(type="scsi", index=1, model="lsilogic", address=make.pci("00:05.0")),
        Controller(type="scsi", index=2, model="virtio-transitional", address=make.pci("00:06.0")),
        Controller(type="usb", index=1, model="ich9-uhci1", master_startport=0, address=make.pci("00:08.0", True)),
        Controller(type="usb", index=1, model="ich9-ehci1", address=make.pci("00:08.7")),
        Controller(type="usb", index=2, model="nec-xhci", ports=8, address=make.pci("00:09.0")),
        Controller(type="usb", index=0, model="piix3-uhci", address=make.pci("00:01.2")),
    )
    assert controllers(guest) == [
        '{"driver":"piix3-usb-uhci","id":"usb","bus":"pci.0","addr":"0x1.0x2"}',
        '{"driver":"ich9-usb-ehci1","id":"usb1","bus":"pci.0","addr":"0x8.0x7"}',
        '{"driver":"ich9-usb-uhci1","masterbus":"usb1.0","firstport":0,"bus":"pci.0","multifunction":true,"addr":"0x8"}',
        '{"driver":"nec-usb-xhci","p2":8,"p3":8,"id":"usb2","bus":"pci.0","addr":"0x9"}',
        '{"driver":"virtio-scsi-pci","id":"scsi0","bus":"pci.0","addr":"0x4"}',
        '{"driver":"lsi","id":"scsi1","bus":"pci.0","addr":"0x5"}',
        '{"driver":"virtio-scsi-pci-transitional","id":"scsi2","bus":"pci.0","addr":"0x6"}',
        '{"driver":"ahci","id":"sata0","bus":"pci.0","addr":"0xb"}',
        '{"driver":"virtio-serial-pci","id":"virtio-serial3","max_ports":8,"vectors":4,"bus":"pci.0","addr":"0xa"}',
        '{"driver":"usb-ccid","id":"ccid0","bus":"usb.0","port":"1"}',
    ]


def test_devices_of_q35(make: SimpleNamespace) -> None:
    devices: list[Device] = [
        Controller(type="sata", index=0, address=make.pci("00:1f.2")),
        Controller(type="scsi", index=0, model="virtio-scsi", address=make.pci("01:00.0")),
        Controller(type="scsi", index=1, model="lsilogic", address=make.pci("02:00.0")),
        make.disk("vdb", "03:00.0"),
        Disk(target="vdc", bus="virtio", alias="ua-mine", address=make.pci("04:00.1")),
        Disk(target="sdb", bus="sata", address=DriveAddress(0, 0, 0, 1)),
        Disk(target="sdc", bus="scsi", address=DriveAddress(0, 0, 2, 1)),
        Disk(target="sdd", bus="scsi", address=DriveAddress(1, 0, 0, 3)),
        Disk(target="sde", bus="usb", address=UsbAddress(0, (1, 2))),
        Disk(target="fdb", bus="fdc", device="floppy", address=DriveAddress(unit=1)),
        Hub(address=UsbAddress(0, (1,))),
        Channel(target_type="virtio", address=VirtioSerialAddress(0, 0, 3)),
        Smartcard(address=CcidAddress(0, 0)),
        Memory(model="dimm", address=DimmAddress(slot=2)),
        Rng(model="virtio"),
        Video(model="qxl", address=make.pci("04:00.2")),
        Video(model="qxl", primary=True, address=make.pci("00:01.0")),
        make.nic(1, "04:00.3"),
        Interface(type="hostdev", address=make.pci("04:00.4")),
        Hostdev(type="pci", source=HostSource(), address=make.pci("04:00.5")),
    ]
    assert places(make.q35(*devices)) == [
        {"id": "virtio-disk1", "bus": "pci.3", "addr": "0x0"},
        {"id": "ua-mine", "bus": "pci.4", "addr": "0x0.0x1"},
        {"id": "sata0-0-1", "bus": "ide.1"},
        {"id": "scsi0-0-2-1", "bus": "scsi0.0", "channel": 0, "scsi-id": 2, "lun": 1},
        {"id": "scsi1-0-3", "bus": "scsi1.0", "scsi-id": 3},
        {"id": "usb-disk4", "bus": "usb.0", "port": "1.2"},
        {"id": "fdc0-0-1", "unit": 1},
        {"id": "hub0", "bus": "usb.0", "port": "1"},
        {"id": "channel0", "bus": "virtio-serial0.0", "nr": 3},
        {"id": "smartcard0", "bus": "ccid0.0"},
        {"id": "dimm2", "slot": 2},
        {"id": "video1", "bus": "pci.4", "addr": "0x0.0x2"},
        {"id": "video0", "bus": "pcie.0", "addr": "0x1"},
        {"id": "net0", "bus": "pci.4", "addr": "0x0.0x3"},
        {"id": "hostdev0", "bus": "pci.4", "addr": "0x0.0x4"},
        {"id": "hostdev1", "bus": "pci.4", "addr": "0x0.0x5"},
    ]


def test_ide(make: SimpleNamespace) -> None:
    guest = make.i440fx(
        Controller(type="ide", index=0, address=make.pci("00:01.1")),
        Disk(target="hdc", bus="ide", address=DriveAddress(0, 1, 0, 0)),
    )
    assert places(guest) == [{"id": "ide0-1-0", "bus": "ide.1", "unit": 0}]


def test_s390x() -> None:
    devices: list[Device] = [
        Controller(type="pci", index=0, model="pci-root"),
        Controller(type="scsi", index=0, model="virtio-scsi", address=CcwAddress(0xFE, 0, 2)),
        Disk(target="vda", bus="virtio", address=CcwAddress(0xFE, 0, 1)),
        Interface(mac="1", address=PciAddress(slot=1, zpci_uid=1, zpci_fid=0)),
    ]
    guest = Guest(arch="s390x", machine="s390-ccw-virtio", devices=devices)
    assert controllers(guest) == [
        '{"driver":"virtio-scsi-ccw","id":"scsi0","devno":"fe.0.0002"}',
        '{"driver":"zpci","uid":1,"fid":0,"target":"net0","id":"zpci1"}',
    ]
    assert places(guest) == [
        {"id": "virtio-disk0", "devno": "fe.0.0001"},
        {"id": "net0", "bus": "pci.0", "addr": "0x1"},
    ]


def test_pseries(make: SimpleNamespace) -> None:
    devices: list[Device] = [
        make.bridge(0, "pci-root", target_index=0, model_name="spapr-pci-host-bridge"),
        make.bridge(1, "pci-root", target_index=3, node=1, model_name="spapr-pci-host-bridge"),
        make.bridge(2, "pci-bridge", "01:02.0", chassis_nr=2),
        Controller(type="scsi", index=0, model="ibmvscsi", address=SpaprVioAddress(0x2000)),
        make.nic(1, "01:05.0"),
        Serial(target_type="spapr-vio-serial", port=0, address=SpaprVioAddress(0x30000000)),
        Console(target_type="serial", address=SpaprVioAddress(0x30000000)),
    ]
    guest = Guest(arch="ppc64", machine="pseries", devices=devices)
    assert controllers(guest) == [
        '{"driver":"spapr-pci-host-bridge","index":3,"id":"pci.1","numa_node":1}',
        '{"driver":"pci-bridge","chassis_nr":2,"id":"pci.2","bus":"pci.1.0","addr":"0x2"}',
        '{"driver":"spapr-vscsi","id":"scsi0","reg":8192}',
    ]
    assert places(guest) == [{"id": "net0", "bus": "pci.1.0", "addr": "0x5"}, {"id": "serial0", "reg": 0x30000000}]


@pytest.mark.parametrize("family", ["q35", "pc"])
def test_floppies_have_a_controller_of_their_own_on_q35(family: str) -> None:
    guest = Guest(arch="x86_64", machine=family, devices=[Controller(type="fdc", index=0)])
    assert controllers(guest) == (['{"driver":"isa-fdc"}'] if family == "q35" else [])


def test_command_line(make: SimpleNamespace) -> None:
    words = qemu_arguments(make.q35(ports=1)).command_line()
    assert words[0] == "-device"
    assert json.loads(words[1])["id"] == "pci.1"
    assert json.loads(qemu_arguments(make.q35()).to_json())["devices"] == []
