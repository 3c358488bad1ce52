"""Controllers that devices bring, smartcard slots, and what is completed last."""

from __future__ import annotations

import pytest
from recorded import Recorded

from devaddr_xml.model.address import CcidAddress, DriveAddress, VirtioSerialAddress
from devaddr_xml.model.device import (
    Channel,
    Console,
    Controller,
    Device,
    Disk,
    Graphics,
    Hostdev,
    Panic,
    Smartcard,
    Video,
)
from devaddr_xml.model.errors import AddressConflict, DevaddrError, PlacementError


def channel(controller: int | None = None) -> Channel:
    address = None if controller is None else VirtioSerialAddress(controller=controller)
    return Channel(target_type="virtio", address=address)


def disk(target: str, bus: str, controller: int | None = None) -> Disk:
    address = None if controller is None else DriveAddress(controller=controller)
    return Disk(target=target, bus=bus, address=address)


def added(state) -> str:
    controllers = [c for c in state.added if isinstance(c, Controller) and c.type not in ("usb", "pci")]
    return " ".join(f"{c.type}{c.index}" + (f":{c.model}" if c.model else "") for c in controllers)


@pytest.mark.parametrize(
    ("devices", "expected"),
    [
        ((), ""),
        ((disk("hda", "ide"),), "ide0"),
        ((disk("fda", "fdc"),), "fdc0"),
        ((disk("sdh", "scsi"),), "scsi0:lsilogic scsi1:lsilogic"),
        ((disk("sda", "sata", 2),), "sata0 sata1 sata2"),
        (
            (disk("sda", "sata"), disk("hda", "ide"), disk("fda", "fdc"), disk("sdb", "scsi")),
            "scsi0:lsilogic fdc0 ide0 sata0",
        ),
        ((disk("vda", "virtio"), disk("sdz", "usb")), ""),
        ((Controller(type="scsi", index=0, model="virtio-scsi"), disk("sdh", "scsi")), "scsi1:virtio-scsi"),
        ((channel(),), "virtio-serial0"),
        ((channel(2), channel()), "virtio-serial2 virtio-serial0"),
        ((Console(target_type="virtio"), channel(1)), "virtio-serial1 virtio-serial0"),
        ((Channel(target_type="guestfwd"),), ""),
        ((Smartcard(),), "ccid0"),
        ((Smartcard(address=CcidAddress(controller=2)),), "ccid2"),
        (
            (Controller(type="scsi", index=0, model="virtio-scsi"), *(Hostdev(type="scsi") for _ in range(8))),
            "scsi1:virtio-scsi",
        ),
    ],
)
def test_controllers_that_devices_bring(complete, devices: tuple[Device, ...], expected: str) -> None:
    assert added(complete(*devices, machine="pc")) == expected


def test_controllers_join_those_of_their_type(complete) -> None:
    state = complete(
        *(Controller(type="sata", index=1), Controller(type="virtio-serial", index=0)),
        *(disk("sda", "sata", 2), channel(1)),
        machine="pc",
    )
    assert [f"{c.type}{c.index}" for c in state.controllers] == [
        *("sata0", "sata1", "sata2", "virtio-serial0", "virtio-serial1", "usb0", "pci0")
    ]


@pytest.mark.parametrize(
    "device", [disk("sda", "scsi", 4_000_000_000), Hostdev(type="scsi", address=DriveAddress(controller=2**31))]
)
def test_controller_numbers_that_no_guest_has(complete, golden: Recorded, device: Device) -> None:
    with pytest.raises(PlacementError, match="no guest has places for that many") as caught:
        complete(device)
    golden(caught.value)


def test_smartcards_take_the_slot_after_the_highest(complete) -> None:
    cards = (Smartcard(), Smartcard(address=CcidAddress(slot=3)), Smartcard(), Smartcard(address=CcidAddress(1, 9)))
    state = complete(*cards)
    assert [card.address for card in state.smartcards] == [
        *(CcidAddress(0, 4), CcidAddress(0, 3), CcidAddress(0, 5), CcidAddress(1, 9))
    ]


def test_graphics_bring_a_video_device(complete) -> None:
    (video,) = complete(Graphics(), Graphics(type="spice")).videos
    assert (video.model, video.primary) == ("cirrus", True)
    assert complete(Graphics(), Video(model="none")).videos[0].model == "none"
    assert complete().videos == []


@pytest.mark.parametrize(
    ("first", "second", "error"),
    [(Panic(model="isa"), Panic(), AddressConflict), (Panic(model="hyperv"), Panic(), None)],
)
def test_panics_of_one_model(complete, first: Panic, second: Panic, error: type[DevaddrError] | None) -> None:
    if error is None:
        assert len(complete(first, second).panics) == 2
    else:
        with pytest.raises(error, match="isa"):
            complete(first, second)
