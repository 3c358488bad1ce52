"""The order of the lists, and what reading completes or refuses."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import Recorded

from devaddr_xml.buses.disk_name import disk_number
from devaddr_xml.engine.complete.device_lists import gather, sorted_disks
from devaddr_xml.engine.plan import start
from devaddr_xml.model.address import DriveAddress, PciAddress, UsbAddress
from devaddr_xml.model.capabilities import Capabilities
from devaddr_xml.model.device import (
    Console,
    Controller,
    Device,
    Disk,
    Hostdev,
    Hub,
    Input,
    Interface,
    Memballoon,
    Parallel,
    Redirdev,
    Serial,
    Tpm,
    Video,
    Vsock,
)
from devaddr_xml.model.errors import PlacementError, Unsupported, ValueInvalid
from devaddr_xml.model.guest import Guest

NONE = Controller(type="usb", model="none")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("ide:hdc virtio:vdb ide:hda virtio:vda", "hda hdc vda vdb"),
        ("scsi:sdb sata:sda scsi:sda sata:sdb", "sda sdb sda sdb"),
        ("-:hda -:hdb -:hdc -:fda -:fdb", "hda fda hdb fdb hdc"),
        ("scsi:sdaa scsi:sdz scsi:sdb1 scsi:sdb", "sdb1 sdb sdz sdaa"),
        ("scsi:sda scsi:nvme0n1", "nvme0n1 sda"),
    ],
)
def test_disks_are_sorted_within_the_bus_that_is_written(written: str, kept: str) -> None:
    disks = []
    for word in written.split():
        bus, _, target = word.partition(":")
        disks.append(Disk(target=target, bus=None if bus == "-" else bus))
    assert " ".join(str(disk.target) for disk in sorted_disks(disks)) == kept


def one_by_one(disks: list[Disk]) -> list[Disk]:
    """The rule as libvirt carries it out: each disk is put among those that are there, looking from the last one."""
    kept: list[Disk] = []
    for new in disks:
        number = disk_number(new.target)
        place = None
        for position in range(len(kept) - 1, -1, -1):
            old = kept[position]
            if old.bus == new.bus:
                if (disk_number(old.target) or 0) > (number or 0):
                    place = position
                elif place is None:
                    place = position + 1
        kept.insert(len(kept) if place is None else place, new)
    return kept


@given(
    st.lists(
        st.builds(
            Disk,
            target=st.sampled_from(["sda", "sdb", "sdc", "sdz", "sdaa", "vda", "vdb", "hdc", "hdb2"]),
            bus=st.sampled_from([None, "scsi", "sata", "virtio"]),
        ),
        max_size=12,
    )
)
def test_sorting_is_the_same_as_inserting_one_by_one(disks: list[Disk]) -> None:
    assert [id(disk) for disk in sorted_disks(disks)] == [id(disk) for disk in one_by_one(disks)]


CONTROLLERS = st.lists(
    st.builds(
        Controller,
        type=st.sampled_from(["usb", "scsi", "pci"]),
        index=st.none() | st.integers(0, 4),
        master_startport=st.none(),
    )
    | st.builds(Controller, type=st.just("usb"), index=st.integers(0, 2), master_startport=st.integers(0, 4)),
    max_size=14,
)


def inserted(controllers: list[Controller]) -> list[Controller]:
    """The rule for controllers as libvirt carries it out, without any shortcut."""
    kept: list[Controller] = []
    for new in controllers:
        place = None
        for position in range(len(kept) - 1, -1, -1):
            old = kept[position]
            if old.type != new.type:
                continue
            old_index = -1 if old.index is None else old.index
            if new.index is None:
                place = position + 1
                break
            companion_of_same = (
                new.master_startport is None and old.master_startport is not None and old_index == new.index
            )
            if old_index > new.index or companion_of_same:
                place = position
            elif place is None:
                place = position + 1
        kept.insert(len(kept) if place is None else place, new)
    return kept


@given(CONTROLLERS)
def test_controllers_are_kept_as_if_inserted_without_shortcut(controllers: list[Controller]) -> None:
    state = start(Guest(machine="q35"), capabilities=Capabilities(arch="x86_64", flags=frozenset()))
    state.replace_controllers(controllers)
    assert [id(c) for c in state.controllers] == [id(c) for c in inserted(controllers)]
    for controller in state.controllers:
        if controller.index is not None:
            first = next(c for c in state.controllers if (c.type, c.index) == (controller.type, controller.index))
            assert state.controller(controller.type, controller.index) is first
    assert state.controller("sata", 0) is None


def test_lists_hold_the_devices_of_the_guest_in_order(begin) -> None:
    primary, second = Video(model="qxl", primary=True), Video(model="virtio")
    first = Interface(type="hostdev")
    host = Hostdev(type="pci")
    state = begin(second, host, primary, Interface(), first)
    gather(state)
    assert [video.model for video in state.videos] == ["qxl", "virtio"]
    assert [type(device) for device in state.hostdevs] == [Interface, Hostdev]
    assert len(state.interfaces) == 2
    assert state.hostdevs[0] is state.interfaces[1]


def test_ports_of_consoles_and_parallel_ports(begin) -> None:
    state = begin(
        *(Console(port=7), Console(target_type="virtio", port=7)),
        *(Parallel(), Parallel(port=4), Parallel(), Parallel(port=0)),
    )
    gather(state)
    assert [console.port for console in state.consoles] == [0, 1]
    assert [parallel.port for parallel in state.of(Parallel)] == [0, 4, 5, 0]


@pytest.mark.parametrize(
    ("written", "spelled"), [("VIRTIO", "virtio"), ("am79c970a", "Am79C970A"), ("E1000E", "e1000e"), ("Odd", "Odd")]
)
def test_interface_models_are_spelled_as_libvirt_does(begin, written: str, spelled: str) -> None:
    state = begin(Interface(model=written))
    gather(state)
    assert state.interfaces[0].model == spelled


def test_companions_start_where_their_model_says(begin) -> None:
    state = begin(
        Controller(type="usb", index=0, model="ich9-ehci1"),
        *(Controller(type="usb", index=0, model=f"ich9-uhci{n}") for n in (3, 1, 2)),
        Controller(type="usb", index=1, model="ich9-uhci1", master_startport=3),
    )
    gather(state)
    assert [controller.master_startport for controller in state.controllers] == [None, 4, 0, 2, 3]


def test_devices_that_shall_not_be_lose_their_address(begin) -> None:
    address = PciAddress(slot=5)
    state = begin(
        Memballoon(model="none", address=address),
        Controller(type="usb", model="none", address=address, master_startport=0),
    )
    gather(state)
    assert state.memballoons[0].address is None
    assert (state.controllers[0].address, state.controllers[0].master_startport) == (None, None)


def scsi(index: int, model: str | None = None) -> Controller:
    return Controller(type="scsi", index=index, model=model)


def on(controller: int) -> Hostdev:
    return Hostdev(type="scsi", address=DriveAddress(controller=controller))


@pytest.mark.parametrize(
    ("devices", "kept"),
    [
        ((Hostdev(type="scsi"),), [(0, None)]),
        ((Hostdev(type="pci"),), []),
        ((on(2),), [(0, None), (1, None), (2, None)]),
        ((scsi(0, "virtio-scsi"), on(2)), [(0, "virtio-scsi"), (1, None), (2, None)]),
        ((scsi(0, "virtio-scsi"), on(0), on(2)), [(0, "virtio-scsi"), (1, "virtio-scsi"), (2, "virtio-scsi")]),
        ((scsi(1, "lsisas1068"), on(0), on(1), on(2)), [(0, None), (1, "lsisas1068"), (2, "lsisas1068")]),
        ((Controller(type="scsi", model="virtio-scsi"), on(0)), [(None, "virtio-scsi"), (0, None)]),
    ],
)
def test_scsi_host_devices_bring_controllers(
    begin, devices: tuple[Device, ...], kept: list[tuple[int, str | None]]
) -> None:
    state = begin(*devices)
    gather(state)
    assert [(controller.index, controller.model) for controller in state.controllers] == kept


def test_a_controller_number_that_no_guest_has_is_refused(begin) -> None:
    with pytest.raises(PlacementError, match="4000000000"):
        gather(begin(on(4_000_000_000)))


@pytest.mark.parametrize(
    ("devices", "error", "text"),
    [
        ((Memballoon(model="virtio"), Memballoon(model="none")), Unsupported, "only 1 memballoon"),
        ((Vsock(), Vsock()), Unsupported, "only 1 vsock"),
        ((Tpm(), Tpm(), Tpm()), Unsupported, "only 2 tpm devices"),
        ((NONE, Controller(type="usb", index=1)), Unsupported, "turns USB off"),
        ((NONE, Input(type="tablet", bus="usb")), Unsupported, "turns USB off"),
        ((NONE, Hostdev(type="usb")), Unsupported, "turns USB off"),
        ((NONE, Hub()), Unsupported, "turns USB off"),
        ((Controller(type="usb", model="ich9-uhci1"),), Unsupported, "no master"),
        ((Controller(type="floppy"),), ValueInvalid, "no controller type 'floppy'"),
        ((Controller(type="sata", model="ich6"),), ValueInvalid, "no sata controller of model 'ich6'"),
        ((Controller(type="pci", model="pcie-port"),), ValueInvalid, "no pci controller"),
        ((Controller(type="scsi", index=-1),), ValueInvalid, "0 or more"),
        ((Input(bus="usb", address=PciAddress(slot=3)),), ValueInvalid, "a USB device can't be at"),
        ((Redirdev(address=PciAddress(slot=3)),), ValueInvalid, "a USB device can't be at"),
        ((Serial(target_type="usb-serial", address=PciAddress(slot=3)),), ValueInvalid, "a USB device can't be at"),
    ],
)
def test_refused_while_reading(
    begin, golden: Recorded, devices: tuple[Device, ...], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text) as caught:
        gather(begin(*(msgspec.structs.replace(device, line=line) for line, device in enumerate(devices, 1))))
    golden(caught.value)


@pytest.mark.parametrize(
    "devices",
    [
        (NONE, Input(type="tablet")),
        (NONE, Hostdev(type="pci")),
        (Tpm(), Tpm()),
        (Input(bus="usb", address=UsbAddress(bus=0, port=(1,))),),
        (Controller(type="usb", model="ich9-ehci1"), Controller(type="usb", model="ich9-uhci1")),
    ],
)
def test_accepted_while_reading(begin, devices: tuple[Device, ...]) -> None:
    gather(begin(*devices))


def test_the_guest_that_was_passed_in_stays_as_it_was(begin) -> None:
    given_devices = [Controller(type="usb", model="ich9-ehci1"), Controller(type="usb", model="ich9-uhci1"), on(3)]
    state = begin(*given_devices)
    gather(state)
    assert given_devices[1].master_startport is None
    assert len(given_devices) == 3
