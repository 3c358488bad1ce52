"""References: the forms by which a hint names a device."""

from __future__ import annotations

import pytest

from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Controller, Device, Disk, Filesystem, Hostdev, HostSource, Interface, Sound
from devaddr_xml.model.naming import label, preferred_references, reference_key, references, usb_name

UUID = "53764D0E-85A0-42B4-AF5C-2046B460B1DC"
DEVICES: list[Device] = [
    Disk(target="vda", alias="ua-system"),
    Disk(target="vdb"),
    Disk(),
    Interface(mac="52:54:00:AA:BB:CC"),
    Interface(type="hostdev", mac="52:54:00:00:00:01", source=HostSource(pci=PciAddress(bus=0x41, slot=1))),
    Interface(type="hostdev", source=HostSource(pci=PciAddress(bus=0x42, slot=1, function=2))),
    Filesystem(target="/srv/A B"),
    Hostdev(type="pci", source=HostSource(pci=PciAddress(domain=1, bus=0xAB, slot=0))),
    Hostdev(type="mdev", source=HostSource(uuid=UUID)),
    Controller(type="scsi", index=0),
    Controller(type="pci", index=3),
    Controller(type="usb"),
    Sound(model="ich9"),
    Sound(model="ac97"),
]
NAMES = {
    0: ["ua-system", "vda", "disk[1]"],
    1: ["vdb", "disk[2]"],
    2: ["disk[3]"],
    3: ["52:54:00:AA:BB:CC", "52:54:00:aa:bb:cc", "interface[1]"],
    4: ["52:54:00:00:00:01", "0000:41:01.0", "interface[2]"],
    5: ["0000:42:01.2", "interface[3]"],
    6: ["/srv/A B", "filesystem[1]"],
    7: ["0001:ab:00.0", "0001:AB:00.0", "hostdev[1]"],
    8: [UUID, UUID.lower(), "hostdev[2]"],
    9: ["scsi.0", "controller[1]"],
    10: ["pci.3", "controller[2]"],
    11: ["controller[3]"],
    12: ["sound[1]"],
    13: ["sound[2]"],
}


@pytest.mark.parametrize(("position", "name"), [(at, name) for at, names in NAMES.items() for name in names])
def test_every_form_names_its_device(position: int, name: str) -> None:
    assert [id(device) for device in references(DEVICES)[reference_key(name)]] == [id(DEVICES[position])]


@pytest.mark.parametrize("name", ["vdc", "VDA", "disk[4]", "disk[0]", "/srv/a b", "scsi.1", "usb.0", "disk"])
def test_names_of_nothing(name: str) -> None:
    assert reference_key(name) not in references(DEVICES)


@pytest.mark.parametrize(("position", "names"), NAMES.items())
def test_the_first_form_is_preferred(position: int, names: list[str]) -> None:
    assert preferred_references(DEVICES)[id(DEVICES[position])] == names[0]


def test_a_form_that_names_two_is_not_preferred() -> None:
    twins = [Interface(mac="52:54:00:00:00:01"), Interface(mac="52:54:00:00:00:01"), Disk(target="vda", alias="ua-a")]
    other = Filesystem(target="ua-a")
    names = preferred_references([*twins, other])
    assert [names[id(twin)] for twin in (*twins, other)] == ["interface[1]", "interface[2]", "vda", "filesystem[1]"]
    assert len(references(twins)["52:54:00:00:00:01"]) == 2


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("usb vendor-id=1133 product-id=50475", "046d:c52b"),
        ("usb vendor-id=1133 product-id=50475 address-bus=1 address-device=4", "046d:c52b"),
        ("usb address-bus=1 address-device=4", "bus 1 device 4"),
        ("usb address-bus=1 address-port=2.3", "bus 1 port 2.3"),
        ("usb vendor-id=x", None),
    ],
)
def test_usb_devices_are_called_as_lsusb_does(key: str, name: str | None) -> None:
    device = Hostdev(mode="subsystem", type="usb", source=HostSource(key=key))
    assert usb_name(device) == name
    assert label(device) == f"hostdev {name}" if name else label(device) == "hostdev"
