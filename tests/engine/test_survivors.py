"""What mutation testing found that no other test notices: one table or property for each place."""

from __future__ import annotations

from typing import Any

import pytest

from devaddr_xml import DeviceHints, Policy, plan
from devaddr_xml.buses.pci.bus import Bus
from devaddr_xml.buses.pci.flags import AUTO, CONVENTIONAL
from devaddr_xml.buses.pci.space import Need, Place, Space
from devaddr_xml.engine.lifecycle.detach import policy_without
from devaddr_xml.engine.lifecycle.identity import same_devices
from devaddr_xml.engine.pci.used import remembering, slots_of
from devaddr_xml.model.address import DimmAddress, PciAddress
from devaddr_xml.model.device import AnyDevice, Controller, Disk, Hints, Hostdev, HostSource, Interface, Memory, Serial
from devaddr_xml.model.errors import AddressConflict, PlacementError, Unsupported
from devaddr_xml.model.guest import Guest


def guest(*devices: AnyDevice, machine: str = "q35", arch: str = "x86_64", **more: Any) -> Guest:
    return Guest(arch=arch, machine=machine, memory=4 << 20, devices=list(devices), **more)


@pytest.mark.parametrize(("slots", "expected"), [((0, 1), None), ((1, 0), None), ((2, 0), 2), ((0, 0), 0)])
def test_memory_slots(slots: tuple[int, int], expected: int | None) -> None:
    """A guest with two slots has slot 0 and slot 1, each once."""
    modules = [Memory(model="dimm", node=0, address=DimmAddress(slot), line=at) for at, slot in enumerate(slots, 5)]
    made = guest(*modules, max_memory=16 << 20, memory_slots=2)
    if expected is None:
        assert [d.address.slot for d in plan(made).guest.devices if isinstance(d.address, DimmAddress)] == list(slots)
        return
    with pytest.raises(PlacementError if expected == 2 else AddressConflict) as caught:
        plan(made)
    assert f"memory slot {expected} " in caught.value.message
    assert caught.value.line == (5 if expected == 2 else 6)


def test_a_shifting_group_takes_the_first_empty_bus_that_is_open_and_fits() -> None:
    buses = [Bus(number, "pci-root") for number in range(5)]
    space = Space(buses, shifting=frozenset((7,)))
    need = Need(CONVENTIONAL | AUTO, group=7)
    buses[0].take(1, 0, 0, "somebody")
    buses[1].locked = True
    buses[2].accepts = 0
    assert space.search(need) == Place(3, 1, 0)
    assert space.search(need, 5) == Place(3, 1, 5)
    assert space.search(Need(CONVENTIONAL | AUTO, group=8)) is None
    for bus in buses[3:]:
        bus.take(1, 0, 0, "somebody")
    assert space.search(need) is None


def test_a_policy_goes_on_without_those_that_left() -> None:
    """Entries of those that stay keep their hints under a name that holds; a selector and others stay as they are."""
    devices = [Interface(mac=None), Interface(mac=None), Disk(target="vda", bus="virtio")]
    entries = (
        DeviceHints(ref="interface[1]", hotplug="no"),
        DeviceHints(ref="interface[2]", hotplug="yes"),
        DeviceHints(ref="disk[*]", node=0),
    )
    before = guest(*devices, policy=Policy(devices=entries, spare_ports=3))
    left = policy_without(before, devices[1:])
    assert left is not None
    assert [(entry.ref, entry.hotplug, entry.node) for entry in left.devices] == [
        ("interface[1]", "yes", None),
        ("disk[*]", None, 0),
    ]
    assert left.spare_ports == 3
    plain = guest(*devices, policy=Policy(spare_ports=3))
    assert policy_without(plain, devices[1:]) is plain.policy


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (HostSource(pci=PciAddress(bus=1)), HostSource(pci=PciAddress(bus=2))),
        (HostSource(uuid="a"), HostSource(uuid="b")),
    ],
)
def test_host_devices_are_the_same_by_their_source(one: HostSource, other: HostSource) -> None:
    old: list[AnyDevice] = [Hostdev(type="pci", source=one), Hostdev(type="pci", source=other)]
    new: list[AnyDevice] = [Hostdev(type="pci", source=other), Hostdev(type="pci", source=one)]
    assert same_devices(new, old, [True, True]) == {0: 1, 1: 0}


@pytest.mark.parametrize(
    ("arch", "machine", "target_type", "found"),
    [
        ("x86_64", "q35", None, ("isa-serial", "isa-serial")),
        ("x86_64", "q35", "usb-serial", ("usb-serial", "usb-serial")),
        ("x86_64", "q35", "pci-serial", ("pci-serial", "pci-serial")),
        ("aarch64", "virt", None, ("system-serial", "pl011")),
        ("riscv64", "virt", None, ("system-serial", "16550a")),
        ("s390x", "s390-ccw-virtio", None, ("sclp-serial", "sclpconsole")),
        ("ppc64", "pseries", None, ("spapr-vio-serial", "spapr-vty")),
    ],
)
def test_targets_of_serial_ports(arch: str, machine: str, target_type: str | None, found: tuple[str, str]) -> None:
    made = plan(guest(Serial(target_type=target_type), arch=arch, machine=machine))
    (serial,) = [device for device in made.guest.devices if isinstance(device, Serial)]
    assert (serial.target_type, serial.model) == found


def test_what_a_selector_asks_is_told_where_a_device_cannot_follow() -> None:
    """The warning names the device and what speaks against the hint; the others follow."""
    disks = [Disk(target="vda", bus="virtio"), Disk(target="sda", bus="sata")]
    policy = Policy(devices=(DeviceHints(ref="disk[*]", placement="root-port", line=4),))
    made = plan(guest(*disks, policy=policy))
    assert [device.hints is not None for device in made.guest.devices[:2]] == [True, False]
    (warning,) = made.warnings
    assert warning.device == "disk sda"
    assert warning.message.startswith("the hint of a selector is left out: ")


def test_a_device_that_is_behind_no_port_ends_nothing_for_those_after_it() -> None:
    """The first is on bus 0; the port of the second says that it has hotplug, as the second asks."""
    first = Interface(mac="52:54:00:00:00:01", model="virtio", hints=Hints(hotplug="no"), address=PciAddress(slot=9))
    second = Interface(mac="52:54:00:00:00:02", model="virtio", hints=Hints(port_hotplug="on"))
    devices = plan(guest(first, second)).guest.devices
    (bus,) = [
        d.address.bus
        for d in devices
        if isinstance(d, Interface) and isinstance(d.address, PciAddress) and d.mac == second.mac
    ]
    (port,) = [d for d in devices if isinstance(d, Controller) and d.type == "pci" and d.index == bus]
    assert port.hotplug is True


def test_a_slot_that_a_name_leads_to_is_used() -> None:
    """With ``slot-reuse="never"`` the policy knows every slot that has a device when all is done."""
    named = Interface(mac="52:54:00:00:00:01", model="virtio", hints=Hints(name="enp4s0"))
    made = plan(guest(named, policy=Policy(slot_reuse="never", spare_ports=4), acpi=True)).guest
    assert made.policy is not None
    assert remembering(made.policy, slots_of(made.devices)) == made.policy
    (card,) = [device for device in made.devices if isinstance(device, Interface)]
    assert list(slots_of([card])) == ["04:00"]


@pytest.mark.parametrize(
    ("virt_type", "remedy"),
    [("kvmm", "Did you mean 'kvm'?"), ("xenn", "Use one of hvf, kvm, qemu"), ("abc", "Use one of hvf, kvm, qemu")],
)
def test_a_mistyped_domain_type(virt_type: str, remedy: str) -> None:
    """The nearest type is named, unless that is another hypervisor's."""
    with pytest.raises(Unsupported) as caught:
        plan(guest(virt_type=virt_type))
    assert caught.value.message == f"QEMU runs no domain of type '{virt_type}'"
    assert caught.value.remedy == remedy
