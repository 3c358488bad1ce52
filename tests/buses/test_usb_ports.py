import pytest
from hypothesis import given
from hypothesis import strategies as st

from devaddr_xml.buses.usb import UsbPorts, port_count
from devaddr_xml.model.address import UsbAddress
from devaddr_xml.model.device import Controller, Hub, Input
from devaddr_xml.model.errors import AddressConflict, PlacementError, ValueInvalid


def usb(index=0, model="piix3-uhci", ports=None):
    return Controller(type="usb", index=index, model=model, ports=ports)


@pytest.mark.parametrize(
    ("model", "ports", "count"),
    [
        (None, None, 2),
        ("piix3-uhci", 9, 2),
        ("piix4-uhci", None, 2),
        ("vt82c686b-uhci", None, 2),
        ("ehci", None, 6),
        ("ich9-ehci1", 12, 6),
        ("ich9-uhci1", None, 0),
        ("ich9-uhci2", None, 0),
        ("ich9-uhci3", None, 0),
        ("pci-ohci", None, 3),
        ("nec-xhci", None, 4),
        ("nec-xhci", 15, 15),
        ("qemu-xhci", 8, 8),
        ("qemu-xhci", 0, 0),
        ("none", None, 0),
    ],
)
def test_ports_of_a_controller(model, ports, count):
    assert port_count(usb(model=model, ports=ports)) == count


def test_root_ports_come_first_then_the_hub_on_the_lowest_port_and_all_below_it():
    ports = UsbPorts([usb()])
    ports.attach_hub(UsbAddress(0, (1,)), Hub())
    ports.attach_hub(UsbAddress(0, (2,)), Hub())
    ports.attach_hub(UsbAddress(0, (1, 3)), Hub())
    found = []
    while (place := ports.next_free()) is not None:
        ports.reserve(place, Input())
        found.append(place.port)
    first = [(1, n) for n in (1, 2, 4, 5, 6, 7, 8)]
    assert found == [*first, *((1, 3, n) for n in range(1, 9)), *((2, n) for n in range(1, 9))]


def test_buses_come_by_index_and_full_ones_are_skipped():
    ports = UsbPorts([usb(5), usb(1)])
    places = []
    for _ in range(4):
        places.append(ports.next_free())
        ports.reserve(places[-1], Input())
    assert [(p.bus, p.port) for p in places] == [(1, (1,)), (1, (2,)), (5, (1,)), (5, (2,))]
    assert ports.next_free() is None
    assert ports.next_free(5) is None


def test_a_hub_at_the_end_of_the_longest_path_opens_nothing():
    ports = UsbPorts([usb()])
    for depth in range(1, 5):
        ports.attach_hub(UsbAddress(0, (1,) * depth), Hub())
    assert ports.free_count() == 1 + 3 * 7
    with pytest.raises(ValueInvalid):
        ports.reserve(UsbAddress(0, (1,) * 5), Input())


@pytest.mark.parametrize(
    ("place", "error", "text"),
    [
        (UsbAddress(3, (1,)), PlacementError, "bus 3"),
        (UsbAddress(0, (3,)), ValueInvalid, "1 to 2"),
        (UsbAddress(0, (9, 1)), ValueInvalid, "port 9"),
        (UsbAddress(0, (1, 9)), ValueInvalid, "1 to 8"),
        (UsbAddress(0, (2, 1)), PlacementError, "no hub at port 2"),
        (UsbAddress(0, (1, 2, 3)), PlacementError, "no hub at port 1.2"),
        (UsbAddress(0, (1,)), AddressConflict, "port 1"),
        (UsbAddress(0, (1, 4)), AddressConflict, "port 1.4"),
    ],
)
def test_ports_that_cannot_be_had(place, error, text):
    ports = UsbPorts([usb()])
    ports.attach_hub(UsbAddress(0, (1,)), Hub(line=2))
    ports.reserve(UsbAddress(0, (1, 4)), Input(line=3))
    with pytest.raises(error, match=text) as caught:
        ports.reserve(place, Input(line=7))
    assert caught.value.line == 7
    assert caught.value.remedy
    if error is AddressConflict:
        assert caught.value.other_line in (2, 3)


def test_two_masters_of_one_bus_are_refused_but_companions_are_not():
    UsbPorts([usb(model="ich9-ehci1"), usb(model="ich9-uhci1"), usb(model="ich9-uhci2")])
    with pytest.raises(AddressConflict, match="index 4"):
        UsbPorts([usb(4), usb(4, "ich9-ehci1")])


@given(st.data())
def test_every_next_port_is_free_and_counted(data):
    models = st.sampled_from(["piix3-uhci", "pci-ohci", "qemu-xhci", "ich9-ehci1"])
    controllers = [usb(index, model) for index, model in data.draw(st.dictionaries(st.integers(0, 5), models)).items()]
    ports, taken = UsbPorts(controllers), set()
    for is_hub in data.draw(st.lists(st.booleans(), max_size=60)):
        bus = data.draw(st.sampled_from([None, *(c.index for c in controllers)]))
        free, place = ports.free_count(), ports.next_free(bus)
        if place is None:
            assert bus is not None or free == 0
            continue
        assert place not in taken
        assert place.port[:-1] == () or UsbAddress(place.bus, place.port[:-1]) in taken
        taken.add(place)
        if is_hub:
            ports.attach_hub(place, Hub())
            assert ports.free_count() == free - 1 + (8 if len(place.port) < 4 else 0)
        else:
            ports.reserve(place, Input())
            assert ports.free_count() == free - 1
    assert ports.used_count() == len(taken)
