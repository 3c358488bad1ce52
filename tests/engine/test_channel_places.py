"""Ports of virtio channels."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devaddr_xml.engine.complete.controllers import imply_controllers
from devaddr_xml.engine.place.virtio_serial import place_ports
from devaddr_xml.model.address import VirtioSerialAddress
from devaddr_xml.model.device import Channel, Console, Controller
from devaddr_xml.model.errors import AddressConflict, PlacementError, ValueInvalid


def controller(index, ports=None):
    return Controller(type="virtio-serial", index=index, ports=ports)


def channel(*place, line=None):
    return Channel(target_type="virtio", address=VirtioSerialAddress(*place) if place else None, line=line)


def place(state):
    imply_controllers(state)
    place_ports(state)
    return state


def places(devices):
    return [(d.address.controller, d.address.bus, d.address.port) for d in devices]


def serial_controllers(state):
    return [(c.index, c.ports) for c in state.controllers if c.type == "virtio-serial"]


def test_a_full_controller_is_followed_by_a_new_one(make_work):
    channels = [channel() for _ in range(6)]
    state = place(make_work(controller(0, 4), *channels))
    assert places(channels) == [(0, 0, 1), (0, 0, 2), (0, 0, 3), (1, 0, 1), (1, 0, 2), (1, 0, 3)]
    assert serial_controllers(state) == [(0, 4), (1, None)]


def test_channels_that_name_a_controller_stay_on_it(make_work):
    channels = [channel(), channel(1), channel(1, 0, 3), channel(0), channel(1), channel(2)]
    state = place(make_work(controller(0, 16), controller(1), *channels))
    assert places(channels) == [(0, 0, 1), (1, 0, 1), (1, 0, 3), (0, 0, 2), (1, 0, 2), (2, 0, 1)]
    assert serial_controllers(state) == [(0, 16), (1, None), (2, None)]


def test_given_ports_come_first_and_a_bus_without_port_is_dropped(make_work):
    channels = [channel(), channel(0, 2, 0), channel(), channel(0, 0, 1), channel(1, 7, 2)]
    place(make_work(controller(0, 4), controller(1), *channels))
    assert places(channels) == [(0, 0, 2), (0, 0, 3), (1, 0, 1), (0, 0, 1), (1, 7, 2)]


def test_a_console_with_port_0_blocks_a_port_of_controller_0_and_keeps_its_address(make_work):
    consoles = [
        Console(target_type="serial"),
        Console(target_type="virtio", address=VirtioSerialAddress()),
        Console(target_type="virtio", address=VirtioSerialAddress(1)),
        Console(target_type="virtio"),
    ]
    channels = [channel(), channel()]
    state = place(make_work(*consoles, *channels))
    assert places(channels) == [(0, 0, 3), (0, 0, 4)]
    assert [console.address for console in consoles] == [None, VirtioSerialAddress(), VirtioSerialAddress(1), None]
    assert serial_controllers(state) == [(0, None), (1, None)]


def test_a_controller_with_one_port_is_passed_over(make_work):
    first = channel()
    state = place(make_work(controller(0, 1), first))
    assert places([first]) == [(1, 0, 1)]
    assert serial_controllers(state) == [(0, 1), (1, None)]


def test_a_new_controller_takes_the_lowest_index_that_is_free(make_work):
    channels = [channel(0), channel(2), channel()]
    state = place(make_work(controller(0, 2), controller(2, 2), *channels))
    assert places(channels[2:]) == [(1, 0, 1)]
    assert serial_controllers(state) == [(0, 2), (1, None), (2, 2)]


def test_other_channels_take_no_port(make_work):
    other = Channel(target_type="guestfwd")
    state = place(make_work(other))
    assert other.address is None
    assert not serial_controllers(state)


@pytest.mark.parametrize(
    ("devices", "error"),
    [
        ([channel(0, 0, 2), channel(0, 0, 2, line=4)], AddressConflict),
        ([controller(0, 4), channel(0, 0, 4, line=4)], ValueInvalid),
        ([controller(0, 2), channel(0, 0, 1), channel(0, 0, 0, line=4)], PlacementError),
        ([Console(target_type="virtio", address=VirtioSerialAddress(3), line=4)], PlacementError),
    ],
)
def test_refusals(make_work, golden, devices, error):
    with pytest.raises(error) as caught:
        place(make_work(*devices))
    assert caught.value.line == 4
    golden(caught.value)


asked_hints = st.none() | st.tuples(st.integers(0, 3), st.just(0), st.just(0))


@given(st.dictionaries(st.integers(0, 4), st.integers(1, 6), max_size=3), st.lists(asked_hints, max_size=25))
def test_ports_are_unique_and_stay_when_a_channel_comes(make_work, controllers, wanted):
    def run(channels):
        try:
            state = place(make_work(*(controller(i, n) for i, n in controllers.items()), *channels))
        except PlacementError:
            return None
        got = places(channels)
        assert len(set(got)) == len(got)
        sizes = dict(serial_controllers(state))
        assert all(1 <= port < (sizes[index] or 31) for index, _, port in got)
        return got

    first = run([channel(*(asked or ())) for asked in wanted])
    if first is not None:
        assert run([channel(*address) for address in first]) == first
        assert run([*(channel(*address) for address in first), channel()])[:-1] == first
