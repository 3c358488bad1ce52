"""Which addresses of an earlier layout a document leaves open, and what is kept of a device."""

from __future__ import annotations

import pytest

from devaddr_xml.engine.lifecycle.bring_along import _is_open, _merged, _take, _takes
from devaddr_xml.model.address import (
    Address,
    CcwAddress,
    DriveAddress,
    PciAddress,
    SpaprVioAddress,
    UsbAddress,
    VirtioSerialAddress,
)
from devaddr_xml.model.device import AnyDevice, Console, Controller, Disk, Interface, Parallel, Serial

PCI, EMPTY = PciAddress(bus=2, slot=3), PciAddress()
CCW, CCW_EMPTY = CcwAddress(cssid=0xFE, ssid=0, devno=4), CcwAddress()


@pytest.mark.parametrize(
    ("given", "old", "is_open"),
    [
        (None, PCI, True),
        (EMPTY, PCI, True),
        (PCI, PCI, False),
        (EMPTY, CCW, False),
        (CCW_EMPTY, CCW, True),
        (CCW, CCW, False),
        (CcwAddress(cssid=0xFE), CCW, True),
        (SpaprVioAddress(), SpaprVioAddress(reg=0x2000), True),
        (SpaprVioAddress(reg=0x3000), SpaprVioAddress(reg=0x2000), False),
        (UsbAddress(bus=0), UsbAddress(bus=0, port=(1,)), True),
        (UsbAddress(bus=1), UsbAddress(bus=0, port=(1,)), False),
        (UsbAddress(bus=0, port=(2,)), UsbAddress(bus=0, port=(1,)), False),
        (VirtioSerialAddress(controller=0), VirtioSerialAddress(controller=0, port=1), True),
        (VirtioSerialAddress(controller=1), VirtioSerialAddress(controller=0, port=1), False),
        (VirtioSerialAddress(controller=0, port=2), VirtioSerialAddress(controller=0, port=1), False),
        (DriveAddress(), DriveAddress(unit=1), False),
        (DriveAddress(unit=1), DriveAddress(unit=1), False),
    ],
)
def test_what_a_document_leaves_open(given: Address | None, old: Address, is_open: bool) -> None:
    assert _is_open(given, old) is is_open


@pytest.mark.parametrize(
    ("device", "old", "takes"),
    [
        (Controller(type="scsi"), Controller(type="scsi", index=1), True),
        (Controller(type="scsi", index=1), Controller(type="scsi", index=1), False),
        (Controller(type="scsi", index=1), Controller(type="scsi", index=1, address=PCI), True),
        (Serial(), Serial(port=1), True),
        (Serial(port=1), Serial(port=1), False),
        (Parallel(), Parallel(port=0), True),
        (Console(), Console(address=PCI), False),
        (Console(target_type="serial"), Console(target_type="serial", address=PCI), False),
        (Console(target_type="virtio"), Console(target_type="virtio", address=PCI), True),
        (Disk(), Disk(), False),
        (Disk(), Disk(address=PCI), True),
        (Disk(address=PciAddress(bus=9)), Disk(address=PCI), False),
    ],
)
def test_devices_that_take_something(device: AnyDevice, old: AnyDevice, takes: bool) -> None:
    assert _takes(device, old) is takes


def test_what_the_document_sets_stays() -> None:
    """A controller takes every field that it does not have; what it has stays."""
    old = Controller(
        type="pci",
        index=4,
        model="pcie-root-port",
        model_name="ioh3420",
        chassis=7,
        port=0x18,
        hotplug=False,
        address=PCI,
    )
    bare, own = Controller(type="pci"), Controller(type="pci", index=9, model_name="x", chassis=8, hotplug=True)
    for device in (bare, own):
        _take(device, old)
    assert bare == old
    assert (own.index, own.model, own.model_name, own.chassis) == (9, "pcie-root-port", "x", 8)
    assert (own.port, own.hotplug, own.address) == (0x18, True, PCI)
    for kind in (Serial, Parallel):
        open_port, given_port = kind(), kind(port=5)
        for device in (open_port, given_port):
            _take(device, kind(port=1, model="m"))
        assert (open_port.port, given_port.port, given_port.model) == (1, 5, "m")
    card = Interface(model="e1000")
    _take(card, Interface(model="virtio", address=PCI))
    assert (card.model, card.address) == ("e1000", PCI)


def test_an_address_keeps_the_parts_that_the_document_sets() -> None:
    old = PciAddress(bus=2, slot=3, multifunction=True, zpci_uid=5, zpci_fid=6)
    assert _merged(None, old) == old
    assert _merged(PciAddress(), old) == old
    given = PciAddress(multifunction=False, zpci_uid=0, zpci_fid=9)
    assert _merged(given, old) == PciAddress(bus=2, slot=3, multifunction=False, zpci_uid=0, zpci_fid=9)
    assert _merged(CcwAddress(), CCW) == CCW
