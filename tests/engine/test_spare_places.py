"""Room for later beside ports: conventional slots, and USB ports that take any speed."""

from __future__ import annotations

from typing import Any

import pytest

from devaddr_xml import Policy, plan
from devaddr_xml.engine.lifecycle.attach import attach
from devaddr_xml.model.address import UsbAddress
from devaddr_xml.model.device import AnyDevice, Controller, Hostdev, HostSource, Input, Interface, Redirdev, Sound
from devaddr_xml.model.errors import HintError
from devaddr_xml.model.guest import Guest
from devaddr_xml.probe.embedded import capabilities_of
from devaddr_xml.views.capacity import capacity

ARCHITECTURES = {"q35": "x86_64", "pc": "x86_64", "virt": "aarch64", "pseries": "ppc64"}


def guest(machine: str, *devices: AnyDevice, **policy: Any) -> Guest:
    source = Guest(
        arch=ARCHITECTURES[machine], machine=machine, memory=4 << 20, devices=list(devices), policy=Policy(**policy)
    )
    found = plan(source).guest
    assert plan(found).guest == found, "a second run changes nothing"
    return found


def free(found: Guest, kind: str) -> int:
    return sum(room.hotpluggable for room in capacity(found).rooms if room.kind == kind)


def controllers(found: Guest, type: str) -> list[Controller]:
    return [device for device in found.devices if isinstance(device, Controller) and device.type == type]


@pytest.mark.parametrize("machine", ARCHITECTURES)
@pytest.mark.parametrize("slots", [1, 31, 40])
def test_slots(machine: str, slots: int) -> None:
    found = guest(machine, spare_slots=slots)
    assert free(found, "pci-slot") >= slots
    for number in range(2):
        nic = Interface(mac=f"52:54:00:00:00:{number:02x}", model="e1000")
        found = attach(found, [nic], capabilities=capabilities_of(found), live=True).plan.guest


def test_no_slots_without_being_asked() -> None:
    assert free(guest("q35", spare_ports=1), "pci-slot") == 0


@pytest.mark.parametrize("machine", ["q35", "pc", "virt"])
@pytest.mark.parametrize("devices", [0, 3, 9])
@pytest.mark.parametrize("ports", [1, 4, 20])
def test_usb_ports(machine: str, devices: int, ports: int) -> None:
    usb: list[AnyDevice] = [Controller(type="usb", index=0, model="qemu-xhci", ports=4)]
    usb += [Redirdev(bus="usb") for _ in range(devices)]
    found = guest(machine, *usb, spare_usb_ports=ports)
    fast = {c.index: c.ports or 4 for c in controllers(found, "usb") if c.model == "qemu-xhci"}
    places = [device.address for device in found.devices if isinstance(device.address, UsbAddress)]
    used = [place for place in places if place.bus in fast and len(place.port) == 1]
    assert sum(fast.values()) - len(used) >= ports
    assert sum(fast.values()) - len(used) < ports + 15, "no controller is added in vain"
    key = Hostdev(type="usb", source=HostSource(key="1050:0408"))
    attached = attach(found, [key], capabilities=capabilities_of(found), live=True).devices[0]
    assert isinstance(attached.address, UsbAddress)


def test_ports_of_slower_controllers_do_not_count() -> None:
    found = guest("pc", Input(type="tablet", bus="usb"), spare_usb_ports=1)
    assert [c.model for c in controllers(found, "usb")] == ["piix3-uhci", "qemu-xhci"]


def test_without_usb() -> None:
    with pytest.raises(HintError, match="USB is off"):
        guest("q35", Controller(type="usb", index=0, model="none"), spare_usb_ports=1)


def test_a_conventional_device_takes_a_spare_slot_and_gets_another() -> None:
    before = guest("q35", spare_slots=3)
    found = attach(before, [Sound(model="ac97")], capabilities=capabilities_of(before)).plan.guest
    assert free(found, "pci-slot") >= 3
