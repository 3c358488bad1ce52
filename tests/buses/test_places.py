import pytest
from hypothesis import given
from hypothesis import strategies as st

from devaddr_xml.buses.places import NumberedPlaces, conflict
from devaddr_xml.model.device import Disk


@given(st.integers(-3, 8), st.integers(-3, 40), st.integers(1, 5), st.lists(st.integers(-5, 50), unique=True))
def test_lowest_free_is_the_lowest_number_of_the_range_that_nobody_has(first, last, step, taken):
    places = NumberedPlaces(first, last, step)
    for number in taken:
        places.take(number, Disk())
    expected = [number for number in range(first, last + 1, step) if number not in taken]
    assert places.free_count() == len(expected)
    assert places.used_count() == len(taken)
    while (found := places.lowest_free()) is not None:
        assert found == expected.pop(0)
        assert found in places
        places.take(found, Disk())
    assert not expected
    assert places.free_count() == 0


def test_holder_is_who_took_the_place():
    places, disk = NumberedPlaces(0, 3), Disk()
    places.take(2, disk)
    assert places.holder(2) is disk
    assert places.holder(1) is None


@pytest.mark.parametrize(("number", "inside"), [(1, False), (2, True), (3, False), (4, True), (8, True), (10, False)])
def test_range_with_step(number, inside):
    assert (number in NumberedPlaces(2, 8, 2)) is inside


def test_conflict_names_both_devices_with_their_lines():
    error = conflict("the place", Disk(target="sda", line=4), Disk(target="sdb", line=9))
    assert (error.device, error.line, error.other, error.other_line) == ("disk sda", 4, "disk sdb", 9)
    assert error.remedy
