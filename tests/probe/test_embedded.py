"""The capabilities that come with the package."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

import devaddr_xml.probe
from devaddr_xml import DevaddrError, known_capabilities
from devaddr_xml.probe.embedded import architecture_of, capabilities_for
from devaddr_xml.probe.releases import packed, unpacked

DATA = Path(devaddr_xml.probe.__file__ or "").parent / "data"


@pytest.mark.parametrize(
    ("arch", "machine", "has", "lacks"),
    [
        ("x86_64", "pc", ("i8042", "intel-iommu.eim", "qxl", "pxb", "virtio-mmio"), ("zpci",)),
        ("i686", "pc", ("i8042", "piix3-usb-uhci"), ("zpci",)),
        ("aarch64", "virt", ("qemu-xhci", "pcie-root-port", "pxb-pcie", "virtio-mmio"), ("i8042", "qxl")),
        ("armv7l", "virt", ("piix3-usb-uhci", "lsi"), ("i8042",)),
        ("riscv64", "virt", ("virtio-mmio", "pcie-pci-bridge"), ("pxb", "i8042")),
        ("loongarch64", "virt", ("qemu-xhci",), ("virtio-mmio", "pxb-pcie")),
        ("ppc64", "pseries", ("pci-ohci", "spapr-pci-host-bridge"), ("virtio-mmio", "pxb")),
        ("ppc", "g3beige", ("piix3-usb-uhci", "i8042"), ("spapr-pci-host-bridge",)),
        ("s390x", "s390-ccw-virtio", ("zpci", "vfio-ccw", "qemu-xhci"), ("lsi", "piix3-usb-uhci", "pcie-root-port")),
        ("sparc", "SS-5", (), ("lsi", "qemu-xhci", "rtl8139", "VGA")),
        ("mips64el", "malta", ("piix3-usb-uhci", "rtl8139"), ("zpci",)),
        ("tricore", None, ("piix3-usb-uhci",), ("zpci",)),
        ("other", None, ("lsi",), ()),
        ("../x86_64", None, ("lsi",), ("i8042",)),
        ("", None, ("lsi",), ("i8042",)),
    ],
)
def test_capabilities(arch: str, machine: str | None, has: tuple[str, ...], lacks: tuple[str, ...]) -> None:
    caps = capabilities_for(arch)
    assert caps.arch == arch
    assert caps.default_machine == machine
    assert caps.flags >= set(has)
    assert not caps.flags & set(lacks)


def test_loaded_once() -> None:
    assert capabilities_for("x86_64") is capabilities_for("x86_64")


@pytest.mark.parametrize(
    ("emulator", "arch"),
    [
        (None, "x86_64"),
        ("/usr/bin/qemu-system-ppc64", "ppc64"),
        ("/usr/bin/qemu-system-i386", "i686"),
        ("qemu-system-arm", "armv7l"),
        ("/usr/bin/qemu-system-x86_64-microvm", "x86_64"),
        ("/usr/libexec/qemu-kvm", "x86_64"),
        ("/opt/wrapper", "x86_64"),
        ("", "x86_64"),
    ],
)
def test_architecture_of_an_emulator(emulator: str | None, arch: str) -> None:
    assert architecture_of(emulator) == arch


@pytest.mark.parametrize("path", sorted(DATA.glob("*.json")), ids=lambda path: path.stem)
def test_tables_are_stored_as_the_recorder_writes_them(path: Path) -> None:
    releases = unpacked(path.read_bytes(), path.stem)
    assert packed(releases) == path.read_bytes()
    assert [release.qemu_version for release in releases] == sorted({release.qemu_version for release in releases})


@pytest.mark.parametrize(
    ("qemu", "flag", "machine", "there"),
    [
        ("7.2.0", "igb", "pc-q35-7.2", False),
        ("7.2.9", "igb", "pc-i440fx-1.4", False),
        ("8.0", "igb", "pc-q35-7.2", True),
        ("8.1.5", "virtio-sound", "pc-q35-7.2", False),
        ("8.2.0", "virtio-sound", "pc-q35-7.2", True),
        ("10.0.0", "virtio-sound", "pc-q35-10.0", True),
        ("10.2.1", "virtio-sound", "pc-q35-2.4", True),
        ("11.1.3", "virtio-sound", "pc-q35-11.1", True),
    ],
)
def test_a_version_has_what_the_nearest_older_one_has(qemu: str, flag: str, machine: str, there: bool) -> None:
    caps = known_capabilities("x86_64", qemu=qemu)
    assert caps.has(flag) is there
    assert machine in caps.machines
    assert not caps.machines & caps.former_machines


def test_the_newest_known_versions_without_numbers() -> None:
    caps = known_capabilities("x86_64")
    named = known_capabilities("x86_64", ".".join(map(str, caps.libvirt_version)), "11.1.3")
    assert not caps.all_machines
    assert msgspec.structs.replace(caps, all_machines=True) == named


def test_the_default_machine_by_libvirt() -> None:
    assert known_capabilities("riscv64", "9.3.0", "10.0").default_machine == "virt"
    assert known_capabilities("riscv64", "9.2.0", "10.0").default_machine not in (None, "virt")


@pytest.mark.parametrize(
    ("libvirt", "qemu", "warning"),
    [
        ("99.0.0", None, "libvirt 99.0.0 is newer than"),
        ("8.5", None, "libvirt 8.5.0 is older than 9.0.0"),
        (None, "99", "QEMU 99.0.0 is newer than 11.1.3"),
        (None, "6.2.0", "QEMU 6.2.0 is older than 7.2"),
    ],
)
def test_versions_that_nobody_knows(libvirt: str | None, qemu: str | None, warning: str) -> None:
    with pytest.warns(UserWarning, match=warning):
        assert known_capabilities("x86_64", libvirt, qemu).has("pcie-root-port")


@pytest.mark.parametrize("text", ["", "new", "9.x", "1.2.3.4", "-9", "9..0"])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(DevaddrError, match="is not a version of libvirt"):
        known_capabilities("x86_64", libvirt=text)
    with pytest.raises(DevaddrError, match="is not a version of QEMU"):
        known_capabilities("x86_64", qemu=text)
