"""What each machine brings."""

from __future__ import annotations

import pytest
from recorded import Recorded

from devaddr_xml.engine.complete.device_lists import gather
from devaddr_xml.engine.complete.implied import imply_devices
from devaddr_xml.engine.complete.indexes import assign_indexes
from devaddr_xml.model.device import Audio, Controller, Device, Graphics, Input, Iommu, Memballoon, Panic, Watchdog
from devaddr_xml.model.errors import Unsupported

XHCI = ("qemu-xhci", "nec-usb-xhci")


def word(device: Device) -> str:
    """A device in short."""
    if isinstance(device, Controller):
        return f"{device.type}{device.index}" + (f":{device.model}" if device.model else "")
    if isinstance(device, Input):
        return f"{device.type}/{device.bus}"
    if isinstance(device, Audio):
        return f"audio:{device.type}"
    return f"{device.kind}:{device.model}"


def added(begin, *devices: Device, **options) -> str:
    state = begin(*devices, **options)
    gather(state)
    assign_indexes(state)
    imply_devices(state)
    return " ".join(map(word, state.added))


PS2 = "mouse/ps2 keyboard/ps2"
BALLOON = "memballoon:virtio"
PC = f"{PS2} usb0 pci0:pci-root {BALLOON} audio:none"


@pytest.mark.parametrize(
    ("arch", "machine", "expected"),
    [
        ("x86_64", "pc", PC),
        ("i686", "pc-i440fx-9.0", PC),
        ("x86_64", "q35", f"{PS2} usb0:qemu-xhci sata0 pci0:pcie-root {BALLOON} watchdog:itco audio:none"),
        ("x86_64", "isapc", f"{PS2} audio:none"),
        ("x86_64", "xenfv", f"{PS2} usb0 {BALLOON} audio:none"),
        ("x86_64", "microvm", "audio:none"),
        ("aarch64", "virt", "pci0:pcie-root audio:none"),
        ("armv7l", "versatilepb", "usb0:qemu-xhci pci0:pci-root audio:none"),
        ("aarch64", "realview-eb", "usb0:qemu-xhci pci0:pci-root audio:none"),
        ("aarch64", "realview-pb-a8", "audio:none"),
        ("armv7l", "vexpress-a9", "audio:none"),
        ("ppc64", "pseries", f"usb0 pci0:pci-root {BALLOON} panic:pseries audio:none"),
        ("ppc64le", "powernv9", f"usb0 pci0:pci-root {BALLOON} audio:none"),
        ("ppc", "mac99", f"usb0 pci0:pci-root {BALLOON} audio:none"),
        ("sh4", "r2d", f"usb0 pci0:pci-root {BALLOON} audio:none"),
        ("alpha", "clipper", f"usb0 pci0:pci-root {BALLOON} audio:none"),
        ("sparc64", "sun4u", f"usb0 pci0:pci-root {BALLOON} audio:none"),
        ("riscv64", "virt", "pci0:pcie-root audio:none"),
        ("riscv64", "spike", "audio:none"),
        ("s390x", "s390-ccw-virtio", f"pci0:pci-root {BALLOON} panic:s390 audio:none"),
        ("mips", "malta", f"usb0 pci0:pci-root {BALLOON} audio:none"),
        ("mips", "mipssim", f"usb0 {BALLOON} audio:none"),
        ("loongarch64", "virt", "pci0:pcie-root audio:none"),
        ("sparc", "SS-5", "audio:none"),
        ("m68k", "virt", "audio:none"),
    ],
)
def test_what_a_machine_brings(begin, arch: str, machine: str, expected: str) -> None:
    assert added(begin, arch=arch, machine=machine) == expected


@pytest.mark.parametrize(
    ("arch", "machine", "expected"),
    [
        ("x86_64", "isapc", f"{PS2} {BALLOON} audio:none"),
        ("x86_64", "microvm", f"usb0 {BALLOON} audio:none"),
        ("armv7l", "versatilepb", "usb0:pci-ohci pci0:pci-root audio:none"),
        ("aarch64", "realview-eb", "usb0:pci-ohci audio:none"),
        ("riscv64", "virt", f"pci0:pcie-root {BALLOON} audio:none"),
        ("riscv64", "spike", f"{BALLOON} audio:none"),
    ],
)
def test_what_a_machine_brought_with_an_older_libvirt(begin, arch: str, machine: str, expected: str) -> None:
    assert added(begin, arch=arch, machine=machine, libvirt=(11, 3, 0)) == expected


@pytest.mark.parametrize(
    ("arch", "machine", "expected"),
    [
        ("aarch64", "versatilepb", "audio:none"),
        ("armv6l", "versatilepb", "pci0:pci-root audio:none"),
        ("armv6l", "virt", "audio:none"),
        ("armv7l", "virt", "pci0:pcie-root audio:none"),
        ("aarch64", "realview-eb", "audio:none"),
        ("m68k", "virt", f"usb0 {BALLOON} audio:none"),
        ("m68k", "q800", f"usb0 {BALLOON} audio:none"),
        ("xtensa", "sim", f"usb0 {BALLOON} audio:none"),
    ],
)
def test_what_a_machine_brought_with_the_oldest_libvirt(begin, arch: str, machine: str, expected: str) -> None:
    assert added(begin, arch=arch, machine=machine, libvirt=(9, 0, 0)) == expected


@pytest.mark.parametrize(
    ("machine", "without", "expected"),
    [
        ("pc", ("i8042",), f"usb0 pci0:pci-root {BALLOON} audio:none"),
        ("q35", XHCI[:1], f"{PS2} usb0:nec-xhci sata0 pci0:pcie-root {BALLOON} watchdog:itco audio:none"),
        ("q35", (*XHCI, "ich9-usb-ehci1"), f"{PS2} sata0 pci0:pcie-root {BALLOON} watchdog:itco audio:none"),
    ],
)
def test_what_an_older_qemu_does_without(begin, machine: str, without: tuple[str, ...], expected: str) -> None:
    assert added(begin, machine=machine, without=without) == expected


def test_s390_without_zpci_has_no_pci(begin) -> None:
    assert (
        added(begin, arch="s390x", machine="s390-ccw-virtio", without=("zpci",)) == f"{BALLOON} panic:s390 audio:none"
    )


@pytest.mark.parametrize(("libvirt", "has"), [((9, 0, 0), False), ((9, 1, 0), True), ((11, 3, 0), True)])
def test_older_libvirt_does_not_know_the_chipset_watchdog(begin, libvirt: tuple[int, int, int], has: bool) -> None:
    assert ("watchdog:itco" in added(begin, libvirt=libvirt)) is has


@pytest.mark.parametrize(("libvirt", "has"), [((10, 6, 0), True), ((10, 7, 0), False)])
def test_older_libvirt_gives_every_x86_machine_ps2_inputs(begin, libvirt: tuple[int, int, int], has: bool) -> None:
    assert (PS2 in added(begin, machine="microvm", libvirt=libvirt)) is has
    assert PS2 not in added(begin, arch="ppc", machine="mac99", libvirt=libvirt)


@pytest.mark.parametrize(("libvirt", "has"), [((10, 9, 0), False), ((10, 10, 0), True)])
def test_older_libvirt_brings_no_iommu(begin, libvirt: tuple[int, int, int], has: bool) -> None:
    assert ("iommu:intel" in added(begin, vcpus=300, libvirt=libvirt)) is has


def test_usb2_set_stands_in_libvirts_order(begin) -> None:
    state = begin(without=XHCI)
    gather(state)
    imply_devices(state)
    usb = [(c.model, c.index, c.master_startport) for c in state.controllers if c.type == "usb"]
    assert usb == [
        ("ich9-ehci1", 0, None),
        ("ich9-uhci3", 0, 4),
        ("ich9-uhci2", 0, 2),
        ("ich9-uhci1", 0, 0),
    ]


@pytest.mark.parametrize(
    ("machine", "device", "gone"),
    [
        ("pc", Input(type="mouse", bus="ps2"), "mouse/ps2"),
        ("pc", Controller(type="usb", model="none"), "usb0"),
        ("pc", Controller(type="usb", index=0), "usb0"),
        ("pc", Controller(type="pci", index=0, model="pci-root"), "pci0:pci-root"),
        ("pc", Memballoon(model="none"), BALLOON),
        ("pc", Audio(type="alsa"), "audio:none"),
        ("q35", Controller(type="sata", index=0), "sata0"),
        ("q35", Watchdog(model="itco"), "watchdog:itco"),
    ],
)
def test_what_the_domain_names_is_not_added(begin, machine: str, device: Device, gone: str) -> None:
    before = added(begin, machine=machine).split()
    assert gone in before
    assert added(begin, device, machine=machine).split() == [name for name in before if name != gone]


@pytest.mark.parametrize(
    "device",
    [
        Input(type="mouse"),
        Input(type="mouse", bus="usb"),
        Controller(type="usb", index=1, model="nec-xhci"),
        Controller(type="pci", index=1, model="pci-bridge"),
    ],
)
def test_what_does_not_stand_in_for_a_default(begin, device: Device) -> None:
    assert added(begin, device, machine="pc") == PC


def test_no_ps2_inputs_where_ps2_is_off(begin) -> None:
    assert "ps2" not in added(begin, machine="pc", ps2=False)
    assert PS2 in added(begin, machine="pc", ps2=True)


@pytest.mark.parametrize(
    ("panic", "count"), [(None, 1), (Panic(), 0), (Panic(model="pseries"), 0), (Panic(model="isa"), 1)]
)
def test_panic_unless_one_of_the_machines_model_is_there(begin, panic: Panic | None, count: int) -> None:
    devices = (panic,) if panic else ()
    assert added(begin, *devices, arch="ppc64", machine="pseries").count("panic:pseries") == count


@pytest.mark.parametrize(
    ("devices", "expected"),
    [
        ((), ""),
        ((Graphics(),), "keyboard/usb mouse/usb"),
        ((Graphics(), Input(type="tablet", bus="usb")), "keyboard/usb"),
        ((Graphics(), Input(type="keyboard", bus="usb")), "mouse/usb"),
        ((Graphics(), Input(type="keyboard"), Input(type="mouse")), "keyboard/usb mouse/usb"),
    ],
)
def test_usb_inputs_beside_graphics_on_power(begin, devices: tuple[Device, ...], expected: str) -> None:
    names = added(begin, *devices, arch="ppc64", machine="mac99").split()
    assert " ".join(name for name in names if name.endswith("/usb")) == expected


def test_chipset_watchdog_acts_like_the_first_one(begin) -> None:
    state = begin(Watchdog(model="i6300esb", action="poweroff"), Watchdog(model="i6300esb", action="none"))
    gather(state)
    imply_devices(state)
    assert [(w.model, w.action) for w in state.watchdogs][-1] == ("itco", "poweroff")


@pytest.mark.parametrize(
    ("vcpus", "devices", "without", "count"),
    [
        (255, (), (), 0),
        (256, (), (), 1),
        (256, (Iommu(model="virtio"),), (), 0),
        (256, (), ("intel-iommu.eim",), 0),
    ],
)
def test_iommu_for_many_vcpus(
    begin, vcpus: int, devices: tuple[Device, ...], without: tuple[str, ...], count: int
) -> None:
    state = begin(*devices, vcpus=vcpus, without=without)
    gather(state)
    imply_devices(state)
    found = [device for device in state.added if isinstance(device, Iommu)]
    assert len(found) == count
    assert all((iommu.model, iommu.intremap, iommu.eim) == ("intel", True, True) for iommu in found)


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        ("", ["none"]),
        ("vnc", ["none"]),
        ("spice", ["spice"]),
        ("vnc spice", ["spice"]),
        ("spice vnc", ["none"]),
        ("vnc egl-headless", ["none"]),
        ("sdl", []),
        ("rdp", []),
        ("dbus", []),
    ],
)
def test_audio_goes_where_the_graphics_go(begin, types: str, expected: list[str]) -> None:
    state = begin(*(Graphics(type=type) for type in types.split()))
    gather(state)
    imply_devices(state)
    assert [audio.type for audio in state.of(Audio)] == expected


@pytest.mark.parametrize(
    ("machine", "controller"),
    [
        ("pc", Controller(type="pci", index=0, model="pcie-root")),
        ("q35", Controller(type="pci", index=0, model="pci-root")),
        ("q35", Controller(type="pci", model="pcie-root-port", line=12)),
    ],
)
def test_wrong_root_is_refused(begin, golden: Recorded, machine: str, controller: Controller) -> None:
    with pytest.raises(Unsupported, match="PCI controller 0") as caught:
        added(begin, controller, machine=machine)
    assert caught.value.line == controller.line
    golden(caught.value)


def test_machines_without_root_take_any(begin) -> None:
    assert "pci0" not in added(begin, Controller(type="pci", index=0, model="pcie-root"), machine="microvm")


def test_every_addition_is_in_the_journal_and_last_in_the_guest(begin) -> None:
    state = begin(Graphics())
    gather(state)
    imply_devices(state)
    assert [decision.device for decision in state.journal.decisions] == state.added
    assert state.guest.devices[1:] == state.added
    assert all(decision.rule for decision in state.journal.decisions)
