"""What libvirt's releases take or refuse, and where they put it, seen through the whole plan."""

from __future__ import annotations

import re

import pytest

from devaddr_xml import DevaddrError, assign, known_capabilities

PAIRS = {"9": ("9.0.0", "7.2.22"), "11": ("11.3.0", "10.0.13"), "12": ("12.8.0", "11.1.3")}

PCI_NIC = "<interface type='user'><model type='e1000'/></interface>"
PSTORE = "<pstore backend='acpi-erst'><path>/x</path><size unit='KiB'>8</size></pstore>"
PASSED = "<input type='passthrough' bus='virtio'><source evdev='/dev/input/event1'/></input>"
KEYBOARD = "<controller type='usb' model='ich9-ehci1'/><input type='keyboard' bus='usb'/>"
USB_NET = "<interface type='user'><model type='usb-net'/></interface>"
PS2_MOUSE = "<input type='mouse' bus='ps2'/>"


def domain(arch: str, machine: str, devices: str, features: str = "") -> str:
    return (
        f"<domain type='qemu'><name>g</name><memory>1048576</memory><vcpu>1</vcpu><os><type arch='{arch}' "
        f"machine='{machine}'>hvm</type></os><features>{features}</features><devices>{devices}</devices></domain>"
    )


@pytest.mark.parametrize(
    ("arch", "machine", "devices", "takes"),
    [
        ("x86_64", "isapc", "<controller type='pci' index='0' model='pci-root'/>", "9 11"),
        ("aarch64", "raspi3b", "<controller type='pci' index='0' model='pci-root'/>", "9 11"),
        ("aarch64", "raspi3b", PCI_NIC, "9 11"),
        ("aarch64", "raspi3b", "", "9 11 12"),
        ("aarch64", "realview-pb-a8", PCI_NIC, "9 11"),
        ("aarch64", "realview-eb", PCI_NIC, "9 11 12"),
        ("armv6l", "virt", PCI_NIC, "11 12"),
        ("aarch64", "versatilepb", PCI_NIC, "11 12"),
        ("armv6l", "versatilepb", PCI_NIC, "9 11 12"),
        ("m68k", "virt", "", "11"),
        ("sparc", "SS-5", "<controller type='pci' index='1' model='pci-bridge'/>", ""),
        ("s390x", "s390-ccw-virtio", "<controller type='pci' index='1' model='pcie-switch-upstream-port'/>", ""),
        ("s390x", "s390-ccw-virtio", PSTORE, "9"),
        ("x86_64", "q35", PSTORE, "9 11 12"),
        ("s390x", "s390-ccw-virtio", PASSED, ""),
        ("x86_64", "q35", PASSED, "9 11 12"),
        ("s390x", "s390-ccw-virtio", KEYBOARD, "11"),
        ("x86_64", "q35", "<watchdog model='i6300esb'/>" * 2, "11 12"),
        ("aarch64", "raspi3b", "<disk type='file' device='floppy'><target dev='fda'/></disk>", "9 11"),
        ("ppc", "g3beige", PS2_MOUSE, "9"),
        ("aarch64", "raspi3b", USB_NET, "9"),
        ("x86_64", "q35", USB_NET, "11 12"),
        ("x86_64", "q35", "<iommu model='intel'><address type='pci'/></iommu>", ""),
        ("aarch64", "virt", "<iommu model='smmuv3'><address type='virtio-mmio'/></iommu>", ""),
        ("x86_64", "q35", "<input type='tablet'><address type='pci' slot='5'/></input>", ""),
        ("aarch64", "virt", PS2_MOUSE, ""),
    ],
)
def test_who_takes_it(arch: str, machine: str, devices: str, takes: str) -> None:
    taking = []
    for name, (libvirt, qemu) in PAIRS.items():
        capabilities = known_capabilities(arch, libvirt=libvirt, qemu=qemu)
        try:
            assign(domain(arch, machine, devices), capabilities=capabilities)
        except DevaddrError:
            continue
        taking.append(name)
    assert " ".join(taking) == takes


def test_the_ps2_feature_is_new() -> None:
    xml = domain("x86_64", "q35", "", "<ps2 state='off'/>")
    with pytest.raises(DevaddrError, match="the feature ps2"):
        assign(xml, capabilities=known_capabilities("x86_64", libvirt="9.0.0", qemu="7.2.22"))
    assert "ps2" in assign(xml, capabilities=known_capabilities("x86_64", libvirt="11.3.0", qemu="10.0.13")).xml


@pytest.mark.parametrize(("name", "slots"), [("9", ["0x1.1", "0x1.0"]), ("11", ["0x1.0", "0x1.1"])])
def test_a_controller_that_fills_a_gap_of_indexes_takes_its_slot_in_its_turn(name: str, slots: list[str]) -> None:
    """Until 11.3 it stands behind all others."""
    xml = domain("aarch64", "virt", "<controller type='pci' index='2' model='pcie-root-port'/>" + PCI_NIC)
    libvirt, qemu = PAIRS[name]
    found = assign(xml, capabilities=known_capabilities("aarch64", libvirt=libvirt, qemu=qemu)).guest
    places = {
        device.index: f"0x{device.address.slot:x}.{device.address.function}"
        for device in found.devices
        if device.kind == "controller" and device.type == "pci" and device.index in (1, 2)
    }
    assert [places[1], places[2]] == slots


@pytest.mark.parametrize(
    ("devices", "message"),
    [
        (
            "<sound model='ich7'/>",
            "knows no bus of a QEMU guest for model 'ich7'. Use es1370, ac97, ich6, ich9 or virtio",
        ),
        ("<memballoon model='xen'/>", "model 'xen'. Use virtio-transitional, virtio or virtio-non-transitional"),
        ("<controller type='xenbus' index='0'/>", "for type 'xenbus'. Remove it, or choose another type"),
        (
            "<filesystem><driver type='ploop'/><source dir='/a'/><target dir='a'/></filesystem>",
            "driver 'ploop'. Remove",
        ),
    ],
)
def test_what_no_bus_takes_is_refused_by_its_model_or_type(devices: str, message: str) -> None:
    with pytest.raises(DevaddrError, match=re.escape(message)):
        assign(domain("x86_64", "q35", devices))


@pytest.mark.parametrize(
    ("machine", "card", "warned"),
    [
        ("q35", "", ["QEMU cannot start the guest"]),
        ("q35", "<address type='pci' slot='5'/>", ["type pci is replaced", "QEMU cannot start the guest"]),
        ("pseries", "", []),
        ("pseries", "<address type='pci' slot='5'/>", ["type pci is replaced"]),
    ],
)
def test_a_card_of_the_virtual_io_bus_is_never_moved_there_silently(machine: str, card: str, warned: list[str]) -> None:
    arch = "ppc64" if machine == "pseries" else "x86_64"
    found = assign(domain(arch, machine, f"<interface type='user'><model type='spapr-vlan'/>{card}</interface>"))
    assert len(found.warnings) == len(warned)
    assert all(words in str(warning) for words, warning in zip(warned, found.warnings, strict=True))


@pytest.mark.parametrize(
    ("driver", "takes"), [("", "12"), ("<driver xtsup='on'/>", "12"), ("<driver xtsup='off'/>", "")]
)
def test_an_amd_iommu_for_many_vcpus(driver: str, takes: str) -> None:
    text = domain("x86_64", "q35", f"<iommu model='amd'>{driver}</iommu>").replace("<vcpu>1<", "<vcpu>300<")
    taking = []
    for name, (libvirt, qemu) in (PAIRS | {"12.1": ("12.1.0", "11.1.3")}).items():
        try:
            found = assign(text, capabilities=known_capabilities("x86_64", libvirt=libvirt, qemu=qemu))
        except DevaddrError:
            continue
        assert "xtsup='on'" in found.xml
        taking.append(name)
    assert " ".join(taking) == takes


def test_the_address_of_a_ps2_device_is_warned_of() -> None:
    (warning,) = assign(domain("x86_64", "q35", "<input type='mouse'><address type='pci' slot='5'/></input>")).warnings
    assert "PS/2 devices have none" in str(warning)
