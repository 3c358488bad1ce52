"""Default models and buses of devices."""

from __future__ import annotations

import pytest
from recorded import Recorded

from devaddr_xml.model.address import CcwAddress, DriveAddress, PciAddress
from devaddr_xml.model.device import (
    Disk,
    Hostdev,
    Input,
    Interface,
    Iommu,
    Panic,
    Redirdev,
    Tpm,
    Video,
    Vsock,
    Watchdog,
)
from devaddr_xml.model.errors import ValueInvalid


@pytest.mark.parametrize(
    ("arch", "machine", "without", "model"),
    [
        ("x86_64", "pc", (), "rtl8139"),
        ("x86_64", "q35", ("rtl8139",), "e1000"),
        ("x86_64", "q35", ("rtl8139", "e1000"), "virtio"),
        ("x86_64", "q35", ("rtl8139", "e1000", "virtio-net"), "rtl8139"),
        ("aarch64", "virt", (), "virtio"),
        ("armv7l", "versatilepb", (), "scm91c111"),
        ("armv7l", "vexpress-a9", (), "lan9118"),
        ("riscv64", "virt", (), "virtio"),
        ("riscv64", "spike", (), "rtl8139"),
        ("loongarch64", "virt", (), "virtio"),
        ("ppc64", "pseries", (), "rtl8139"),
        ("s390x", "s390-ccw-virtio", (), "virtio"),
        ("sparc", "SS-5", (), "rtl8139"),
    ],
)
def test_interface_model(complete, arch: str, machine: str, without: tuple[str, ...], model: str) -> None:
    state = complete(Interface(), Interface(model="e1000e"), arch=arch, machine=machine, without=without)
    assert [interface.model for interface in state.interfaces] == [model, "e1000e"]


@pytest.mark.parametrize(
    ("type", "model"), [("vdpa", "virtio"), ("vhostuser", "virtio"), ("hostdev", None), ("bridge", "rtl8139")]
)
def test_interface_type_decides_first(complete, type: str, model: str | None) -> None:
    assert complete(Interface(type=type)).interfaces[0].model == model


@pytest.mark.parametrize(
    ("arch", "machine", "without", "model"),
    [
        ("x86_64", "q35", (), "cirrus"),
        ("x86_64", "q35", ("cirrus-vga",), "vga"),
        ("x86_64", "q35", ("cirrus-vga", "VGA"), None),
        ("ppc64", "mac99", (), "vga"),
        ("aarch64", "virt", (), "virtio"),
        ("armv7l", "realview-eb", (), "cirrus"),
        ("s390x", "s390-ccw-virtio", (), "virtio"),
    ],
)
def test_video_model(complete, arch: str, machine: str, without: tuple[str, ...], model: str | None) -> None:
    state = complete(Video(), Video(model="default"), arch=arch, machine=machine, without=without)
    assert [video.model for video in state.videos] == [model, model]
    assert [video.primary for video in state.videos] == [True, False]


def test_a_video_device_of_model_none_has_no_address(complete) -> None:
    (video,) = complete(Video(model="none", address=PciAddress(slot=2))).videos
    assert (video.address, video.primary) == (None, False)


@pytest.mark.parametrize(
    ("arch", "machine", "type", "bus"),
    [
        ("x86_64", "q35", "mouse", "ps2"),
        ("x86_64", "microvm", "keyboard", "ps2"),
        ("x86_64", "q35", "tablet", "usb"),
        ("x86_64", "q35", "passthrough", "virtio"),
        ("x86_64", "q35", "evdev", None),
        ("aarch64", "virt", "mouse", "usb"),
        ("s390x", "s390-ccw-virtio", "keyboard", "virtio"),
        ("s390x", "s390-ccw-virtio", "tablet", "virtio"),
        ("ppc64", "pseries", "keyboard", "usb"),
    ],
)
def test_input_bus(complete, arch: str, machine: str, type: str, bus: str | None) -> None:
    assert complete(Input(type=type), arch=arch, machine=machine).inputs[0].bus == bus


@pytest.mark.parametrize(
    ("arch", "machine", "tpm", "model", "version"),
    [
        ("x86_64", "q35", Tpm(backend="emulator"), "tpm-tis", "1.2"),
        ("x86_64", "q35", Tpm(backend="emulator", model="tpm-crb"), "tpm-crb", "2.0"),
        ("x86_64", "q35", Tpm(backend="passthrough"), "tpm-tis", None),
        ("x86_64", "q35", Tpm(backend="emulator", version="2.0"), "tpm-tis", "2.0"),
        ("aarch64", "virt", Tpm(backend="emulator"), "tpm-tis", "2.0"),
        ("ppc64", "pseries", Tpm(backend="emulator"), "tpm-spapr", "2.0"),
    ],
)
def test_tpm(complete, arch: str, machine: str, tpm: Tpm, model: str, version: str | None) -> None:
    (found,) = complete(tpm, arch=arch, machine=machine).of(Tpm)
    assert (found.model, found.version) == (model, version)


@pytest.mark.parametrize(
    ("arch", "machine", "model"),
    [
        ("x86_64", "pc", "isa"),
        ("aarch64", "virt", "pvpanic"),
        ("riscv64", "virt", None),
        ("ppc64", "mac99", None),
    ],
)
def test_panic_model(complete, arch: str, machine: str, model: str | None) -> None:
    assert [panic.model for panic in complete(Panic(), arch=arch, machine=machine).panics] == [model]


def test_small_defaults(complete) -> None:
    state = complete(Vsock(), Redirdev(), Watchdog(model="i6300esb"))
    assert state.of(Vsock)[0].model == "virtio"
    assert state.of(Redirdev)[0].bus == "usb"
    assert state.watchdogs[0].action == "reset"


@pytest.mark.parametrize(
    ("vcpus", "iommu", "without", "options"),
    [
        (256, Iommu(model="intel"), (), (True, True)),
        (256, Iommu(model="intel", intremap=False), (), (False, True)),
        (256, Iommu(model="intel"), ("intel-iommu.eim",), (True, None)),
        (256, Iommu(model="virtio"), (), (None, None)),
        (255, Iommu(model="intel"), (), (None, None)),
    ],
)
def test_iommu_options(
    complete, vcpus: int, iommu: Iommu, without: tuple[str, ...], options: tuple[bool | None, bool | None]
) -> None:
    (found,) = complete(iommu, vcpus=vcpus, without=without).iommus
    assert (found.intremap, found.eim) == options


@pytest.mark.parametrize(
    ("target", "device", "bus"),
    [
        ("hda", "disk", "ide"),
        ("sdb", "cdrom", "scsi"),
        ("vdc", "lun", "virtio"),
        ("xvda", "disk", "xen"),
        ("ubda", "disk", "uml"),
        ("fda", "floppy", "fdc"),
        ("vda", "floppy", "fdc"),
        ("fda", "disk", "ide"),
        ("ioemu:hdb", "disk", "ide"),
    ],
)
def test_disk_bus(complete, target: str, device: str, bus: str) -> None:
    (disk,) = complete(Disk(target=target, device=device)).disks
    assert disk.bus == bus
    assert disk.target == target.removeprefix("ioemu:")


@pytest.mark.parametrize(
    ("model", "address"),
    [("vfio-pci", CcwAddress()), ("vfio-pci", DriveAddress()), ("vfio-ccw", PciAddress(slot=1))],
)
def test_mediated_device_elsewhere_than_its_model_says(
    complete, golden: Recorded, model: str, address: PciAddress
) -> None:
    with pytest.raises(ValueInvalid, match=model) as caught:
        complete(Hostdev(type="mdev", model=model, address=address, line=7))
    golden(caught.value)


@pytest.mark.parametrize(
    ("model", "address"),
    [("vfio-pci", PciAddress()), ("vfio-pci", None), ("vfio-ccw", CcwAddress()), ("vfio-ap", PciAddress(slot=1))],
)
def test_mediated_device_where_its_model_says(complete, model: str, address: PciAddress | None) -> None:
    (hostdev,) = complete(Hostdev(type="mdev", model=model, address=address)).hostdevs
    assert hostdev.address == address


def test_choices_are_in_the_journal(complete) -> None:
    state = complete(Interface(), Video(), Disk(target="sda"))
    outcomes = {(decision.device.kind, decision.outcome) for decision in state.journal.decisions}
    assert {("interface", "model rtl8139"), ("video", "model cirrus"), ("disk", "bus scsi")} <= outcomes
