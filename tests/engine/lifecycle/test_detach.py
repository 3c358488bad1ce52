"""Detaching: exactly that place becomes free, what others need stays, and what would come back cannot leave."""

from __future__ import annotations

import pytest
from recorded import Recorded

from devaddr_xml import DevaddrError, Policy, plan
from devaddr_xml.engine.lifecycle.attach import attach
from devaddr_xml.engine.lifecycle.detach import Detached, Stay, detach
from devaddr_xml.model.address import DriveAddress, PciAddress, UsbAddress
from devaddr_xml.model.device import (
    AnyDevice,
    Console,
    Controller,
    Disk,
    Hub,
    Interface,
    Memballoon,
    Redirdev,
    Serial,
    Sound,
)
from devaddr_xml.model.errors import PlacementError, Unsupported, ValueInvalid
from devaddr_xml.model.guest import Guest, NumaCell
from devaddr_xml.model.hints import Hints
from devaddr_xml.model.policy import DeviceHints
from devaddr_xml.probe.embedded import capabilities_for
from devaddr_xml.views.explain import rule_in_words

CAPABILITIES = capabilities_for("x86_64")


def guest(machine: str, *devices: AnyDevice, policy: Policy | None = None, nodes: int = 0) -> Guest:
    cells = tuple(NumaCell(id=number, memory=1 << 20) for number in range(nodes))
    return Guest(arch="x86_64", machine=machine, memory=1 << 20, devices=list(devices), policy=policy, cells=cells)


def nic(number: int, **rest: object) -> Interface:
    return Interface(mac=f"52:54:00:00:00:{number:02x}", model="virtio", **rest)


def without(source: Guest, *refs: str) -> Detached:
    return detach(source, refs, capabilities=CAPABILITIES, words=rule_in_words)


def places(found: Guest) -> dict[str, str]:
    names = [getattr(device, "mac", None) or getattr(device, "target", None) for device in found.devices]
    return {name: str(d.address) for name, d in zip(names, found.devices, strict=True) if name and d.address}


def test_a_port_is_free_and_stays() -> None:
    source = guest("q35", nic(1), nic(2), nic(3))
    found = without(source, "52:54:00:00:00:02")
    (freed,) = found.freed
    assert freed.address == PciAddress(bus=2)
    assert freed.hotplug
    assert freed.shared is None
    assert freed.stays == (Stay(controller="controller pci.2 (pcie-root-port)", empty=True),)
    before = places(plan(source).guest)
    assert places(found.after.guest) == {name: at for name, at in before.items() if name != "52:54:00:00:00:02"}
    back = attach(found.after.guest, [nic(4)], capabilities=CAPABILITIES, live=True)
    assert back.devices[0].address == PciAddress(bus=2)


def test_the_place_of_a_drive_and_its_controller() -> None:
    disks = [Disk(target=name, bus="scsi") for name in ("sda", "sdb")]
    source = guest("q35", Controller(type="scsi", index=0, model="virtio-scsi"), *disks)
    (freed,) = without(source, "sdb").freed
    assert freed.address == DriveAddress(unit=1)
    assert freed.stays == (Stay(controller="controller scsi.0 (virtio-scsi)", empty=False),)
    first, second = without(source, "sda", "sdb").freed
    assert first.stays[0].empty
    assert second.stays[0].empty


def test_an_expander_stays_with_its_port() -> None:
    found = without(guest("q35", nic(1, hints=Hints(node=1)), nodes=2), "52:54:00:00:00:01")
    (freed,) = found.freed
    assert [stay.controller.split("(")[1] for stay in freed.stays] == ["pcie-root-port)", "pcie-expander-bus)"]
    assert [stay.empty for stay in freed.stays] == [True, False]
    assert freed.hints
    assert found.after.guest.policy is None or found.after.guest.policy.devices == ()


def test_a_function_leaves_and_its_slot_stays_taken() -> None:
    source = guest("q35", nic(1), nic(2), policy=Policy(packing="functions", spare_ports=0))
    (freed,) = without(source, "52:54:00:00:00:02").freed
    assert freed.shared == "interface 52:54:00:00:00:01"


def test_references_that_count_are_corrected() -> None:
    sounds = [Sound(model="ich6"), Sound(model="ich6")]
    policy = Policy(spare_ports=1, devices=(DeviceHints(ref="sound[2]", hotplug="yes"),))
    found = without(guest("q35", *sounds, policy=policy), "sound[1]")
    assert found.after.guest.policy is not None
    assert [entry.ref for entry in found.after.guest.policy.devices] == ["sound[1]"]


def test_a_port_that_says_off_where_occupied_says_on_again() -> None:
    source = guest("q35", nic(1), policy=Policy(port_hotplug="spare-only", spare_ports=1))
    found = without(source, "52:54:00:00:00:01")
    port = next(d for d in found.after.guest.devices if isinstance(d, Controller) and (d.type, d.index) == ("pci", 1))
    assert port.hotplug is True
    assert found.freed[0].hotplug


USB2 = [
    Controller(type="usb", index=0, model="ich9-ehci1"),
    *(Controller(type="usb", index=0, model=f"ich9-uhci{number}") for number in (1, 2, 3)),
]

REFUSALS: dict[str, tuple[Guest, tuple[str, ...], type[DevaddrError], str]] = {
    "nothing of that name": (guest("q35", nic(1)), ("vda",), ValueInvalid, "names no device.*52:54:00:00:00:01"),
    "several": (guest("q35", *USB2), ("usb.0",), ValueInvalid, r"names 4 devices.*controller\[1\]"),
    "function 0": (
        guest("q35", nic(1), nic(2), policy=Policy(packing="functions", spare_ports=0)),
        ("52:54:00:00:00:01",),
        PlacementError,
        r"function 0 of its slot, without which the guest does not find 0000:01:00.1; the other device is interface "
        "52:54:00:00:00:02.*Detach both",
    ),
    "a port in use": (guest("q35", nic(1)), ("pci.1",), PlacementError, "it is function 0|devices are behind it"),
    "a controller in use": (
        guest("q35", Controller(type="scsi", index=0, model="virtio-scsi"), Disk(target="sda", bus="scsi")),
        ("scsi.0",),
        PlacementError,
        "devices are behind it; the other device is disk sda",
    ),
    "a master of others": (guest("q35", *USB2), ("controller[1]",), PlacementError, "devices are behind it"),
    "a hub in use": (
        guest("q35", Hub(address=UsbAddress(0, (1,))), Redirdev(bus="usb", address=UsbAddress(0, (1, 2)))),
        ("hub[1]",),
        PlacementError,
        "the other device is redirdev",
    ),
    "a balloon": (guest("q35", nic(1)), ("memballoon[1]",), Unsupported, "added again.*memballoon model='none'"),
    "the USB controller": (guest("q35", nic(1)), ("usb.0",), Unsupported, "added again.*type='usb' model='none'"),
    "a serial port with a console": (
        guest("q35", Serial(target_type="isa-serial"), Console(target_type="serial")),
        ("serial[1]",),
        Unsupported,
        "serial.* would be added again",
    ),
    "a port below others": (
        guest("q35", nic(1), policy=Policy(spare_ports=4)),
        ("pci.6",),
        Unsupported,
        "would be added again",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusal(golden: Recorded, name: str) -> None:
    source, refs, kind, words = REFUSALS[name]
    with pytest.raises(kind, match=words) as caught:
        without(source, *refs)
    golden(caught.value)


def test_what_holds_each_other_can_leave_together() -> None:
    alone = [Controller(type="usb", model="none"), Memballoon(model="none")]
    packed = guest("q35", nic(1), nic(2), *alone, policy=Policy(packing="functions", spare_ports=0))
    assert len(without(packed, "52:54:00:00:00:01", "52:54:00:00:00:02").freed) == 2
    pair = guest("pc", Serial(target_type="isa-serial"), Console(target_type="serial"), Memballoon(model="none"))
    assert [freed.address for freed in without(pair, "serial[1]", "console[1]").freed] == [None, None]
