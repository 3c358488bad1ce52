"""What each hint and tunable promises, checked on the finished layout alone, over generated guests."""

from __future__ import annotations

import copy

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from properties.guests import MACHINES, PCIE, crowds, disk, guest, hostdev, nic, scsi
from properties.layout import EXPANDERS, Layout

import devaddr_xml
from devaddr_xml.engine.pci.spare import kubevirt_spares
from devaddr_xml.model.device import Controller, Device, Disk, Rng
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.hints import Hints
from devaddr_xml.model.policy import Policy, Spare

machines = st.sampled_from(sorted(MACHINES))
none = st.just(None)
hotplug_hints = st.one_of(none, st.builds(Hints, hotplug=st.sampled_from(["yes", "no"])))


def finish(source: Guest) -> Layout:
    """Plan, check what holds for every layout, and that planning the result changes nothing."""
    before = copy.deepcopy(source)
    result = devaddr_xml.plan(source).guest
    assert source == before, "the input was changed"
    again = devaddr_xml.plan(result).guest
    assert again == result
    layout = Layout(result)
    layout.check_slots()
    layout.check_bus_numbers()
    return layout


def grown(layout: Layout, *more: Device, policy: Policy | None = None) -> Layout:
    """The layout after devices came or the policy changed; nothing that was there may have moved."""
    source = copy.deepcopy(layout.guest)
    source.devices += more
    if policy is not None:
        source.policy = policy
    after = finish(source)
    for index, controller in layout.buses.items():
        address = after.buses[index].address
        assert str(address) == str(controller.address)
        assert layout.plain or address == controller.address, "multifunction was changed"
        assert after.buses[index].bus_nr == controller.bus_nr
    before, now = layout.places(), after.places()
    assert {name: now[name] for name in before} == before
    return after


@given(machines.filter(lambda m: m != "pc"), st.integers(2, 8), st.data())
def test_devices_are_on_their_node(machine: str, nodes: int, data: st.DataObject) -> None:
    hints = st.one_of(none, st.builds(Hints, node=st.integers(0, nodes - 1), root_complex=st.sampled_from([None, "a"])))
    layout = finish(guest(machine, data.draw(crowds(hints)), nodes))
    check_nodes(layout)
    after = grown(layout, disk(300, Hints(node=1)), nic(300))
    check_nodes(after)


@given(st.integers(2, 4), st.data())
def test_devices_are_on_their_node_with_conventional_expanders(nodes: int, data: st.DataObject) -> None:
    hints = st.one_of(none, st.builds(Hints, node=st.integers(0, nodes - 1)))
    check_nodes(finish(guest("pc", data.draw(crowds(hints)), nodes)))


def check_nodes(layout: Layout) -> None:
    names: dict[int, str | None] = {}
    for device in layout.guest.devices:
        if device.address is None or not layout.chain(device):
            continue
        wanted = device.hints.node if device.hints else None
        if not (isinstance(device, Controller) and device.type == "pci"):
            assert layout.node(device) == wanted
        if device.hints and device.hints.root_complex:
            top = layout.top(device)
            assert names.setdefault(top.index, device.hints.root_complex) == device.hints.root_complex


@pytest.mark.parametrize("machine", ["q35", "virt"])
def test_more_than_32_devices_on_one_node(machine: str) -> None:
    layout = finish(guest(machine, [disk(i, Hints(node=1)) for i in range(40)], 2))
    check_nodes(layout)


@given(st.sampled_from(PCIE), crowds(hotplug_hints), st.integers(0, 40), st.integers(0, 20))
def test_exactly_so_many_free_ports(machine: str, devices: list[Device], spare: int, more: int) -> None:
    layout = finish(guest(machine, devices, policy=Policy(spare_ports=spare)))
    free = layout.free_ports()
    assert len(free) == spare
    occupied = [i for i, c in layout.buses.items() if c.model == "pcie-root-port" and layout.on[i]]
    assert all(port.index > max(occupied) for port in free)
    after = grown(layout, policy=Policy(spare_ports=spare + more))
    assert len(after.free_ports()) == spare + more
    after = grown(layout, disk(300))
    assert len(after.free_ports()) == spare


@given(st.sampled_from(["pc", "pseries"]), crowds(none), st.integers(0, 80))
def test_at_least_so_many_free_slots(machine: str, devices: list[Device], spare: int) -> None:
    layout = finish(guest(machine, devices, policy=Policy(spare_ports=spare)))
    assert layout.free_slots() >= spare
    bridges = [c for c in layout.buses.values() if c.index]
    if bridges and spare:
        last = max(bridges, key=lambda c: c.index)
        assert layout.on[last.index] or layout.free_slots() - 31 < spare, "one bridge too many"


@given(st.sampled_from(PCIE), crowds(none), st.integers(1, 4), st.integers(0, 3))
def test_spare_ports_of_a_node(machine: str, devices: list[Device], ports: int, general: int) -> None:
    policy = Policy(spare_ports=general, spares=(Spare(1, ports),))
    layout = finish(guest(machine, [*devices, nic(400, Hints(node=1))], 2, policy=policy))
    by_node = [layout.node(port) for port in layout.free_ports()]
    assert by_node.count(1) == ports
    assert by_node.count(None) == general


@given(crowds(none), st.sampled_from([1, 2, 4]))
def test_kubevirt_spares(devices: list[Device], gib: int) -> None:
    layout = finish(guest("q35", devices, memory=gib << 20, policy=Policy(spare_ports="kubevirt")))
    used = sum(1 for i, c in layout.buses.items() if c.model == "pcie-root-port" and layout.on[i])
    assert len(layout.free_ports()) == kubevirt_spares(gib << 20, used)


@given(
    st.sampled_from(PCIE),
    crowds(hotplug_hints),
    st.sampled_from(["default", "on", "off", "spare-only"]),
    st.sampled_from(["root-port", "root-complex", "switch"]),
)
def test_hotplug_of_ports(machine: str, devices: list[Device], general: str, placement: str) -> None:
    spare = 0 if general == "off" else 2
    policy = Policy(port_hotplug=general, pcie_placement=placement, spare_ports=spare)
    layout = finish(guest(machine, devices, policy=policy))
    stated: dict[int, bool] = {}
    for device in layout.guest.devices:
        if device.hints is None or device.hints.hotplug is None or not layout.chain(device):
            continue
        port = layout.port(device)
        if device.hints.hotplug == "yes":
            assert port is not None
            assert port.hotplug is not False
            assert len(layout.on[device.address.bus]) == 1
        if port is not None:
            stated[port.index] = device.hints.hotplug == "yes"
            if device.hints.hotplug == "no":
                assert port.hotplug is False
    for index, port in layout.buses.items():
        if port.model not in ("pcie-root-port", "pcie-switch-downstream-port") or index in stated:
            continue
        wanted = {"default": None, "on": True, "off": False, "spare-only": not layout.on[index]}[general]
        assert port.hotplug is wanted
    assert len(layout.free_ports()) == spare


@given(st.sampled_from(["q35", "pc", "virt", "pseries"]), crowds(hotplug_hints, 60))
def test_packing_shares_slots_as_functions(machine: str, devices: list[Device]) -> None:
    layout = finish(guest(machine, devices, policy=Policy(packing="functions", spare_ports=0)))
    sizes = []
    for index, there in layout.on.items():
        slots: dict[int, list[Device]] = {}
        for device in there:
            if not (isinstance(device, Controller) and device.type == "pci"):
                slots.setdefault(device.address.slot, []).append(device)
        for slot, members in slots.items():
            assert {d.address.function for d in members} in (
                set(range(len(members))),
                {0, 2},
                {2},
            ) or (index, slot) in ((0, 1), (0, 0x1F))
            if len(members) > 1:
                assert not any(d.hints and d.hints.hotplug == "yes" for d in members)
                sizes.append(len(members))
    assert all(size <= 8 for size in sizes)


def test_sixty_disks_need_eight_slots() -> None:
    layout = finish(guest("q35", [disk(i) for i in range(60)], policy=Policy(profile="packed")))
    buses = {d.address.bus for d in layout.guest.devices if isinstance(d, Disk)}
    assert len(buses) == 8


@given(machines, st.integers(2, 8), crowds(none))
def test_slot_group(machine: str, size: int, devices: list[Device]) -> None:
    members = [nic(500 + i, Hints(slot_group="g")) for i in range(size)]
    layout = finish(guest(machine, [*devices, *members]))
    there = [d for d in layout.guest.devices if d.hints and d.hints.slot_group]
    assert len({(d.address.bus, d.address.slot) for d in there}) == 1
    assert sorted(d.address.function for d in there) == list(range(size))


#: All slots of bus 0 of a conventional machine are taken, by devices and the bridges of the groups.
FULL: list[Device] = [*(disk(number) for number in range(23)), Rng(model="virtio"), Rng(model="virtio")]


@example("pseries", 1, FULL)
@example("pc", 1, FULL)
@given(machines, st.integers(1, 20), crowds(none))
def test_bus_group_and_own_bus(machine: str, size: int, devices: list[Device]) -> None:
    members = [nic(500 + i, Hints(bus_group="g")) for i in range(size)]
    alone = [disk(500, Hints(own_bus="yes")), nic(600, Hints(own_bus="yes"), "e1000")]
    layout = finish(guest(machine, [*devices, *members, *alone]))
    there = [d for d in layout.guest.devices if d.hints and d.hints.bus_group]
    if machine in PCIE:
        shared = {layout.chain(d)[1].index for d in there}
        assert all(layout.chain(d)[1].model == "pcie-switch-upstream-port" for d in there)
    else:
        shared = {d.address.bus for d in there}
        assert layout.chain(there[0])[0].model == "pci-bridge"
    assert len(shared) == 1
    for device in layout.guest.devices:
        if device.hints and device.hints.own_bus:
            assert layout.on[device.address.bus] == [device]
    grown(layout, nic(700, Hints(bus_group="g")), disk(700, Hints(own_bus="yes")))


@given(st.sampled_from(PCIE), st.sampled_from(["root-port", "root-complex", "switch"]), crowds(none, 16))
def test_placement(machine: str, placement: str, devices: list[Device]) -> None:
    policy = Policy(pcie_placement=placement, legacy_placement="root-complex", spare_ports=0)
    layout = finish(guest(machine, devices, policy=policy))
    model = {"root-port": "pcie-root-port", "root-complex": "pcie-root", "switch": "pcie-switch-downstream-port"}
    for device in layout.guest.devices:
        if isinstance(device, Disk):
            assert layout.chain(device)[0].model == model[placement]
        if getattr(device, "model", None) == "e1000":
            assert layout.chain(device)[0].model == "pcie-root"
        if device.address and layout.chain(device) and device.address.bus == 0 and machine == "q35":
            slot, own = device.address.slot, isinstance(device, Controller) or device.kind in ("video", "sound")
            assert slot not in (0x01, 0x1B, 0x1D, 0x1F) or own


@given(st.sampled_from(["q35", "pc", "virt"]), crowds(none), st.data())
def test_conventional_by_hint(machine: str, devices: list[Device], data: st.DataObject) -> None:
    asked = data.draw(st.sampled_from([Hints(bus="pci"), Hints(placement="bridge")]))
    layout = finish(guest(machine, [*devices, nic(600, asked)]))
    device = next(d for d in layout.guest.devices if getattr(d, "mac", "") == nic(600).mac)
    model = layout.chain(device)[0].model
    if asked.bus:
        assert model in ("pci-root", "pci-bridge", "pcie-to-pci-bridge")
    else:
        assert model in ("pci-bridge", "pcie-to-pci-bridge")


@pytest.mark.parametrize("count", [230, 300, 500, 1000, 1800])
def test_overflow_packs(count: int) -> None:
    layout = finish(guest("q35", [disk(i) for i in range(count)], policy=Policy(overflow="pack")))
    assert sum(isinstance(d, Disk) and d.address is not None for d in layout.guest.devices) == count


@pytest.mark.parametrize(("count", "warnings"), [(590, 0), (700, 1)])
def test_more_virtio_devices_than_qemu_carries(count: int, warnings: int) -> None:
    plan = devaddr_xml.plan(guest("q35", [disk(i) for i in range(count)], policy=Policy(overflow="pack")))
    assert sum("memory sections" in notice.message for notice in plan.warnings) == warnings


def test_overflow_is_an_error_otherwise() -> None:
    with pytest.raises(devaddr_xml.DevaddrError):
        devaddr_xml.plan(guest("q35", [disk(i) for i in range(300)]))


@given(st.sampled_from(sorted(MACHINES)), crowds(none), st.sampled_from(["hotplug", "integrated", "packed", "libvirt"]))
def test_profiles_are_stable(machine: str, devices: list[Device], profile: str) -> None:
    layout = finish(guest(machine, devices[:16], policy=Policy(profile=profile)))
    if profile != "integrated":
        grown(layout, disk(300), nic(301), hostdev(70), scsi(90))
    assert all(c.model not in EXPANDERS for c in layout.buses.values())
