"""The face that all buses have, and the buses whose places are plain numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devaddr_xml.buses.ccid import CcidSlots
from devaddr_xml.buses.ccw import CcwDevices, takes_ccw
from devaddr_xml.buses.drive import DriveBus
from devaddr_xml.buses.isa import IsaSerialPorts
from devaddr_xml.buses.memory import MemorySlots, takes_memory_slot
from devaddr_xml.buses.spapr_vio import SpaprVioRegisters
from devaddr_xml.buses.usb import UsbPorts
from devaddr_xml.buses.virtio import takes_any_virtio_transport
from devaddr_xml.buses.virtio_serial import VirtioSerialPorts
from devaddr_xml.buses.zpci import ZpciIds
from devaddr_xml.model.address import (
    CcidAddress,
    CcwAddress,
    DimmAddress,
    SpaprVioAddress,
    VirtioSerialAddress,
)
from devaddr_xml.model.device import (
    Channel,
    Controller,
    Crypto,
    Disk,
    Filesystem,
    Hostdev,
    Input,
    Interface,
    Memballoon,
    Memory,
    Rng,
    Serial,
    Smartcard,
    Sound,
    Video,
    Vsock,
    Watchdog,
)
from devaddr_xml.model.errors import AddressConflict, PlacementError, Unsupported, ValueInvalid


def virtio_serial(index, ports=None):
    return Controller(type="virtio-serial", index=index, ports=ports)


BUSES = {
    "virtio-serial": lambda: VirtioSerialPorts([virtio_serial(0, 4), virtio_serial(3, 3)]),
    "ccw": CcwDevices,
    "spapr-vio": SpaprVioRegisters,
    "memory": lambda: MemorySlots(5),
    "isa": IsaSerialPorts,
    "drive": lambda: DriveBus("scsi", {0: "lsisas1068", 2: "virtio-scsi"}),
    "usb": lambda: UsbPorts([Controller(type="usb", index=0), Controller(type="usb", index=1, model="ehci")]),
    "zpci": ZpciIds,
}


@pytest.mark.parametrize("name", BUSES)
def test_uniform_face(name):
    """Each next place is new, and is one less to be had; when none is left there is no next place."""
    bus, places = BUSES[name](), []
    room = bus.free_count()
    for count in range(12):
        assert bus.used_count() == count
        assert bus.free_count() == room - count
        place = bus.next_free()
        if place is None:
            break
        assert place == bus.next_free()
        places.append(place)
        bus.reserve(place, Disk())
    assert len(places) == min(room, 12)
    assert len(set(places)) == len(places)


@pytest.mark.parametrize(
    ("bus", "place"),
    [
        (BUSES["virtio-serial"], VirtioSerialAddress(3, 0, 2)),
        (CcwDevices, CcwAddress(0xFE, 0, 5)),
        (CcwDevices, CcwAddress(0, 1, 5)),
        (SpaprVioRegisters, SpaprVioAddress(0x1800)),
        (BUSES["memory"], DimmAddress(4)),
        (IsaSerialPorts, 3),
        (CcidSlots, CcidAddress(2, 1)),
    ],
)
def test_one_place_for_two_is_refused(bus, place):
    bus = bus()
    bus.reserve(place, Disk(target="vda", line=3))
    with pytest.raises(AddressConflict) as caught:
        bus.reserve(place, Disk(target="vdb", line=5))
    error = caught.value
    assert (error.device, error.line, error.other, error.other_line) == ("disk vdb", 5, "disk vda", 3)


@pytest.mark.parametrize(
    ("bus", "place", "error"),
    [
        (BUSES["virtio-serial"], VirtioSerialAddress(1, 0, 1), PlacementError),
        (BUSES["virtio-serial"], VirtioSerialAddress(0, 0, 4), ValueInvalid),
        (BUSES["memory"], DimmAddress(5), ValueInvalid),
        (IsaSerialPorts, 4, Unsupported),
    ],
)
def test_places_that_do_not_exist_are_refused(bus, place, error):
    with pytest.raises(error) as caught:
        bus().reserve(place, Channel(line=8))
    assert caught.value.line == 8
    assert caught.value.remedy


def test_virtio_serial_ports_begin_at_one_and_end_before_the_size():
    ports = VirtioSerialPorts([virtio_serial(2), virtio_serial(1, 1), virtio_serial(0, 2)])
    assert ports.free_count() == 30 + 0 + 1
    assert ports.next_free() == VirtioSerialAddress(0, 0, 1)
    ports.reserve(VirtioSerialAddress(0, 0, 1), Channel())
    assert ports.next_free() == VirtioSerialAddress(2, 0, 1)
    assert ports.next_free_of(2, Channel()) == VirtioSerialAddress(2, 0, 1)
    with pytest.raises(PlacementError, match="no free port"):
        ports.next_free_of(1, Channel())
    with pytest.raises(PlacementError, match="no virtio-serial controller 7"):
        ports.next_free_of(7, Channel())


def test_new_virtio_serial_controller_has_the_lowest_index_that_is_not_used():
    ports = VirtioSerialPorts([virtio_serial(0, 1), virtio_serial(2, 1)])
    assert ports.next_free() is None
    assert ports.unused_index() == 1
    ports.add_controller(virtio_serial(1))
    assert ports.next_free() == VirtioSerialAddress(1, 0, 1)
    assert ports.unused_index() == 3


def test_channel_numbers_of_other_subsystems_leave_the_automatic_ones_alone():
    numbers = CcwDevices()
    for place in (CcwAddress(0, 0, 0), CcwAddress(0xFE, 1, 1), CcwAddress(0xFE, 0, 1)):
        numbers.reserve(place, Disk())
    assert numbers.next_free() == CcwAddress(0xFE, 0, 0)
    numbers.reserve(CcwAddress(0xFE, 0, 0), Disk())
    assert numbers.next_free() == CcwAddress(0xFE, 0, 2)
    assert numbers.used_count() == 4


@given(st.lists(st.sampled_from([0x1000, 0x2000, 0x3000, 0x30000000]), max_size=40), st.sets(st.integers(0, 0x9000)))
def test_registers_are_the_first_free_ones_of_their_rows(firsts, given_registers):
    registers, taken = SpaprVioRegisters(), set(given_registers)
    for reg in sorted(given_registers):
        registers.reserve(SpaprVioAddress(reg), Disk())
    for first in firsts:
        place = registers.next_free(first)
        assert place.reg not in taken
        assert all(reg in taken for reg in range(first, place.reg, 0x1000))
        taken.add(place.reg)
        registers.reserve(place, Disk())


def test_smartcard_slot_follows_the_highest_of_controller_0():
    cards = [Smartcard(address=CcidAddress(0, 4)), Smartcard(), Smartcard(address=CcidAddress(3, 9))]
    slots = CcidSlots(cards)
    assert slots.next_free() == CcidAddress(0, 5)
    assert CcidSlots().next_free() == CcidAddress(0, 0)
    assert CcidSlots().free_count() == 1
    assert slots.free_count() == 0
    assert slots.used_count() == 2


VIRTIO = [
    Disk(bus="virtio"),
    Interface(model="virtio"),
    Interface(model="virtio-non-transitional"),
    Video(model="virtio"),
    Input(bus="virtio"),
    Controller(type="virtio-serial"),
    Controller(type="scsi", model="lsilogic"),
    Hostdev(type="scsi_host"),
    Memballoon(model="virtio"),
    Rng(model="virtio"),
    Memory(model="virtio-mem"),
    Memory(model="virtio-pmem"),
    Crypto(model="virtio"),
    Sound(model="virtio"),
]
CHANNEL_ONLY = [Filesystem(), Vsock(model="virtio")]
NEITHER = [
    Disk(bus="scsi"),
    Interface(model="e1000"),
    Interface(),
    Video(model="vga"),
    Input(bus="usb"),
    Controller(type="usb"),
    Hostdev(type="pci"),
    Hostdev(type="mdev", model="vfio-ap"),
    Memballoon(model="none"),
    Memory(model="dimm"),
    Sound(model="ich9"),
    Serial(),
    Watchdog(model="diag288"),
]


@pytest.mark.parametrize(
    ("device", "ccw", "mmio"),
    [
        *((device, True, True) for device in VIRTIO),
        *((device, True, False) for device in CHANNEL_ONLY),
        *((device, False, False) for device in NEITHER),
    ],
    ids=lambda value: value.kind if hasattr(value, "kind") else None,
)
def test_what_channels_and_memory_mapped_transports_take(device, ccw, mmio):
    assert takes_ccw(device, passthrough=True) is ccw
    assert takes_any_virtio_transport(device) is mmio


@pytest.mark.parametrize("passthrough", [False, True])
def test_channel_devices_of_the_host_need_a_qemu_that_hands_them_over(passthrough):
    assert takes_ccw(Hostdev(type="mdev", model="vfio-ccw"), passthrough=passthrough) is passthrough


@pytest.mark.parametrize(
    ("model", "takes"), [("dimm", True), ("nvdimm", True), ("virtio-mem", False), ("sgx-epc", False)]
)
def test_what_memory_slots_take(model, takes):
    assert takes_memory_slot(Memory(model=model)) is takes


def test_a_fifth_isa_serial_port_is_refused():
    ports = IsaSerialPorts()
    ports.reserve(2, Serial())
    assert [ports.give_next(Serial()) for _ in range(3)] == [0, 1, 3]
    with pytest.raises(Unsupported, match="at most 4"):
        ports.give_next(Serial())
