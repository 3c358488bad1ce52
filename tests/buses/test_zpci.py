import pytest
from hypothesis import given
from hypothesis import strategies as st

from devaddr_xml.buses.zpci import ZpciIds, ZpciPair
from devaddr_xml.model.address import CcwAddress, PciAddress
from devaddr_xml.model.device import Controller, Hostdev, Interface, Serial
from devaddr_xml.model.errors import AddressConflict


def on_pci(uid=None, fid=None, slot=1):
    return Hostdev(type="pci", address=PciAddress(slot=slot, zpci_uid=uid, zpci_fid=fid))


def ids(devices):
    return [(device.address.zpci_uid, device.address.zpci_fid) for device in devices]


def assigned(devices):
    table = ZpciIds()
    table.collect(devices)
    table.complete(devices)
    return ids(devices)


@pytest.mark.parametrize(
    ("given_ids", "result"),
    [
        ([(None, None), (None, None)], [(1, 0), (2, 1)]),
        ([(None, None), (1, 0)], [(2, 1), (1, 0)]),
        ([(7, None), (None, 5)], [(7, 0), (1, 5)]),
        ([(None, None), (3, None), (None, None)], [(1, 1), (3, 0), (2, 2)]),
        ([(0xFFFF, 0xFFFFFFFF), (None, None)], [(0xFFFF, 0xFFFFFFFF), (1, 0)]),
    ],
)
def test_pairs(given_ids, result):
    assert assigned([on_pci(*pair) for pair in given_ids]) == result


def test_a_half_pair_may_take_what_a_later_device_names():
    with pytest.raises(AddressConflict, match="uid 0x1"):
        ZpciIds().collect([on_pci(None, 4), on_pci(1, 5)])


@pytest.mark.parametrize(("second", "text"), [((5, 6), "uid"), ((5, 9), "uid"), ((9, 6), "fid")])
def test_numbers_are_not_shared(second, text):
    with pytest.raises(AddressConflict, match=f"zPCI {text}"):
        ZpciIds().collect([on_pci(5, 6), on_pci(*second)])


def test_only_devices_on_pci_take_part_and_character_devices_never():
    serial, channel_device, bare = Serial(address=PciAddress(slot=3)), Interface(address=CcwAddress()), Controller()
    wanted = Hostdev(address=PciAddress())
    table = ZpciIds()
    assert table.complete([serial, channel_device, bare, wanted]) == [wanted]
    assert wanted.address == PciAddress(zpci_uid=1, zpci_fid=0)
    assert serial.address == PciAddress(slot=3)
    assert table.used_count() == 1
    assert table.free_count() == 0xFFFF - 1
    assert table.next_free() == ZpciPair(2, 1)


def test_the_rest_of_the_address_stays():
    device = Hostdev(address=PciAddress(bus=1, slot=2, function=3, multifunction=True, zpci_uid=9))
    assigned([device])
    assert device.address == PciAddress(bus=1, slot=2, function=3, multifunction=True, zpci_uid=9, zpci_fid=0)


pairs = st.tuples(st.none() | st.integers(1, 12), st.none() | st.integers(0, 12))


@given(st.lists(pairs, max_size=10))
def test_ids_are_unique_given_ones_stay_and_a_second_run_changes_nothing(given_ids):
    devices = [on_pci(*pair) for pair in given_ids]
    try:
        result = assigned(devices)
    except AddressConflict:
        return
    for numbers in zip(*result, strict=True):
        assert len(set(numbers)) == len(numbers)
    for pair, got in zip(given_ids, result, strict=True):
        assert all(asked in (None, number) for asked, number in zip(pair, got, strict=True))
    assert assigned(devices) == result
