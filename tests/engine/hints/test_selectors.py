"""Selectors: one policy for many guests, where what is for one device counts first and what does not fit is told."""

from __future__ import annotations

from typing import Any

import pytest

from devaddr_xml import DeviceHints, Hints, Policy, plan
from devaddr_xml.engine.lifecycle.convert import convert
from devaddr_xml.engine.lifecycle.detach import detach
from devaddr_xml.engine.lifecycle.migrate import migrate
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import AnyDevice, Disk, Hostdev, HostSource, Input, Interface, Rng
from devaddr_xml.model.errors import HintError
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.plan import Plan
from devaddr_xml.model.selector import fields_of_kinds, is_selector
from devaddr_xml.probe.embedded import capabilities_of
from devaddr_xml.views.explain import rule_in_words

DEVICES: tuple[AnyDevice, ...] = (
    Disk(target="vda", bus="virtio"),
    Disk(target="vdb", bus="virtio"),
    Disk(target="sda", bus="sata"),
    Interface(mac="52:54:00:00:00:01", model="virtio"),
    Interface(mac="52:54:00:00:00:02", model="e1000e"),
    Hostdev(type="pci", source=HostSource(pci=PciAddress(bus=65))),
    Input(type="tablet", bus="usb"),
    Rng(model="virtio"),
)


def planned(*entries: DeviceHints, outside: Policy | None = None, devices: Any = DEVICES) -> Plan:
    policy = Policy(devices=entries) if entries else None
    guest = Guest(arch="x86_64", machine="q35", memory=4 << 20, devices=list(devices), policy=policy)
    return plan(guest, policy=outside)


def hinted(found: Plan) -> list[str]:
    names = {"disk": "target", "interface": "mac"}
    return [getattr(d, names.get(d.kind, "kind")) for d in found.guest.devices if d.hints]


@pytest.mark.parametrize(
    ("ref", "names"),
    [
        ("disk[*]", ["vda", "vdb"]),
        ("disk[bus=virtio]", ["vda", "vdb"]),
        ("disk[bus=virtio,target=vdb]", ["vdb"]),
        ("interface[*]", ["52:54:00:00:00:01", "52:54:00:00:00:02"]),
        ("interface[model=virtio]", ["52:54:00:00:00:01"]),
        ("hostdev[type=pci]", ["hostdev"]),
        ("*[bus=virtio]", ["vda", "vdb"]),
        ("*[model=virtio]", ["52:54:00:00:00:01", "rng", "memballoon"]),
    ],
)
def test_every_device_that_fits(ref: str, names: list[str]) -> None:
    assert hinted(planned(DeviceHints(ref=ref, hotplug="no"))) == names


def test_a_device_that_cannot_follow_is_told() -> None:
    found = planned(DeviceHints(ref="disk[*]", placement="root-complex"))
    assert [warning.device for warning in found.warnings] == ["disk sda"]
    assert "the hint of a selector is left out" in found.warnings[0].message


def test_what_is_for_one_device_counts_first() -> None:
    selector, own = DeviceHints(ref="disk[*]", hotplug="no"), DeviceHints(ref="vda", hotplug="yes")
    for entries in ((selector, own), (own, selector)):
        values = {d.target: d.hints and d.hints.hotplug for d in planned(*entries).guest.devices if isinstance(d, Disk)}
        assert values == {"vda": "yes", "vdb": "no", "sda": None}
    outside = Policy(devices=(DeviceHints(ref="disk[*]", hotplug="no"),))
    values = {
        d.target: d.hints and d.hints.hotplug
        for d in planned(own, outside=outside).guest.devices
        if isinstance(d, Disk)
    }
    assert values["vda"] == "yes"


def test_the_narrower_selector_counts() -> None:
    wide, narrow = DeviceHints(ref="disk[*]", hotplug="no"), DeviceHints(ref="disk[target=vda]", hotplug="yes")
    for entries in ((wide, narrow), (narrow, wide)):
        disks = [d for d in planned(*entries).guest.devices if isinstance(d, Disk)]
        assert [d.hints and d.hints.hotplug for d in disks] == ["yes", "no", None]


def test_equal_selectors_that_differ_are_refused() -> None:
    with pytest.raises(HintError, match="the hint hotplug is"):
        planned(DeviceHints(ref="disk[bus=virtio]", hotplug="no"), DeviceHints(ref="disk[target=vda]", hotplug="yes"))


def test_a_selector_gives_way_to_what_its_device_says_otherwise() -> None:
    devices = [Disk(target="vda", bus="virtio", hints=Hints(slot_group="g")), Disk(target="vdb", bus="virtio")]
    found = planned(DeviceHints(ref="disk[*]", hotplug="yes"), devices=devices)
    hints = [d.hints for d in found.guest.devices if isinstance(d, Disk)]
    assert hints == [Hints(slot_group="g"), Hints(hotplug="yes")]
    assert len(found.warnings) == 1


@pytest.mark.parametrize("ref", ["sound[*]", "sound[1]", "vdz"])
def test_what_is_not_there_may_be_optional(ref: str) -> None:
    with pytest.raises(HintError, match="no device"):
        planned(DeviceHints(ref=ref, hotplug="no"))
    found = planned(DeviceHints(ref=ref, optional="yes", hotplug="no"))
    assert hinted(found) == []
    assert found.guest.policy is not None
    assert [entry.ref for entry in found.guest.policy.devices] == [ref]


@pytest.mark.parametrize(("ref", "message"), [("discs[*]", "no kind of device"), ("disk[colour=red]", "no field")])
def test_unknown_kinds_and_fields(ref: str, message: str) -> None:
    with pytest.raises(HintError, match=message):
        planned(DeviceHints(ref=ref, optional="yes", hotplug="no"))


def test_every_kind_has_fields_or_none_that_are_words() -> None:
    assert fields_of_kinds()["interface"]["model"] == "model"
    assert fields_of_kinds()["serial"]["target-type"] == "target_type"
    assert "address" not in fields_of_kinds()["disk"]


def test_numbers_in_brackets_are_references() -> None:
    assert not is_selector("disk[1]")
    assert is_selector("disk[*]")


def test_policies_with_selectors_go_through_every_day_after() -> None:
    entry = DeviceHints(ref="*[bus=virtio]", hotplug="yes")
    guest = planned(entry).guest
    capabilities = capabilities_of(guest)
    assert plan(guest).guest.devices == guest.devices
    without = detach(guest, ["vda"], capabilities=capabilities, words=rule_in_words).after.guest
    assert without.policy is not None
    assert entry.ref in [kept.ref for kept in without.policy.devices]
    assert migrate(guest, Policy(profile="hotplug"), capabilities=capabilities).adopted
    assert convert(guest, "pc", capabilities=capabilities).after.guest.policy is not None
