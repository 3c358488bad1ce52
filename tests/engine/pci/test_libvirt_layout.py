"""libvirt's own PCI layout, as a table: machine, devices, and where each one must end."""

from __future__ import annotations

import pytest

import devaddr_xml
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import (
    AnyDevice,
    Controller,
    Disk,
    Hostdev,
    HostSource,
    Interface,
    Iommu,
    Memballoon,
    Serial,
    Sound,
    Video,
)
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.host import HostFacts, HostPciDevice

ARCHITECTURES = {"virt": "aarch64", "pseries": "ppc64", "mac99": "ppc"}


def usb(model: str | None, startport: int | None = None) -> Controller:
    return Controller(type="usb", index=0, model=model, master_startport=startport)


def pci(index: int, model: str, **rest: object) -> Controller:
    return Controller(type="pci", index=index, model=model, **rest)  # type: ignore[arg-type]


NO_USB = usb("none")
NO_BALLOON = Memballoon(model="none")
NIC = Interface(model="virtio")
LEGACY = Interface(model="rtl8139")


def at(bus: int, slot: int, function: int = 0, **rest: object) -> PciAddress:
    return PciAddress(bus=bus, slot=slot, function=function, **rest)  # type: ignore[arg-type]


#: name: (machine, devices, {device: place}); a place ends in + where its slot says multifunction='on'.
LAYOUTS: dict[str, tuple[str, list[AnyDevice], dict[str, str]]] = {
    "i440fx with nothing": ("pc", [], {"usb.0": "00:01.2", "memballoon": "00:02.0"}),
    "i440fx: video takes slot 2": ("pc", [Video(model="vga"), NO_USB], {"video": "00:02.0", "memballoon": "00:03.0"}),
    "i440fx: a video whose slot is taken comes first": (
        "pc",
        [Sound(model="ac97", address=at(0, 2)), Video(model="vga"), NO_USB],
        {"sound": "00:02.0", "video": "00:03.0", "memballoon": "00:04.0"},
    ),
    "i440fx: missing buses are bridges": (
        "pc",
        [Memballoon(model="virtio", address=at(2, 6)), NO_USB],
        {"memballoon": "02:06.0", "pci.1": "00:02.0", "pci.2": "00:03.0"},
    ),
    "i440fx: a USB 2 set shares a slot": (
        "pc",
        [usb("ich9-ehci1"), usb("ich9-uhci1", 0), usb("ich9-uhci2", 2), usb("ich9-uhci3", 4), NO_BALLOON],
        {"ich9-ehci1": "00:02.7", "ich9-uhci1": "00:02.0+", "ich9-uhci2": "00:02.1", "ich9-uhci3": "00:02.2"},
    ),
    "q35 with nothing: one port is spare": (
        "q35",
        [],
        {
            "usb.0": "01:00.0",
            "memballoon": "02:00.0",
            "sata.0": "00:1f.2",
            "pci.1": "00:01.0+",
            "pci.2": "00:01.1",
            "pci.3": "00:01.2",
        },
    ),
    "q35: no spare port beside given ports": (
        "q35",
        [pci(0, "pcie-root"), pci(1, "pcie-root-port"), NO_BALLOON],
        {"pci.1": "00:01.0", "usb.0": "01:00.0", "sata.0": "00:1f.2"},
    ),
    "q35: video in slot 1, sound in slot 1b": (
        "q35",
        [Video(model="virtio"), Sound(model="ich9"), Sound(model="ich9"), NO_USB, NO_BALLOON],
        {
            "video": "00:01.0",
            "sound": "00:1b.0",
            "sound'": "02:01.0",
            "sata.0": "00:1f.2",
            "pci.1": "00:02.0+",
            "pci.2": "01:00.0",
            "pci.3": "00:02.1",
        },
    ),
    "q35: the bridge takes the lowest port": (
        "q35",
        [NIC, Sound(model="ac97"), NO_USB, NO_BALLOON],
        {
            "interface": "02:00.0",
            "sound": "03:01.0",
            "pci.1": "00:01.0+",
            "pci.2": "00:01.1",
            "pci.3": "01:00.0",
            "pci.4": "00:01.2",
            "sata.0": "00:1f.2",
        },
    ),
    "q35: a conventional device on bus 1 moves to the bridge": (
        "q35",
        [Interface(model="rtl8139", address=at(1, 1)), NO_USB, NO_BALLOON],
        {
            "interface": "02:01.0",
            "pci.1": "00:01.0+",
            "pci.2": "01:00.0",
            "pci.3": "00:01.1",
            "sata.0": "00:1f.2",
        },
    ),
    "q35: the first USB 2 set is in slot 1d": (
        "q35",
        [usb("ich9-ehci1"), usb("ich9-uhci1", 0), usb("ich9-uhci2", 2), NO_BALLOON],
        {"ich9-ehci1": "00:1d.7", "ich9-uhci1": "00:1d.0+", "ich9-uhci2": "00:1d.1", "sata.0": "00:1f.2"},
    ),
    "q35: a DMI bridge is in slot 1e and takes bridges only": (
        "q35",
        [pci(1, "dmi-to-pci-bridge"), LEGACY, NO_USB, NO_BALLOON],
        {"pci.1": "00:1e.0", "pci.2": "01:00.0", "interface": "02:01.0", "sata.0": "00:1f.2"},
    ),
    "q35: a switch that was given": (
        "q35",
        [
            pci(1, "pcie-root-port"),
            pci(2, "pcie-switch-upstream-port"),
            pci(3, "pcie-switch-downstream-port"),
            pci(4, "pcie-switch-downstream-port"),
            NIC,
            NO_USB,
            NO_BALLOON,
        ],
        {
            "pci.1": "00:01.0",
            "pci.2": "01:00.0",
            "pci.3": "02:00.0",
            "pci.4": "02:01.0",
            "interface": "03:00.0",
            "sata.0": "00:1f.2",
        },
    ),
    "q35: an IOMMU is on bus 0": (
        "q35",
        [Iommu(model="virtio"), NO_USB, NO_BALLOON],
        {"iommu": "00:01.0", "sata.0": "00:1f.2"},
    ),
    "virt: a PCI serial port is behind a bridge": (
        "virt",
        [Serial(target_type="pci-serial")],
        {"serial": "02:01.0", "pci.1": "00:01.0+", "pci.2": "01:00.0", "pci.3": "00:01.1"},
    ),
    "pseries: missing buses are host bridges": (
        "pseries",
        [Interface(model="virtio", address=at(2, 1)), NO_BALLOON, NO_USB],
        {"interface": "02:01.0"},
    ),
    "mac99: no slot is reserved": ("mac99", [], {"usb.0": "00:01.0", "memballoon": "00:02.0"}),
}


def places(guest: Guest) -> dict[str, str]:
    found: dict[str, str] = {}
    for device in guest.devices:
        if not isinstance(device.address, PciAddress):
            continue
        name = device.kind
        if isinstance(device, Controller):
            name = device.model if device.model and device.model.startswith("ich9") else f"{device.type}.{device.index}"
        while name in found:
            name += "'"
        found[name] = str(device.address)[5:] + ("+" if device.address.multifunction else "")
    return found


@pytest.mark.parametrize("name", LAYOUTS)
def test_layout(name: str) -> None:
    machine, devices, expected = LAYOUTS[name]
    guest = Guest(arch=ARCHITECTURES.get(machine, "x86_64"), machine=machine, devices=devices, acpi=True)
    plan = devaddr_xml.plan(guest, thorough=True)
    finished = plan.guest
    assert places(finished) == expected
    assert plan.warnings == ()
    assert places(devaddr_xml.plan(finished).guest) == expected


def disks(count: int) -> list[AnyDevice]:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return [
        Disk(target=f"vd{letters[i // 26 - 1] if i > 25 else ''}{letters[i % 26]}", bus="virtio") for i in range(count)
    ]


def test_i440fx_keeps_a_slot_for_a_bridge() -> None:
    finished = places(devaddr_xml.plan(Guest(arch="x86_64", machine="pc", devices=[*disks(30), NO_BALLOON])).guest)
    assert finished["pci.1"] == "00:02.0"
    assert sorted(finished.values())[-1] == "01:01.0"
    finished = places(devaddr_xml.plan(Guest(arch="x86_64", machine="pc", devices=[*disks(29), NO_BALLOON])).guest)
    assert "pci.1" not in finished


def test_pcie_root_has_room_for_248_ports() -> None:
    ports: list[AnyDevice] = [pci(index, "pcie-root-port") for index in range(1, 249)]
    devaddr_xml.plan(Guest(arch="aarch64", machine="virt", devices=ports))
    with pytest.raises(devaddr_xml.DevaddrError, match="no bus that accepts it has a free place"):
        devaddr_xml.plan(Guest(arch="aarch64", machine="virt", devices=[*ports, pci(249, "pcie-root-port")]))


def test_isolation_groups_share_host_bridges() -> None:
    def hostdev(number: int) -> Hostdev:
        return Hostdev(type="pci", source=HostSource(pci=PciAddress(bus=number)))

    facts = HostFacts(
        pci={f"0000:{n:02x}:00.0": HostPciDevice(iommu_group=group) for n, group in ((1, 5), (2, 5), (3, 6))}
    )
    guest = Guest(arch="ppc64", machine="pseries", devices=[hostdev(1), hostdev(3), hostdev(2), NO_USB, NO_BALLOON])
    finished = devaddr_xml.plan(guest, host=facts).guest
    assert [str(d.address)[5:] for d in finished.devices if isinstance(d, Hostdev)] == ["01:01.0", "02:01.0", "01:02.0"]
    targets = [c.target_index for c in finished.devices if isinstance(c, Controller) and c.type == "pci"]
    assert targets == [0, 1, 2]


def options(guest: Guest, index: int) -> tuple[object, ...]:
    finished = devaddr_xml.plan(guest).guest
    controller = next(c for c in finished.devices if isinstance(c, Controller) and c.type == "pci" and c.index == index)
    return (controller.model_name, controller.chassis_nr, controller.chassis, controller.port, controller.bus_nr)


def test_options_of_controllers() -> None:
    q35 = Guest(
        arch="x86_64",
        machine="q35",
        devices=[
            pci(1, "pcie-root-port", address=at(0, 3, 1)),
            pci(2, "pcie-switch-upstream-port"),
            pci(3, "pcie-switch-downstream-port", address=at(2, 5)),
            pci(4, "pcie-expander-bus"),
            pci(5, "pcie-expander-bus", bus_nr=200),
            pci(6, "pcie-root-port", chassis=99, port=7),
            LEGACY,
        ],
    )
    assert options(q35, 1) == ("pcie-root-port", None, 1, 0x19, None)
    assert options(q35, 2) == ("x3130-upstream", None, None, None, None)
    assert options(q35, 3) == ("xio3130-downstream", None, 3, 5, None)
    assert options(q35, 4) == ("pxb-pcie", None, None, None, 198)
    assert options(q35, 5) == ("pxb-pcie", None, None, None, 200)
    assert options(q35, 6) == ("pcie-root-port", None, 99, 7, None)
    pc = Guest(arch="x86_64", machine="pc", devices=[pci(1, "pci-expander-bus"), pci(3, "pci-bridge")])
    assert options(pc, 1) == ("pxb", None, None, None, 254)
    assert options(pc, 2) == ("pci-bridge", 2, None, None, None)


REFUSED: dict[str, tuple[str, list[AnyDevice], str]] = {
    "a function of the chipset": ("pc", [Sound(model="ac97", address=at(0, 1, 0))], "ISA bridge"),
    "IDE 0 elsewhere": ("pc", [Controller(type="ide", index=0, address=at(0, 5))], "at 0000:00:01.1 only"),
    "SATA 0 elsewhere": ("q35", [Controller(type="sata", index=0, address=at(0, 5))], "at 0000:00:1f.2 only"),
    "PIIX3 USB on PCI Express": (
        "q35",
        [usb("piix3-uhci").__class__(type="usb", index=0, address=at(0, 1, 2))],
        "PIIX3",
    ),
    "twice": ("pc", [Sound(model="ac97", address=at(0, 5)), Interface(model="virtio", address=at(0, 5))], "used twice"),
    "a bridge above its bus": (
        "pc",
        [pci(1, "pci-bridge", address=at(2, 1)), pci(2, "pci-bridge")],
        "index must be higher",
    ),
    "expander below a bridge": ("pc", [pci(1, "pci-bridge"), pci(2, "pci-expander-bus", address=at(1, 1))], "plugged"),
    "slot 0 of a bridge": ("pc", [pci(1, "pci-bridge"), Interface(model="virtio", address=at(1, 0))], "slots 1 to 31"),
    "no bus numbers left": (
        "q35",
        [pci(1, "pcie-expander-bus", bus_nr=2), pci(2, "pcie-expander-bus")],
        "no bus numbers",
    ),
    "no PCI at all": ("isapc", [Memballoon(model="virtio")], "no PCI bus"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    machine, devices, words = REFUSED[name]
    with pytest.raises(devaddr_xml.DevaddrError, match=words) as caught:
        devaddr_xml.plan(Guest(arch="x86_64", machine=machine, devices=devices))
    assert caught.value.remedy
