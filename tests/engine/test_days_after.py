"""Guests that have their layout: what comes of attaching, detaching and migrating."""

from __future__ import annotations

import msgspec
import pytest
from layout_line import described, where
from recorded import Recorded

from devaddr_xml.engine.lifecycle.attach import attach
from devaddr_xml.engine.lifecycle.detach import Detached, detach
from devaddr_xml.engine.lifecycle.migrate import Migrated, migrate
from devaddr_xml.engine.plan import plan
from devaddr_xml.model.device import (
    AnyDevice,
    Channel,
    Controller,
    Disk,
    Hostdev,
    HostSource,
    Interface,
    Memballoon,
    Redirdev,
    Rng,
)
from devaddr_xml.model.errors import DevaddrError
from devaddr_xml.model.guest import Guest, NumaCell
from devaddr_xml.model.hints import Hints
from devaddr_xml.model.naming import label, preferred_references
from devaddr_xml.model.policy import DeviceHints, Policy, Spare
from devaddr_xml.probe.embedded import capabilities_for
from devaddr_xml.views.explain import rule_in_words

CELLS = tuple(NumaCell(id=number, memory=1 << 20) for number in range(2))
NO_BALLOON = Memballoon(model="none")


def card(number: int, model: str = "virtio", hints: Hints | None = None) -> Interface:
    return Interface(mac=f"52:54:00:00:00:{number:02x}", model=model, hints=hints)


def guest(arch: str, machine: str, *devices: AnyDevice, policy: Policy | None = None) -> Guest:
    """A complete guest with two cells."""
    given = [msgspec.structs.replace(each, line=line) for line, each in enumerate((NO_BALLOON, *devices), 1)]
    source = Guest(arch=arch, machine=machine, memory=2 << 20, cells=CELLS, devices=given, policy=policy)
    return plan(source, capabilities=capabilities_for(arch)).guest


SCSI = Controller(type="scsi", index=0, model="virtio-scsi")
ON_NODE = Hints(node=1)

GUESTS: dict[str, Guest] = {
    "q35": guest("x86_64", "q35", card(9), Disk(target="vda", bus="virtio"), policy=Policy(spare_ports=2)),
    "q35 full": guest("x86_64", "q35", card(9), policy=Policy(spare_ports=0)),
    "q35 with nodes": guest(
        "x86_64", "q35", card(9, hints=ON_NODE), card(8), policy=Policy(spare_ports=1, spares=(Spare(1, 1),))
    ),
    "q35 with a bridge": guest(
        "x86_64", "q35", card(9, "e1000"), SCSI, Disk(target="sda", bus="scsi"), policy=Policy(spare_ports=1)
    ),
    "q35 packed": guest("x86_64", "q35", *map(card, range(4, 9)), policy=Policy(profile="packed")),
    "q35 for hotplug": guest("x86_64", "q35", card(9), policy=Policy(profile="hotplug")),
    "q35 with a group": guest(
        "x86_64", "q35", card(9, hints=Hints(bus_group="g")), card(8, hints=Hints(bus_group="g"))
    ),
    "pc": guest("x86_64", "pc", card(9), SCSI, Disk(target="sda", bus="scsi"), Channel(target_type="virtio", name="a")),
    "pc with nodes": guest("x86_64", "pc", card(9, hints=ON_NODE), card(8)),
    "pseries": guest("ppc64", "pseries", card(9), card(8, hints=ON_NODE)),
    "s390": guest("s390x", "s390-ccw-virtio", card(9), Hostdev(type="pci", source=HostSource(key="h"))),
}

NEW: dict[str, AnyDevice] = {
    "card": card(1),
    "conventional card": card(1, "e1000"),
    "PCI Express card": card(1, "e1000e"),
    "card on cell 1": card(1, hints=ON_NODE),
    "card on cell 0": card(1, hints=Hints(node=0)),
    "card that stays": card(1, hints=Hints(hotplug="no")),
    "card of the group": card(1, hints=Hints(bus_group="g")),
    "card alone": card(1, hints=Hints(own_bus="yes")),
    "card behind a switch": card(1, hints=Hints(placement="switch")),
    "card on bus 0": card(1, hints=Hints(placement="root-complex")),
    "card behind a bridge": card(1, hints=Hints(placement="bridge")),
    "card in a slot": card(1, hints=Hints(slot_group="s")),
    "virtio disk": Disk(target="vdx", bus="virtio"),
    "SCSI disk": Disk(target="sdb", bus="scsi"),
    "SCSI host device": Hostdev(type="scsi", source=HostSource(key="k")),
    "host device": Hostdev(type="pci", source=HostSource(key="p")),
    "USB device": Redirdev(bus="usb"),
    "channel": Channel(target_type="virtio", name="b"),
    "random numbers": Rng(model="virtio"),
    "two of a kind": card(1, "e1000e", Hints(hotplug="yes")),
}

POLICIES: dict[str, Policy] = {
    "libvirt": Policy(profile="libvirt"),
    "hotplug": Policy(profile="hotplug"),
    "integrated": Policy(profile="integrated"),
    "packed": Policy(profile="packed"),
    "more ports": Policy(spare_ports=4),
    "ports of cells": Policy(spares=(Spare(0, 1), Spare(1, 2))),
    "behind switches": Policy(pcie_placement="switch"),
    "ports off": Policy(port_hotplug="off"),
    "ports on": Policy(port_hotplug="on"),
    "spare ports on": Policy(port_hotplug="spare-only", spare_ports=1),
    "disks": Policy(scsi_units=1),
    "cells preferred": Policy(numa="prefer", devices=(DeviceHints(ref="52:54:00:00:00:09", node=0),)),
    "a hint": Policy(devices=(DeviceHints(ref="52:54:00:00:00:09", own_bus="yes", hotplug="yes"),)),
}


def places(guest: Guest) -> list[tuple[str, str]]:
    """The devices and where they are."""
    return [(label(device), str(device.address)) for device in guest.devices]


def again(guest: Guest) -> Guest:
    return plan(guest, capabilities=capabilities_for(guest.arch or "")).guest


def check(error: DevaddrError, line: int | None = None) -> None:
    """An error says what is to blame, or what helps."""
    assert error.device or error.remedy
    assert line is None or error.line == line


def detached(source: Guest, ref: str) -> Detached:
    return detach(source, [ref], capabilities=capabilities_for(source.arch or ""), words=rule_in_words)


@pytest.mark.parametrize("live", [True, False], ids=["live", "cold"])
@pytest.mark.parametrize("name", GUESTS)
def test_attached(name: str, live: bool) -> None:
    """Nothing moves, the new device has a place of its own, and a running guest gets no controller."""
    running = GUESTS[name]
    before = {id(device): str(device.address) for device in running.devices}
    for device in NEW.values():
        new = msgspec.structs.replace(device, line=7)
        try:
            found = attach(running, [new], capabilities=capabilities_for(running.arch or ""), live=live)
        except DevaddrError as error:
            check(error, 7)
            continue
        (placed,) = found.devices
        assert [str(each.address) for each in found.plan.aligned][: len(before)] == [*before.values()]
        assert sum(str(each.address) == str(placed.address) for each in found.plan.guest.devices) == 1
        reasons = [
            each
            for each in found.plan.decisions
            if each.device is placed and each.outcome.endswith(where(placed).rstrip("+"))
        ]
        assert len(reasons) == 1
        if live:
            assert found.plan.added == ()
        else:
            assert places(again(found.plan.guest)) == places(found.plan.guest)


#: One guest for each new device, so that what is different about the device shows.
ATTACHED = {
    ("q35 with nodes", "card on cell 1"),
    ("q35 with nodes", "card on cell 0"),
    ("q35 with nodes", "SCSI disk"),
    ("q35 with a bridge", "conventional card"),
    ("q35 with a bridge", "card that stays"),
    ("q35 with a group", "card of the group"),
    ("q35 full", "card alone"),
    ("q35 full", "card behind a switch"),
    ("q35 packed", "card"),
    ("q35 packed", "card in a slot"),
    ("q35 for hotplug", "two of a kind"),
    ("pc with nodes", "card on bus 0"),
    ("pc", "channel"),
    ("pseries", "card on cell 1"),
    ("s390", "host device"),
    ("s390", "virtio disk"),
}


@pytest.mark.parametrize("live", [True, False], ids=["live", "cold"])
@pytest.mark.parametrize(("name", "device"), sorted(ATTACHED))
def test_attachment(golden: Recorded, name: str, device: str, live: bool) -> None:
    """Where the device goes and why, what is added for it, and what is doubtful; or the error."""
    running = GUESTS[name]
    new = msgspec.structs.replace(NEW[device], line=7)
    try:
        found = attach(running, [new], capabilities=capabilities_for(running.arch or ""), live=live)
    except DevaddrError as error:
        golden(error)
        return
    (placed,) = found.devices
    added = [f"{label(each)} {where(each)}" for each in found.plan.added]
    reasons = [f"{rule_in_words(each)} ({each.cause})" for each in found.plan.decisions if each.device is placed]
    golden("; ".join([where(placed), *reasons, *added, *map(str, found.plan.warnings)]))


@pytest.mark.parametrize("name", GUESTS)
def test_detached(name: str) -> None:
    """Each device taken out alone: the rest stays where it is, and its place is free."""
    source = GUESTS[name]
    for device in source.devices:
        ref = preferred_references(source.devices)[id(device)]
        try:
            found: Detached = detach(
                source, [ref], capabilities=capabilities_for(source.arch or ""), words=rule_in_words
            )
        except DevaddrError as error:
            check(error)
            continue
        (freed,) = found.freed
        assert (freed.address is None) == (device.address is None)
        assert str(freed.address or None) == str(device.address)
        assert places(found.after.guest) == [(label(d), str(d.address)) for d in source.devices if d is not device]


@pytest.mark.parametrize("name", ["q35 with a bridge", "q35 with a group", "pc", "s390"])
def test_detachment(golden: Recorded, name: str) -> None:
    """What a card leaves."""
    source = GUESTS[name]
    (freed,) = detach(
        source, ["52:54:00:00:00:09"], capabilities=capabilities_for(source.arch or ""), words=rule_in_words
    ).freed
    golden(
        f"{freed.device} leaves {freed.address}, shared with {freed.shared}, hotplug {freed.hotplug}, "
        f"hints {freed.hints}, stays {[(stay.controller, stay.empty) for stay in freed.stays]}"
    )


@pytest.mark.parametrize("keep", [None, (), ("52:54:00:00:00:09",)], ids=["additions", "anew", "one kept"])
@pytest.mark.parametrize("name", GUESTS)
def test_migrated(name: str, keep: tuple[str, ...] | None) -> None:
    """What is kept stays; the result is a fixed point; what leaves is no longer there."""
    source = GUESTS[name]
    for policy in POLICIES.values():
        try:
            found: Migrated = migrate(source, policy, keep=keep, capabilities=capabilities_for(source.arch or ""))
        except DevaddrError as error:
            check(error)
            continue
        after = found.after.guest
        assert places(again(after)) == places(after)
        if keep is None:
            assert found.leaving == ()
            assert [str(d.address) for d in found.after.aligned][: len(source.devices)] == [
                str(d.address) for d in source.devices
            ]
        now = dict(places(after))
        for ref in keep or ():
            assert now[f"interface {ref}"] == dict(places(source))[f"interface {ref}"]
        assert not {id(device) for device in found.leaving} & {id(device) for device in after.devices}


@pytest.mark.parametrize("policy", POLICIES)
def test_migration(golden: Recorded, policy: str) -> None:
    """Of one guest: the layout, the promises that it does not keep, and what leaves; or the error."""
    source = GUESTS["q35 with nodes"]
    try:
        found: Migrated = migrate(source, POLICIES[policy], keep=(), capabilities=capabilities_for(source.arch or ""))
    except DevaddrError as error:
        golden(error)
        return
    unmet = [f"unmet: {each} (line {each.line})" for each in found.unmet]
    leaving = [f"leaves: {label(device)}" for device in found.leaving]
    adopted = [] if found.adopted else ["not adopted"]
    golden("; ".join([*described(found.after.guest), *unmet, *leaving, *adopted]))
