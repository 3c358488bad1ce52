"""An earlier layout in a new guest: who is in both stays, what is new finds room, what contradicts is listed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from copy import copy
from typing import Any

import pytest

from devaddr_xml import DevaddrError, Policy, diff, plan
from devaddr_xml.engine.lifecycle.keep import Keeping, keep
from devaddr_xml.model.address import DriveAddress, PciAddress
from devaddr_xml.model.device import (
    AnyDevice,
    Channel,
    Controller,
    Disk,
    Graphics,
    Hub,
    Input,
    Interface,
    Redirdev,
    Rng,
    Serial,
    Shmem,
    Sound,
    Watchdog,
)
from devaddr_xml.model.errors import AddressConflict, LayoutNotKept, PlacementError
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.hints import Hints
from devaddr_xml.model.lock import Lock
from devaddr_xml.probe.embedded import capabilities_of

ARCHITECTURES = {"q35": "x86_64", "pc": "x86_64", "virt": "aarch64", "s390-ccw-virtio": "s390x", "pseries": "ppc64"}


def guest(machine: str, devices: Sequence[AnyDevice], **rest: Any) -> Guest:
    """A guest as a template makes it: new objects at every call."""
    return Guest(arch=ARCHITECTURES[machine], machine=machine, memory=4 << 20, devices=list(map(copy, devices)), **rest)


def kept(new: Guest, old: Guest, **options: Any) -> Keeping:
    return keep(new, Lock.from_json(Lock.of(old).to_json()), capabilities=capabilities_of(new), **options)


def nic(number: int, model: str | None = "virtio", **rest: Any) -> Interface:
    return Interface(mac=f"52:54:00:00:00:{number:02x}", model=model, **rest)


def disk(name: str, bus: str = "virtio", **rest: Any) -> Disk:
    return Disk(target=name, bus=bus, **rest)


TEMPLATE: tuple[AnyDevice, ...] = (
    disk("vda"),
    disk("vdb"),
    disk("sda", "scsi"),
    Controller(type="scsi", model="virtio-scsi"),
    Controller(type="scsi", index=7, model="virtio-scsi"),
    nic(1),
    nic(2),
    Channel(target_type="virtio", name="one"),
    Channel(target_type="virtio", name="two"),
    Rng(model="virtio"),
    Rng(model="virtio"),
    Serial(),
)


@pytest.mark.parametrize("machine", ARCHITECTURES)
@pytest.mark.parametrize("profile", ["libvirt", "hotplug", "packed"])
def test_devices_of_both_stay(machine: str, profile: Any) -> None:
    policy = Policy(profile=profile)
    old = plan(guest(machine, TEMPLATE, policy=policy)).guest
    for seed in range(12):
        rest = random.Random(seed)
        # a device that shares its slot may be function 0, which cannot leave alone
        share = 0.0 if profile == "packed" else 0.2
        devices = [device for device in TEMPLATE if rest.random() >= share]
        rest.shuffle(devices)
        devices[rest.randrange(len(devices)) :] += [nic(9), disk("vdz")]
        new = guest(machine, devices, policy=policy)
        found = kept(new, old)
        changes = diff(old, found.plan.guest).changes
        assert [c for c in changes if c.change in ("moved", "changed") and c.attribute not in NOT_A_MOVE] == []
        assert {c.ref for c in changes if c.change == "added" and c.kind != "controller"} == {
            "52:54:00:00:00:09",
            "vdz",
        }
        again = kept(new, found.plan.guest)
        assert diff(found.plan.guest, again.plan.guest).same


#: Attributes that follow from a neighbour that came.
NOT_A_MOVE = ("multifunction", "hotplug")


def test_everything_is_told() -> None:
    old = plan(guest("q35", [disk("vda"), nic(1), Sound(model="ich9")])).guest
    found = kept(guest("q35", [nic(2), disk("vda")]), old)
    assert "vda" in {place.ref for place in found.kept}
    assert [place.ref for place in found.new] == ["52:54:00:00:00:02"]
    assert [place.ref for place in found.gone] == ["52:54:00:00:00:01", "sound[1]"]
    assert found.lost == ()


def test_what_the_machine_brings_stays() -> None:
    """The balloon, USB and video controllers that nobody wrote had their places, too."""
    old = plan(guest("pc", [Graphics(), nic(1), nic(2)])).guest
    found = kept(guest("pc", [Graphics(), nic(2)]), old)
    assert {c.change for c in diff(old, found.plan.guest).changes} == {"removed"}


def test_controllers_without_index_are_known_by_their_model() -> None:
    old = plan(
        guest("q35", [Controller(type="scsi", model="lsilogic"), Controller(type="scsi", model="virtio-scsi")])
    ).guest
    found = kept(guest("q35", [Controller(type="scsi", model="virtio-scsi")]), old)
    (controller,) = (d for d in found.plan.guest.devices if isinstance(d, Controller) and d.type == "scsi")
    assert controller.index == 1
    assert controller.address == next(
        d.address for d in old.devices if isinstance(d, Controller) and d.model == "virtio-scsi"
    )


def test_hubs_that_were_added_come_along() -> None:
    usb: list[AnyDevice] = [Controller(type="usb", index=0, model="qemu-xhci", ports=2)]
    usb += [Redirdev(bus="usb") for _ in range(6)]
    old = plan(guest("q35", usb)).guest
    assert any(isinstance(device, Hub) for device in old.devices)
    found = kept(guest("q35", [*usb, Input(type="tablet", bus="usb")]), old)
    assert [c for c in diff(old, found.plan.guest).changes if c.change != "added"] == []


def test_a_disk_on_another_bus_is_another_disk() -> None:
    old = plan(guest("q35", [disk("vda")])).guest
    found = kept(guest("q35", [disk("vda", "sata")]), old)
    assert [place.ref for place in found.gone] == ["vda"]
    assert [place.ref for place in found.new] == ["vda"]


def test_addresses_of_the_new_guest_win_and_what_they_cost_is_listed() -> None:
    old = plan(guest("q35", [nic(1), nic(2), nic(3)])).guest
    places = {d.mac: d.address for d in old.devices if isinstance(d, Interface)}
    new = guest("q35", [nic(1), nic(2), nic(3), nic(9, address=places["52:54:00:00:00:02"])])
    with pytest.raises(LayoutNotKept) as caught:
        kept(new, old)
    (line,) = caught.value.lost
    assert "52:54:00:00:00:02" in line
    assert "used twice" in line
    found = kept(new, old, if_possible=True)
    assert [lost.ref for lost in found.lost] == ["52:54:00:00:00:02"]
    assert line in found.plan.warnings[0].message
    now = {d.mac: d.address for d in found.plan.guest.devices if isinstance(d, Interface)}
    assert all(now[mac] == places[mac] for mac in ("52:54:00:00:00:01", "52:54:00:00:00:03"))


def test_contradicting_hints_are_listed_each() -> None:
    old = plan(guest("q35", [nic(1), nic(2), nic(3)])).guest
    new = guest("q35", [nic(n, hints=Hints(placement="root-complex") if n < 3 else None) for n in (1, 2, 3)])
    with pytest.raises(LayoutNotKept) as caught:
        kept(new, old)
    assert len(caught.value.lost) == 2
    found = kept(new, old, if_possible=True)
    assert len(found.lost) == 2
    moved = [d.address for d in found.plan.guest.devices if isinstance(d, Interface)][:2]
    assert all(isinstance(address, PciAddress) and address.bus == 0 for address in moved)


def test_another_machine_keeps_nothing() -> None:
    old = plan(guest("pc", [nic(1), disk("vda")])).guest
    with pytest.raises(LayoutNotKept, match="x86_64 pc, and this is x86_64 q35") as caught:
        kept(guest("q35", [nic(1), disk("vda")]), old)
    assert len(caught.value.lost) >= 2
    assert kept(guest("q35", [nic(1), disk("vda")]), old, if_possible=True).kept == ()


def test_the_new_device_has_no_room() -> None:
    """That nothing is left for a new device is no fault of those that stay."""
    devices = [nic(n) for n in range(1, 28)]
    policy = Policy(legacy_placement="root-complex")
    old = plan(guest("pc", devices, policy=policy)).guest
    new = guest("pc", [*devices, nic(99, address=PciAddress(slot=40))], policy=policy)
    with pytest.raises(DevaddrError) as caught:
        kept(new, old)
    assert not isinstance(caught.value, LayoutNotKept)
    assert "52:54:00:00:00:63" in str(caught.value)


def test_faults_of_the_guest_itself_stay_what_they_are() -> None:
    old = plan(guest("q35", [nic(1)])).guest
    new = guest("q35", [nic(1), nic(2, address=PciAddress(bus=200)), nic(3, address=PciAddress(bus=200))])
    with pytest.raises((PlacementError, AddressConflict)):
        kept(new, old)


@pytest.mark.parametrize("index", [0, 2])
def test_a_controller_without_index_keeps_the_one_that_it_got(index: int) -> None:
    """A disk brings another controller of the model, with a lower or a higher index, which stays where it is, too.

    A document has it in front of the one without index.
    """
    devices = [
        disk("vda"),
        Controller(type="scsi", model="virtio-scsi"),
        disk("sda", "scsi", address=DriveAddress(controller=index)),
    ]
    old = plan(guest("s390-ccw-virtio", devices)).guest
    old.devices.reverse()
    new = kept(guest("s390-ccw-virtio", [nic(1), *devices]), old).plan.guest
    assert [change.change for change in diff(old, new).changes] == ["added"]


@pytest.mark.parametrize(
    ("machine", "devices", "controllers"),
    [
        # below the highest SCSI controller with a disk there are others, with nothing on them
        (
            "q35",
            [disk("sda", "scsi", address=DriveAddress(controller=2))],
            [Controller(type="scsi", index=n, model="virtio-scsi") for n in (2, 1, 0)],
        ),
        # USB controllers that no machine brings, for a device that is new
        ("virt", [Rng(model="virtio")], [Controller(type="usb", index=n, model="qemu-xhci") for n in (0, 1)]),
    ],
)
def test_controllers_that_the_template_leaves_out(
    machine: str, devices: list[AnyDevice], controllers: list[Controller]
) -> None:
    old = plan(guest(machine, [nic(1), *devices, *controllers, nic(2)])).guest
    new = guest(machine, [nic(2), *devices, Input(type="tablet", bus="usb")])
    found = kept(new, old).plan.guest
    changes = diff(old, found).changes
    assert [change for change in changes if change.change not in ("added", "removed")] == []
    there = [(d.type, d.index) for d in found.devices if isinstance(d, Controller)]
    assert {(c.type, c.index) for c in controllers} <= set(there)


def test_a_watchdog_without_address_is_none_that_has_one() -> None:
    old = plan(guest("q35", [Watchdog(model="i6300esb"), Watchdog(model="itco")])).guest
    found = kept(guest("q35", [Watchdog(model="itco")]), old)
    assert [place.ref for place in found.gone] == ["watchdog[1]"]
    assert found.lost == ()


def test_shared_memory_is_known_by_its_name() -> None:
    devices = [Shmem(name=name, model="ivshmem-plain") for name in ("one", "two", "three")]
    old = plan(guest("pc", devices)).guest
    found = kept(guest("pc", [devices[2], Shmem(name="four", model="ivshmem-plain"), devices[0]]), old)
    names = [("two", "removed"), ("four", "added")]
    changes = diff(old, found.plan.guest).changes
    assert [change.change for change in changes] == [change for _, change in names], changes


@pytest.mark.parametrize("old", [Guest(), guest("q35", [nic(1), disk("vda")])])
def test_a_layout_without_addresses_is_warned_of(old: Guest) -> None:
    found = kept(guest("q35", [nic(1), disk("vda")]), old)
    assert found.kept == ()
    assert any("nothing to keep" in warning.message for warning in found.plan.warnings)
