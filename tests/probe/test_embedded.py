"""The capabilities that come with the package."""

from __future__ import annotations

import pytest

from devaddr_xml.probe.embedded import architecture_of, capabilities_for


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
