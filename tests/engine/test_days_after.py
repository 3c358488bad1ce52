"""Guests that have their layout: what comes of attaching, detaching and migrating."""

from __future__ import annotations

import msgspec
import pytest
from layout_line import described, where
from recorded import Recorded

from devaddr_xml.engine.lifecycle.attach import attach
from devaddr_xml.engine.lifecycle.detach import Detachment, detach
from devaddr_xml.engine.lifecycle.migrate import Migration, migrate
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
    "a wish": Policy(devices=(DeviceHints(ref="52:54:00:00:00:09", own_bus="yes", hotplug="yes"),)),
}


@pytest.mark.parametrize("live", [True, False], ids=["live", "cold"])
@pytest.mark.parametrize("name", GUESTS)
def test_attached(said: Recorded, name: str, live: bool) -> None:
    said(*(f"{device}: {attachment(name, device, live)}" for device in NEW))


def attachment(name: str, device: str, live: bool) -> str:
    """Where the device goes and why, what is added for it, and what is doubtful; or the error."""
    running = GUESTS[name]
    new = msgspec.structs.replace(NEW[device], line=7)
    try:
        found = attach(running, [new], capabilities=capabilities_for(running.arch or ""), live=live)
    except DevaddrError as error:
        return f"{type(error).__name__}: {error}"
    (placed,) = found.devices
    added = [f"{label(each)} {where(each)}" for each in found.plan.added]
    reasons = [
        f"{each.rule} ({each.cause})" + "".join(f", not {place}: {reason}" for place, reason in each.considered)
        for each in found.plan.decisions
        if each.device is placed
    ]
    return "; ".join([where(placed), *reasons, *added, *map(str, found.plan.warnings)])


@pytest.mark.parametrize("name", GUESTS)
def test_detached(said: Recorded, name: str) -> None:
    """Each device taken out alone."""
    source = GUESTS[name]
    said(*(f"{ref}: {detachment(source, ref)}" for ref in preferred_references(source.devices).values()))


def detachment(source: Guest, ref: str) -> str:
    """What the device leaves and what stays, or why it cannot leave."""
    try:
        found: Detachment = detach(source, [ref], capabilities=capabilities_for(source.arch or ""))
    except DevaddrError as error:
        return f"{type(error).__name__}: {error}"
    return "; ".join(
        f"{freed.device} leaves {freed.address}, shared with {freed.shared}, hotplug {freed.hotplug}, "
        f"hints {freed.hints}, stays {[(stay.controller, stay.empty) for stay in freed.stays]}"
        for freed in found.freed
    )


@pytest.mark.parametrize("keep", [None, (), ("52:54:00:00:00:09",)], ids=["additions", "anew", "one kept"])
@pytest.mark.parametrize("name", GUESTS)
def test_migrated(said: Recorded, name: str, keep: tuple[str, ...] | None) -> None:
    said(*(f"{policy}: {migration(GUESTS[name], POLICIES[policy], keep)}" for policy in POLICIES))


def migration(source: Guest, policy: Policy, keep: tuple[str, ...] | None) -> str:
    """The layout, the promises that it does not keep, and what leaves; or the error."""
    try:
        found: Migration = migrate(source, policy, keep=keep, capabilities=capabilities_for(source.arch or ""))
    except DevaddrError as error:
        return f"{type(error).__name__}: {error}"
    unmet = [f"unmet: {each} (line {each.line})" for each in found.unmet]
    leaving = [f"leaves: {label(device)}" for device in found.leaving]
    adopted = [] if found.adopted else ["not adopted"]
    return "; ".join([*described(found.after.guest), *unmet, *leaving, *adopted])
