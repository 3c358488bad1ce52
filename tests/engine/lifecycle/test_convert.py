"""Another machine: counterparts, drives in their order, controllers anew, and a list of what has no counterpart."""

from __future__ import annotations

from typing import Any

import pytest

from devaddr_xml import Policy, plan
from devaddr_xml.engine.lifecycle.convert import Conversion, convert
from devaddr_xml.machines.counterparts import COUNTERPARTS
from devaddr_xml.machines.family import every_row
from devaddr_xml.model.address import DriveAddress, PciAddress
from devaddr_xml.model.device import (
    AnyDevice,
    Controller,
    Disk,
    Hub,
    Input,
    Interface,
    Iommu,
    Panic,
    Parallel,
    Sound,
    Watchdog,
)
from devaddr_xml.model.errors import Unsupported
from devaddr_xml.model.guest import Guest, NumaCell
from devaddr_xml.model.hints import Hints
from devaddr_xml.model.policy import DeviceHints
from devaddr_xml.probe.embedded import capabilities_of


def converted(machine: str, target: str, *devices: AnyDevice, drop: bool = False, **rest: Any) -> Conversion:
    guest = Guest(arch="x86_64", machine=machine, memory=4 << 20, devices=list(devices), **rest)
    guest = plan(guest).guest
    return convert(guest, target, capabilities=capabilities_of(guest), drop=drop)


def of(kind: type[Any], found: Conversion) -> list[Any]:
    return [device for device in found.after.guest.devices if isinstance(device, kind)]


@pytest.mark.parametrize("target", ["q35", "pc-q35-9.0"])
def test_ide_disks_keep_their_order(target: str) -> None:
    disks = [Disk(target=f"hd{letter}", bus="ide") for letter in "dbca"]
    found = converted("pc", target, *disks)
    assert [(d.target, d.address.unit) for d in of(Disk, found)] == [("sdd", 3), ("sdb", 1), ("sdc", 2), ("sda", 0)]
    assert not any(c.type == "ide" for c in of(Controller, found))


def test_names_and_units_that_are_taken_are_left_alone() -> None:
    sata = Disk(target="sda", bus="sata", address=DriveAddress(unit=1))
    found = converted("pc", "q35", sata, *(Disk(target=f"hd{letter}", bus="ide") for letter in "abc"))
    assert [(d.target, d.address.unit) for d in of(Disk, found)] == [("sda", 1), ("sdb", 0), ("sdc", 2), ("sdd", 3)]


def test_disks_stay_on_sata() -> None:
    found = converted("q35", "pc", Disk(target="sda", bus="sata"), Disk(target="sdc", bus="sata"))
    assert [(d.target, d.bus, d.address.unit) for d in of(Disk, found)] == [("sda", "sata", 0), ("sdc", "sata", 2)]
    assert [c.type for c in of(Controller, found) if c.type == "sata"] == ["sata"]


def test_usb_controllers_of_the_chipset_are_replaced() -> None:
    found = converted("pc", "q35", Input(type="tablet", bus="usb"), *(Hub() for _ in range(3)))
    assert [c.model for c in of(Controller, found) if c.type == "usb"] == ["qemu-xhci"]
    assert len(of(Hub, found)) >= 3
    assert all(device.address is not None for device in of(Input, found) if device.bus == "usb")


def test_pluggable_usb_controllers_stay() -> None:
    found = converted("q35", "pc", Controller(type="usb", index=0, model="nec-xhci", ports=9))
    (usb,) = (c for c in of(Controller, found) if c.type == "usb")
    assert (usb.model, usb.ports) == ("nec-xhci", 9)


@pytest.mark.parametrize(
    ("source", "target", "device", "model"),
    [
        ("pc", "q35", Sound(model="ac97"), "ich9"),
        ("pc", "q35", Sound(model="ich6"), "ich6"),
        ("q35", "pc", Sound(model="ich9"), "ac97"),
        ("pc", "q35", Watchdog(model="ib700"), "itco"),
        ("pc", "q35", Watchdog(model="i6300esb"), "i6300esb"),
        ("pc", "q35", Interface(model="e1000"), "e1000"),
    ],
)
def test_counterparts(source: str, target: str, device: AnyDevice, model: str) -> None:
    found = converted(source, target, device)
    assert model in [d.model for d in of(type(device), found)]
    assert bool([r for r in found.replaced if r.new == model]) == (device.model != model)


def test_every_counterpart_is_for_a_known_family() -> None:
    families = {row.traits.family for rows in every_row().values() for row in rows}
    assert {family for models in COUNTERPARTS.values() for family in models} <= families


def test_what_has_no_counterpart_is_listed_and_dropped_where_asked() -> None:
    with pytest.raises(
        Unsupported, match=r"nothing for 1 devices: iommu intel: model intel exists on q35 machines only"
    ):
        converted("q35", "pc", Iommu(model="intel"), Interface(mac="52:54:00:00:00:01"))
    found = converted("q35", "pc", Iommu(model="intel"), Interface(mac="52:54:00:00:00:01"), drop=True)
    assert [missing.ref for missing in found.missing] == ["iommu[1]"]
    assert not of(Iommu, found)
    assert of(Interface, found)


def test_cells_and_hints_go_along() -> None:
    nic = Interface(mac="52:54:00:00:00:01", model="virtio")
    policy = Policy(
        devices=(DeviceHints(ref="52:54:00:00:00:01", node=1), DeviceHints(ref="ide.0", hotplug="no")),
    )
    found = converted(
        "pc",
        "q35",
        nic,
        Disk(target="hda", bus="ide"),
        cells=(NumaCell(id=0, memory=2 << 20), NumaCell(id=1, memory=2 << 20)),
        policy=policy,
    )
    assert found.after.guest.policy is not None
    assert {entry.ref for entry in found.after.guest.policy.devices} == {"52:54:00:00:00:01"}
    expanders = [c.node for c in of(Controller, found) if c.model == "pcie-expander-bus"]
    assert expanders == [1]


def test_cells_without_hints_are_asked_for() -> None:
    guest = Guest(
        arch="x86_64",
        machine="pc",
        memory=4 << 20,
        cells=(NumaCell(id=0, memory=2 << 20), NumaCell(id=1, memory=2 << 20)),
        devices=[Interface(mac="52:54:00:00:00:01", model="virtio", hints=Hints(node=1))],
    )
    laid_out = plan(guest).guest
    laid_out.policy = None
    for device in laid_out.devices:
        device.hints = None
    found = convert(laid_out, "q35", capabilities=capabilities_of(guest))
    assert [c.node for c in of(Controller, found) if c.model == "pcie-expander-bus"] == [1]


def test_the_same_family_keeps_every_place() -> None:
    found = converted("pc-q35-8.0", "q35", Interface(mac="52:54:00:00:00:01", model="virtio"), Sound(model="ich9"))
    assert found.replaced == ()
    assert found.after.guest.devices == found.before.guest.devices
    assert isinstance(of(Sound, found)[0].address, PciAddress)


def test_a_machine_that_there_is_not() -> None:
    with pytest.raises(Unsupported, match="x86_64 has no machine virt") as caught:
        converted("pc", "virt")
    assert caught.value.remedy is not None
    assert "q35" in caught.value.remedy


@pytest.mark.parametrize(
    ("device", "words"),
    [
        (Disk(target="fda", bus="fdc", device="floppy"), "disk fda: machine pseries has no floppy controller"),
        (Parallel(), "parallel.*: machine pseries has no parallel ports"),
    ],
)
def test_what_the_chipset_brings_has_no_counterpart_elsewhere(device: AnyDevice, words: str) -> None:
    guest = plan(Guest(arch="ppc64", machine="g3beige", devices=[device])).guest
    with pytest.raises(Unsupported, match=words):
        convert(guest, "pseries", capabilities=capabilities_of(guest))
    found = convert(guest, "pseries", capabilities=capabilities_of(guest), drop=True)
    assert len(found.missing) == 1
    assert of(type(device), found) == []
    assert not any(controller.type == "fdc" for controller in of(Controller, found))


@pytest.mark.parametrize("target", ["q35", "pc"])
def test_models_that_are_on_both_machines_stay(target: str) -> None:
    panics = [Panic(model="isa"), Panic(model="pvpanic")]
    found = converted("pc" if target == "q35" else "q35", target, *panics)
    assert [panic.model for panic in of(Panic, found)] == ["isa", "pvpanic"]
    assert not any(replaced.device.startswith("panic") for replaced in found.replaced)
