import pytest
from hypothesis import given
from hypothesis import strategies as st

from devaddr_xml.buses.drive import QEMU_SCSI_LIMITS, SCSI_LIMITS, DriveBus, UnitLimits, named_place
from devaddr_xml.model.address import DriveAddress
from devaddr_xml.model.device import Disk
from devaddr_xml.model.errors import AddressConflict


@pytest.mark.parametrize(
    ("bus", "number", "place"),
    [
        ("ide", 0, (0, 0, 0, 0)),
        ("ide", 1, (0, 0, 0, 1)),
        ("ide", 2, (0, 1, 0, 0)),
        ("ide", 3, (0, 1, 0, 1)),
        ("ide", 7, (1, 1, 0, 1)),
        ("sata", 5, (0, 0, 0, 5)),
        ("sata", 27, (4, 0, 0, 3)),
        ("scsi", 6, (0, 0, 0, 6)),
        ("scsi", 7, (1, 0, 0, 0)),
        ("scsi", 26, (3, 0, 0, 5)),
        ("fdc", 1, (0, 0, 0, 1)),
        ("fdc", 2, (1, 0, 0, 0)),
    ],
)
def test_place_that_a_name_means(bus, number, place):
    assert named_place(bus, number) == DriveAddress(*place)


@pytest.mark.parametrize("bus", ["virtio", "usb", "sd", "xen"])
def test_buses_without_drive_addresses(bus):
    assert named_place(bus, 0) is None


@pytest.mark.parametrize(
    ("limits", "units"),
    [
        (UnitLimits(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        (UnitLimits(reserved=7), [0, 1, 2, 3, 4, 5, 6, 8, 9, 10]),
        (UnitLimits(highest=6), [0, 1, 2, 3, 4, 5, 6, None, None, None]),
        (UnitLimits(highest=9, reserved=7), [0, 1, 2, 3, 4, 5, 6, 8, 9, None]),
        (QEMU_SCSI_LIMITS["lsilogic"], [0, 1, 2, 3, 4, 5, 6, None, None, None]),
    ],
)
def test_units_skip_the_reserved_one_and_end_at_the_highest(limits, units):
    assert [limits.unit(number) for number in range(10)] == units


@given(
    st.sampled_from(["ide", "sata", "scsi", "fdc"]),
    st.dictionaries(st.integers(0, 6), st.sampled_from([None, *SCSI_LIMITS]), max_size=4),
    st.integers(0, 60),
)
def test_without_growth_every_place_is_on_a_controller_and_used_once(bus_type, models, wanted):
    if bus_type != "scsi":
        models = dict.fromkeys(models)
    bus = DriveBus(bus_type, models)
    room, places = bus.free_count(), []
    for _ in range(wanted):
        place = bus.next_free()
        if place is None:
            break
        bus.reserve(place, Disk())
        places.append(place)
    assert len(set(places)) == len(places) == bus.used_count() == min(room, wanted)
    assert {place.controller for place in places} <= set(models)
    assert places == sorted(places, key=lambda p: (p.controller, p.bus, p.unit))
    assert bus.free_count() == room - len(places)


def test_growing_bus_goes_on_with_controllers_that_are_not_there():
    bus = DriveBus("scsi", {0: "lsisas1068"}, growing=True)
    places = []
    for _ in range(4):
        place = bus.next_free()
        bus.reserve(place, Disk())
        places.append((place.controller, place.unit))
    assert places == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_gaps_among_the_controllers_are_used_only_by_a_growing_bus():
    full = {DriveAddress(0, 0, 0, unit): Disk() for unit in range(7)}
    expected = {False: DriveAddress(2), True: DriveAddress(1)}
    for growing, place in expected.items():
        bus = DriveBus("scsi", {0: None, 2: None}, growing=growing)
        for taken, disk in full.items():
            bus.reserve(taken, disk)
        assert bus.next_free() == place


def test_one_place_for_two_is_refused():
    bus = DriveBus("scsi", {})
    bus.reserve(DriveAddress(unit=3), Disk(target="sda"))
    with pytest.raises(AddressConflict, match="unit 3") as caught:
        bus.reserve(DriveAddress(unit=3), Disk(target="sdb"))
    assert caught.value.device == "disk sdb"
    assert caught.value.other == "disk sda"
