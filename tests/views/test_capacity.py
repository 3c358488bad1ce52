"""Places of each kind: used, free, hotpluggable."""

from __future__ import annotations

from types import SimpleNamespace

import msgspec
import pytest
from examples import scaled
from hypothesis import given, settings
from hypothesis import strategies as st

import devaddr_xml
from devaddr_xml.model.address import (
    CcidAddress,
    CcwAddress,
    DimmAddress,
    DriveAddress,
    UsbAddress,
    VirtioSerialAddress,
)
from devaddr_xml.model.device import Channel, Console, Controller, Disk, Hub, Interface, Memory, Rng, Smartcard
from devaddr_xml.model.errors import DevaddrError
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.policy import Policy
from devaddr_xml.views.capacity import Capacity, capacity


def table(found: Capacity, kind: str) -> list[tuple[str, int | None, int, int, int]]:
    return [(r.where, r.node, r.used, r.free, r.hotpluggable) for r in found.rooms if r.kind == kind]


def test_ports_by_node(make: SimpleNamespace) -> None:
    guest = make.expanders()
    found = capacity(guest)
    assert table(found, "pcie-port") == [("all", None, 1, 1, 1), ("all", 0, 1, 0, 0), ("all", 1, 2, 1, 1)]
    assert found.total("pcie-port", node=1).free == 1
    next(d for d in guest.devices if getattr(d, "index", None) == 6).hotplug = False
    assert table(capacity(guest), "pcie-port")[2] == ("all", 1, 2, 1, 0)


def test_slots(make: SimpleNamespace) -> None:
    found = capacity(
        make.i440fx(
            make.bridge(1, "pci-bridge", "00:03.0"),
            make.bridge(2, "pci-expander-bus", "00:04.0", bus_nr=250, node=1),
            make.nic(1, "02:00.0"),
        )
    )
    assert table(found, "pci-slot") == [
        ("pci.0", None, 3, 28, 28),
        ("pci.1", None, 0, 31, 31),
        ("pci.2", 1, 1, 31, 0),
    ]
    assert table(found, "pcie-port") == []


def test_root_complex_is_not_hotpluggable(make: SimpleNamespace) -> None:
    assert table(capacity(make.q35()), "pcie-integrated") == [("pci.0", None, 2, 29, 0)]


def test_disk_units() -> None:
    devices = [
        Controller(type="scsi", index=0, model="virtio-scsi"),
        Controller(type="scsi", index=1, model="lsilogic"),
        Controller(type="sata", index=0),
        Controller(type="ide", index=0),
        Controller(type="fdc", index=0),
        Disk(bus="scsi", address=DriveAddress(0, 0, 0, 3)),
        Disk(bus="scsi", address=DriveAddress(0, 0, 2, 3)),
        Disk(bus="scsi", address=DriveAddress(1, 0, 0, 3)),
        Disk(bus="sata", address=DriveAddress(0, 0, 0, 0)),
        Disk(bus="ide", address=DriveAddress(0, 1, 0, 0)),
        Disk(bus="fdc", address=DriveAddress(0, 0, 0, 0)),
    ]
    found = capacity(Guest(arch="x86_64", machine="pc", devices=devices))
    assert table(found, "scsi-unit") == [("scsi.0", None, 2, 16383, 16383), ("scsi.1", None, 1, 6, 6)]
    assert table(found, "sata-unit") == [("sata.0", None, 1, 5, 0)]
    assert table(found, "ide-unit") == [("ide.0", None, 1, 3, 0)]
    assert table(found, "fdc-unit") == [("fdc.0", None, 1, 1, 0)]


def test_usb_ports_with_a_hub_and_companions() -> None:
    devices = [
        Controller(type="usb", index=0, model="ich9-ehci1"),
        Controller(type="usb", index=0, model="ich9-uhci1", master_startport=0),
        Controller(type="usb", index=1, model="qemu-xhci", ports=15),
        Disk(bus="usb", address=UsbAddress(0, (1, 8))),
        Hub(address=UsbAddress(0, (1,))),
        Disk(bus="usb", address=UsbAddress(1, (15,))),
        Disk(bus="usb", address=UsbAddress(1, (16,))),
    ]
    found = capacity(Guest(arch="x86_64", machine="pc", devices=devices))
    assert table(found, "usb-port") == [("usb.0", None, 2, 12, 12), ("usb.1", None, 1, 14, 14)]


def test_other_kinds() -> None:
    devices = [
        Controller(type="virtio-serial", index=0, ports=4),
        Channel(target_type="virtio", address=VirtioSerialAddress(0, 0, 1)),
        Console(target_type="virtio", address=VirtioSerialAddress(0, 0, 0)),
        Controller(type="ccid", index=0),
        Smartcard(address=CcidAddress(0, 0)),
        Memory(model="dimm", address=DimmAddress(slot=2)),
    ]
    found = capacity(Guest(arch="x86_64", machine="pc", memory_slots=4, devices=devices))
    assert table(found, "virtio-serial-port") == [("virtio-serial.0", None, 1, 2, 2)]
    assert table(found, "ccid-slot") == [("ccid.0", None, 1, 0, 0)]
    assert table(found, "memory-slot") == [("all", None, 1, 3, 3)]
    assert table(found, "ccw-device") == []


def test_channel_devices() -> None:
    devices = [
        Interface(address=CcwAddress(0xFE, 0, 0)),
        Rng(address=CcwAddress(0xFE, 0, 9)),
        Rng(address=CcwAddress()),
    ]
    found = capacity(Guest(arch="s390x", machine="s390-ccw-virtio", devices=devices))
    assert table(found, "ccw-device") == [("all", None, 2, 65534, 65534)]


def test_node_of_a_controller(make: SimpleNamespace) -> None:
    guest = make.expanders()
    guest.devices.append(Controller(type="scsi", index=0, model="virtio-scsi", address=make.pci("06:00.0")))
    assert table(capacity(guest), "scsi-unit")[0][1] == 1


def test_documents_are_completed_first() -> None:
    xml = "<domain type='kvm'><os><type arch='x86_64' machine='q35'>hvm</type></os><devices/></domain>"
    found = devaddr_xml.capacity(xml)
    assert found.total("pcie-port").free == 1
    assert devaddr_xml.capacity(f"<domainsnapshot>{xml}</domainsnapshot>") == found


@given(st.sets(st.integers(1, 30)), st.sets(st.integers(1, 30)))
def test_used_and_free_ports_add_up(make: SimpleNamespace, ports: set[int], off: set[int]) -> None:
    guest = make.q35(ports=0)
    for index in range(1, 31):
        guest.devices.append(make.bridge(index, "pcie-root-port", f"00:{index:02x}.0", hotplug=index not in off))
        if index in ports:
            guest.devices.append(make.nic(index, f"{index:02x}:00.0"))
    total = capacity(guest).total("pcie-port")
    assert (total.used, total.free, total.hotpluggable) == (
        len(ports),
        30 - len(ports),
        len(set(range(1, 31)) - ports - off),
    )


@settings(max_examples=scaled(10), deadline=None)
@given(st.integers(0, 5), st.integers(0, 2))
def test_so_many_devices_as_are_free_can_be_attached(spare: int, conventional: int) -> None:
    """What is counted as hotpluggable can be had from the running guest, one after the other, and no more."""
    card = "<interface type='user'><mac address='52:54:00:00:00:{:02x}'/><model type='{}'/></interface>"
    devices = "".join(card.format(n, "e1000") for n in range(conventional)) + card.format(99, "virtio")
    xml = (
        f"<domain type='kvm'><os><type arch='x86_64' machine='q35'>hvm</type></os><devices>{devices}</devices></domain>"
    )
    domain = devaddr_xml.assign(xml, policy=Policy(spare_ports=spare)).xml
    free = devaddr_xml.capacity(domain).total("pcie-port").hotpluggable
    assert free == spare
    cards = [card.format(100 + n, "e1000e") for n in range(free + 1)]
    if free:
        devaddr_xml.attach(domain, cards[:free], live=True)
    with pytest.raises(DevaddrError):
        devaddr_xml.attach(domain, cards, live=True)


def test_functions(make: SimpleNamespace) -> None:
    """A free port has eight; a shared slot what is left; a device alone in its slot shares it with none."""
    first = make.nic(1, "01:00.0")
    first.address = msgspec.structs.replace(first.address, multifunction=True)
    guest = make.q35(first, make.nic(2, "01:00.1"), make.nic(3, "02:00.0"), ports=4)
    room = capacity(guest).total("pci-function")
    integrated = capacity(guest).total("pcie-integrated")
    assert (room.used, room.free, room.hotpluggable) == (3, 6 + 2 * 8 + 8 * integrated.free, 2 * 8)
    assert capacity(make.i440fx(make.nic(1, "00:03.0"))).total("pci-function").hotpluggable == 8 * 29
