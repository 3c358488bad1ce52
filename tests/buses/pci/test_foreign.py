"""Where QEMU puts the devices of its command line: buses by name, and the lowest free slot in QEMU's order."""

from __future__ import annotations

import pytest

from devaddr_xml.buses.pci.foreign import bus_numbers_of, foreign_buses
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Controller, Interface
from devaddr_xml.model.foreign import ForeignDevice as Foreign

OWN = ((0x1F, 0, "the bridge"),)
ROOT = Controller(type="pci", index=0, model="pcie-root")
PORT = Controller(type="pci", index=3, model="pcie-root-port", alias="ua-port", address=PciAddress(slot=1))


def _places(*foreign: Foreign, devices=(ROOT, PORT)) -> list[tuple[int, int, int, bool]]:
    found = foreign_buses(foreign, devices, OWN)
    return [(place.bus, place.slot, place.function, place.certain) for place in found.places]


@pytest.mark.parametrize(("bus", "number"), [("pcie.0", 0), ("pci.3", 3), ("ua-port", 3), (None, 0)])
def test_buses_by_name(bus: str | None, number: int) -> None:
    assert _places(Foreign(driver="edu", bus=bus, slot=0 if number else 5)) == [(number, 0 if number else 5, 0, True)]


@pytest.mark.parametrize("bus", ["pci.0", "pci.9", "pcie.1", "ua-nothing"])
def test_a_bus_that_there_is_not(bus: str) -> None:
    found = foreign_buses([Foreign(driver="edu", bus=bus)], [ROOT, PORT], OWN)
    assert not found.places
    assert [device.bus for device in found.lost] == [bus]


@pytest.mark.parametrize(
    "driver", ["usb-host", "isa-debugcon", "scsi-hd", "virtio-blk-device", "vfio-ccw", "pvpanic", "hda-duplex"]
)
def test_other_buses(driver: str) -> None:
    assert not _places(Foreign(driver=driver))
    assert not _places(Foreign(driver=driver, bus="xhci.0"))


@pytest.mark.parametrize(
    "driver", ["usb-ehci", "nec-usb-xhci", "vfio-pci", "virtio-9p-pci", "pvpanic-pci", "ivshmem-plain"]
)
def test_pci_without_bus(driver: str) -> None:
    assert _places(Foreign(driver=driver, json=True)) == [(0, 2, 0, False)]


def test_plain_ones_come_first_and_take_what_libvirt_gives_to_others() -> None:
    """QEMU makes those of -device in the plain form before those in JSON, and libvirt writes JSON."""
    assert _places(Foreign(driver="edu", json=True), Foreign(driver="e1000")) == [
        (0, 1, 0, True),
        (0, 2, 0, False),
        (0, 3, 0, False),
    ]


def test_behind_a_bridge_of_the_command_line() -> None:
    port, card = Foreign(driver="pcie-root-port", id="rp", slot=28), Foreign(driver="vfio-pci", bus="rp")
    found = foreign_buses([port, card], [ROOT], OWN)
    assert [place.device for place in found.places] == [port]
    assert found.behind == {"rp": [card]}


@pytest.mark.parametrize(
    ("function", "multifunction", "other", "collides"),
    [
        (0, False, PciAddress(slot=5), True),
        (0, False, PciAddress(slot=5, function=1), True),
        (0, True, PciAddress(slot=5, function=1), False),
        (1, False, PciAddress(slot=5), True),
        (1, False, PciAddress(slot=5, multifunction=True), False),
        (0, False, PciAddress(slot=6), False),
        (0, False, PciAddress(bus=1, slot=5), False),
    ],
)
def test_what_collides(function: int, multifunction: bool, other: PciAddress, collides: bool) -> None:
    device = Foreign(driver="edu", slot=5, function=function, multifunction=multifunction)
    (place,) = foreign_buses([device], [ROOT], OWN).places
    assert place.collides(other) is collides


def test_an_override_is_on_the_bus_of_its_device() -> None:
    card = Interface(alias="ua-x", address=PciAddress(bus=3))
    assert _places(Foreign(driver="override", overrides="ua-x", slot=0), devices=(ROOT, PORT, card)) == [
        (3, 0, 0, True)
    ]


def test_bus_numbers() -> None:
    devices = [
        Foreign(driver="pxb-pcie", id="p", bus_nr=128),
        Foreign(driver="pcie-root-port", id="a", bus="p"),
        Foreign(driver="x3130-upstream", id="b", bus="a"),
        Foreign(driver="pcie-root-port", id="c", bus="pcie.0"),
        Foreign(driver="pxb", id="q", bus_nr=64),
    ]
    assert bus_numbers_of(devices) == ({128: 3, 64: 2}, 1)
