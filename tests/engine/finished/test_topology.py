"""The shape of a complete guest."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devaddr_xml.engine.finished.topology import Topology
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Console, Controller, Hostdev, Interface, Serial
from devaddr_xml.model.guest import Guest


def numbers(guest: Guest) -> dict[int, int | None]:
    return {index: bus.number for index, bus in Topology(guest).buses.items()}


def test_ports_are_numbered_by_slot_and_function_not_by_index(make: SimpleNamespace) -> None:
    guest = make.q35(ports=0)
    guest.devices += [
        make.bridge(1, "pcie-root-port", "00:05.0"),
        make.bridge(2, "pcie-root-port", "00:02.1"),
        make.bridge(3, "pcie-root-port", "00:02.0"),
        make.bridge(4, "pcie-to-pci-bridge", "03:00.0"),
    ]
    assert numbers(guest) == {0: 0, 3: 1, 4: 2, 2: 3, 1: 4}


def test_switch_takes_one_number_for_each_port(make: SimpleNamespace) -> None:
    guest = make.q35(
        make.bridge(3, "pcie-switch-upstream-port", "01:00.0"),
        make.bridge(4, "pcie-switch-downstream-port", "03:01.0"),
        make.bridge(5, "pcie-switch-downstream-port", "03:00.0"),
        ports=2,
    )
    assert numbers(guest) == {0: 0, 1: 1, 3: 2, 5: 3, 4: 4, 2: 5}
    topology = Topology(guest)
    assert (topology.buses[1].number, topology.buses[1].last) == (1, 4)


def test_expander_trees_start_at_their_own_numbers(make: SimpleNamespace) -> None:
    guest = make.expanders()
    assert numbers(guest) == {0: 0, 1: 1, 2: 2, 3: 240, 4: 241, 5: 242, 6: 243, 7: 250, 8: 251}


def test_conventional_expander_holds_a_bridge(make: SimpleNamespace) -> None:
    guest = make.i440fx(
        make.bridge(1, "pci-expander-bus", "00:03.0", bus_nr=250, node=1),
        make.bridge(2, "pci-bridge", "01:01.0"),
        make.bridge(3, "pci-expander-bus", "00:04.0", bus_nr=254, node=0),
        make.nic(1, "01:02.0"),
        make.nic(2, "02:01.0"),
    )
    assert numbers(guest) == {0: 0, 1: 251, 2: 252, 3: 255}
    topology = Topology(guest)
    assert [str(topology.guest_address(d)) for d in guest.devices[-2:]] == ["0000:fb:02.0", "0000:fc:01.0"]
    assert [topology.node_of(d) for d in guest.devices[-2:]] == [1, 1]


def test_trees_that_firmware_does_not_find_have_no_numbers(make: SimpleNamespace) -> None:
    guest = make.expanders()
    guest.devices[7].bus_nr = 242  # the second expander starts inside the first
    found = numbers(guest)
    assert found[7] is None
    assert found[8] is None
    guest = make.q35(
        make.bridge(5, "pcie-expander-bus", "00:04.0", bus_nr=254),
        *(make.bridge(n, "pcie-root-port", f"05:00.{n - 6}") for n in (6, 7, 8)),
    )
    assert [numbers(guest)[n] for n in (6, 7, 8)] == [255, None, None]


def test_host_bridges_of_pseries_are_segments(make: SimpleNamespace) -> None:
    guest = Guest(
        arch="ppc64",
        machine="pseries",
        devices=[
            make.bridge(0, "pci-root", target_index=0),
            make.bridge(1, "pci-root", target_index=3, node=1),
            make.bridge(2, "pci-bridge", "01:02.0"),
            make.nic(1, "02:01.0"),
        ],
    )
    topology = Topology(guest)
    assert str(topology.guest_address(guest.devices[-1])) == "0003:01:01.0"
    assert topology.node_of(guest.devices[-1]) == 1
    assert [root.index for root in topology.roots] == [0, 1]


def test_node_comes_from_the_expander_also_for_what_hangs_on_a_controller(make: SimpleNamespace) -> None:
    guest = make.expanders()
    guest.devices += [
        Controller(type="scsi", index=0, model="virtio-scsi", address=make.pci("06:00.0")),
        make.scsi("sda", 0),
    ]
    topology = Topology(guest)
    assert topology.node_of(guest.devices[-1]) == 1
    assert topology.node_of(guest.devices[9]) is None
    assert topology.above(topology.buses[3]) == [topology.buses[3], topology.buses[0]]
    assert topology.buses[3] not in topology.below(topology.buses[0])
    assert topology.root_of(topology.buses[6]) is topology.buses[3]


@pytest.mark.parametrize(
    ("hotplug", "state", "plug"), [(None, "default", True), (True, "on", True), (False, "off", False)]
)
def test_hotplug_state_of_a_port(make: SimpleNamespace, hotplug: bool | None, state: str, plug: bool) -> None:
    guest = make.q35(make.nic(1, "01:00.0"), ports=1)
    guest.devices[1].hotplug = hotplug
    topology = Topology(guest)
    bus = topology.buses[1]
    assert (bus.hotplug, bus.hotpluggable) == (state, plug)
    assert topology.buses[0].hotplug == "never"


def test_free_places(make: SimpleNamespace) -> None:
    topology = Topology(make.expanders())
    ports = [(p.bus.index, p.hotpluggable, p.node) for p in topology.free_places() if p.bus.is_port]
    assert ports == [(2, True, None), (6, True, 1)]
    integrated = [p.slot for p in topology.free_places() if p.bus.index == 0]
    assert integrated == [1, *range(5, 31)]


def test_free_places_of_i440fx_leave_the_chipset_alone(make: SimpleNamespace) -> None:
    topology = Topology(make.i440fx(make.nic(1, "00:03.0")))
    assert [p.slot for p in topology.free_places()] == [2, *range(4, 32)]
    assert all(p.hotpluggable for p in topology.free_places())


def test_attached_devices_are_in_address_order(make: SimpleNamespace) -> None:
    guest = make.q35(make.scsi("sdb", 5), make.scsi("sda", 1), make.tablet(2), make.tablet(1, 3), make.tablet(1))
    topology = Topology(guest)
    assert [d.target for d in topology.attached["scsi", 0]] == ["sda", "sdb"]
    assert [d.address.port for d in topology.attached["usb", 0]] == [(1,), (1, 3), (2,)]


def test_strays(make: SimpleNamespace) -> None:
    guest = make.q35(make.nic(1, "01:00.0"), make.nic(2, "01:00.0"), make.nic(3, "1f:00.0"))
    topology = Topology(guest)
    assert [d.mac[-2:] for d in topology.strays] == ["02", "03"]


def test_console_that_repeats_a_serial_port_is_not_a_second_device(make: SimpleNamespace) -> None:
    address = make.pci("01:00.0")
    guest = make.q35(Serial(model="pci-serial", address=address), Console(target_type="serial", address=address))
    assert Topology(guest).strays == []


def test_empty_addresses_have_no_place(make: SimpleNamespace) -> None:
    topology = Topology(make.q35(Hostdev(type="pci", address=PciAddress()), Interface()))
    assert topology.strays == []
    assert [topology.guest_address(d) for d in topology.guest.devices[-2:]] == [None, None]


def test_loops_end(make: SimpleNamespace) -> None:
    guest = make.i440fx(make.bridge(1, "pci-bridge", "02:01.0"), make.bridge(2, "pci-bridge", "01:01.0"))
    assert numbers(guest) == {0: 0, 1: None, 2: None}


@given(st.permutations(range(1, 9)), st.data())
def test_numbers_do_not_depend_on_document_order(make: SimpleNamespace, slots: list[int], data: st.DataObject) -> None:
    devices = [make.bridge(0, "pcie-root")]
    devices += [make.bridge(n, "pcie-root-port", f"00:{slot:02x}.0") for n, slot in enumerate(slots, 1)]
    guest = Guest(arch="x86_64", machine="q35", devices=data.draw(st.permutations(devices)))
    assert numbers(guest) == {0: 0, **dict(enumerate(slots, 1))}


@given(st.lists(st.integers(0, 30), min_size=1, max_size=30))
def test_every_bus_has_one_number_and_trees_are_ranges(make: SimpleNamespace, parents: list[int]) -> None:
    """Bridges below bridges: a bus's own number, then those below it, without a gap."""
    guest = make.i440fx()
    filled: dict[int, int] = {}
    for index, parent in enumerate(parents, 1):
        parent %= index
        filled[parent] = slot = filled.get(parent, 0) + 1
        guest.devices.append(make.bridge(index, "pci-bridge", f"{parent:02x}:{slot:02x}.0"))
    topology = Topology(guest)
    assert sorted(b.number for b in topology.buses.values()) == list(range(len(parents) + 1))
    for bus in topology.buses.values():
        assert sorted(b.number for b in topology.below(bus)) == list(range(bus.number, bus.last + 1))
