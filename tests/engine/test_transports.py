"""Channel devices, memory-mapped virtio, the virtual I/O bus and memory slots."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devaddr_xml.engine.place.ccw import place_devices
from devaddr_xml.engine.place.memory_slots import place_slots
from devaddr_xml.engine.place.spapr_vio import place_registers
from devaddr_xml.engine.place.virtio_mmio import choose_transport
from devaddr_xml.model.address import (
    CcwAddress,
    DimmAddress,
    PciAddress,
    SpaprVioAddress,
    VirtioMmioAddress,
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
    Nvram,
    Rng,
    Serial,
    Sound,
    Tpm,
    Video,
    Vsock,
)
from devaddr_xml.model.errors import AddressConflict, PlacementError

S390 = {"arch": "s390x", "machine": "s390-ccw-virtio"}
PSERIES = {"arch": "ppc64", "machine": "pseries"}
VEXPRESS = {"arch": "armv7l", "machine": "vexpress-a9"}


def fe(devno):
    return CcwAddress(0xFE, 0, devno)


def virtio_disk(name, address=None):
    return Disk(target=name, bus="virtio", address=address)


# --- channel devices


def test_channel_numbers_go_up_around_given_ones(make_work):
    devices = {
        "hda": virtio_disk("hda", CcwAddress(0, 0, 7)),
        "hdc": virtio_disk("hdc"),
        "hdd": virtio_disk("hdd", CcwAddress(0xFE, 2, 0xF00F)),
        "hdb": virtio_disk("hdb", CcwAddress()),
        "balloon": Memballoon(model="virtio", address=fe(2)),
        "rng": Rng(model="virtio"),
    }
    place_devices(make_work(*devices.values(), **S390))
    assert devices["hdb"].address == fe(0)
    assert devices["hdc"].address == fe(1)
    assert devices["rng"].address == fe(3)
    assert devices["hda"].address == CcwAddress(0, 0, 7)
    assert devices["balloon"].address == fe(2)


def test_kinds_get_channel_numbers_in_libvirts_order(make_work):
    devices = [
        virtio_disk("vda"),
        Interface(model="virtio"),
        Sound(model="virtio"),
        Hostdev(type="mdev", model="vfio-ccw"),
        Hostdev(type="scsi_host"),
        Video(model="virtio"),
        Controller(type="virtio-serial", index=0),
        Controller(type="scsi", index=0, model="virtio-scsi"),
        Input(type="keyboard", bus="virtio"),
        Filesystem(),
        Memballoon(model="virtio"),
        Rng(model="virtio"),
        Memory(model="virtio-mem"),
        Vsock(model="virtio"),
        Crypto(model="virtio"),
    ]
    place_devices(make_work(*reversed(devices), **S390))
    order = [*devices[:3], devices[4], devices[3], devices[5], *devices[7:5:-1], *devices[8:]]
    assert [device.address for device in order] == [fe(number) for number in range(len(devices))]


def test_devices_on_pci_stay_there_and_crypto_adapters_lose_their_address(make_work):
    on_pci, adapter = virtio_disk("vda", PciAddress()), Hostdev(type="mdev", model="vfio-ap", address=fe(5))
    place_devices(make_work(on_pci, adapter, Controller(type="usb", index=0), **S390))
    assert on_pci.address == PciAddress()
    assert adapter.address is None


@pytest.mark.parametrize(("arch", "machine"), [("x86_64", "q35"), ("ppc64", "pseries"), ("s390x", "none")])
def test_other_machines_have_no_channel_devices(make_work, arch, machine):
    disk = virtio_disk("vda")
    place_devices(make_work(disk, arch=arch, machine=machine))
    assert disk.address is None


def test_one_channel_number_for_two_is_refused(make_work):
    with pytest.raises(AddressConflict, match=r"fe\.0\.0001") as caught:
        place_devices(make_work(virtio_disk("vda", fe(1)), virtio_disk("vdb", fe(1)), **S390))
    assert (caught.value.device, caught.value.other) == ("disk vdb", "disk vda")


@given(st.lists(st.none() | st.integers(0, 12), max_size=12))
def test_channel_numbers_are_unique_and_the_lowest(make_work, numbers):
    taken = [number for number in numbers if number is not None]
    disks = [virtio_disk(f"vd{chr(97 + n)}", None if c is None else fe(c)) for n, c in enumerate(numbers)]
    if len(set(taken)) < len(taken):
        with pytest.raises(AddressConflict):
            place_devices(make_work(*disks, **S390))
        return
    place_devices(make_work(*disks, **S390))
    free = [number for number in range(30) if number not in taken]
    expected = [number if number is not None else free.pop(0) for number in numbers]
    assert [disk.address.devno for disk in disks] == expected


# --- memory-mapped virtio


def root(model="pcie-root"):
    return Controller(type="pci", index=0, model=model)


def test_without_pci_virtio_devices_are_memory_mapped(make_work):
    mapped = [virtio_disk("vda"), Controller(type="scsi", index=0, model="lsilogic"), Rng(model="virtio")]
    others = [Filesystem(), Vsock(model="virtio"), Disk(target="sda", bus="scsi"), virtio_disk("vdb", PciAddress())]
    choose_transport(make_work(*mapped, *others, **VEXPRESS))
    assert [device.address for device in mapped] == [VirtioMmioAddress()] * 3
    assert [device.address for device in others] == [None, None, None, PciAddress()]


@pytest.mark.parametrize(("arch", "machine"), [("aarch64", "virt"), ("armv7l", "virt-8.2"), ("riscv64", "virt")])
def test_where_there_is_pci_express_one_memory_mapped_device_decides(make_work, arch, machine):
    disk, card = virtio_disk("vda"), Interface(model="virtio")
    choose_transport(make_work(root(), disk, card, arch=arch, machine=machine))
    assert disk.address is None
    disk.address = VirtioMmioAddress()
    choose_transport(make_work(root(), disk, card, arch=arch, machine=machine))
    assert card.address == VirtioMmioAddress()


@pytest.mark.parametrize(
    ("arch", "machine"), [("x86_64", "q35"), ("loongarch64", "virt"), ("armv7b", "vexpress-a9"), ("aarch64", "raspi3b")]
)
def test_other_machines_have_no_memory_mapped_virtio(make_work, arch, machine):
    disk = virtio_disk("vda")
    choose_transport(make_work(disk, virtio_disk("vdb", VirtioMmioAddress()), arch=arch, machine=machine))
    assert disk.address is None


# --- the virtual I/O bus


def vscsi(index, reg=None):
    address = None if reg is None else SpaprVioAddress(reg)
    return Controller(type="scsi", index=index, model="ibmvscsi", address=address)


def serial(reg=None):
    return Serial(target_type="spapr-vio-serial", address=None if reg is None else SpaprVioAddress(reg))


def registers(devices):
    return [device.address.reg for device in devices]


def test_each_kind_has_its_row_of_registers(make_work):
    devices = [vscsi(1), vscsi(0), serial(), serial(), Nvram(), Tpm(model="tpm-spapr"), Tpm(model="spapr-tpm-proxy")]
    place_registers(make_work(*devices, **PSERIES))
    assert registers(devices[:5]) == [0x3000, 0x2000, 0x30000000, 0x30001000, 0x4000]
    assert registers(devices[5:6]) == [0x5000]
    assert devices[6].address is None


def test_rows_share_the_registers(make_work):
    cards = [Interface(model="spapr-vlan") for _ in range(2)]
    devices = [*cards, vscsi(0), vscsi(1), Nvram(), Tpm(model="tpm-spapr")]
    place_registers(make_work(*devices, **PSERIES))
    assert registers(devices) == [0x1000, 0x2000, 0x3000, 0x4000, 0x5000, 0x6000]


def test_given_registers_are_avoided_also_those_of_later_devices(make_work):
    devices = [serial(0x20000000), serial(), vscsi(0), vscsi(1, 0x30000000)]
    place_registers(make_work(*devices, **PSERIES))
    assert registers(devices) == [0x20000000, 0x30001000, 0x2000, 0x30000000]


def test_models_decide_and_not_the_machine_but_for_nvram_and_tpm(make_work):
    devices = [vscsi(0), Interface(model="spapr-vlan"), Nvram(), Tpm(model="tpm-tis")]
    place_registers(make_work(*devices, machine="pc"))
    assert registers(devices[:2]) == [0x2000, 0x1000]
    assert [device.address for device in devices[2:]] == [None, None]


@pytest.mark.parametrize(
    ("given_address", "reg"),
    [(PciAddress(slot=4), 0), (PciAddress(bus=1), 0x2000), (CcwAddress(), 0x2000), (SpaprVioAddress(), 0x2000)],
)
def test_other_addresses_are_replaced(make_work, given_address, reg):
    controller = vscsi(0)
    controller.address = given_address
    place_registers(make_work(controller, **PSERIES))
    assert controller.address == SpaprVioAddress(reg)


def test_one_register_for_two_is_refused(make_work):
    with pytest.raises(AddressConflict, match="0x4000"):
        place_registers(make_work(vscsi(0, 0x4000), serial(0x4000), **PSERIES))


# --- memory slots


def dimm(slot=None, model="dimm", base=0):
    return Memory(model=model, address=None if slot is None else DimmAddress(slot, base))


def test_modules_get_the_lowest_free_slots(make_work):
    modules = [dimm(), dimm(0, "nvdimm", 0x100000000), dimm(2), dimm(), dimm(model="virtio-mem"), dimm(model="sgx-epc")]
    place_slots(make_work(*modules, max_memory=1 << 22, memory_slots=4))
    slots = [module.address.slot if module.address else None for module in modules]
    assert slots == [1, 0, 2, 3, None, None]
    assert modules[1].address == DimmAddress(0, 0x100000000)


def test_another_kind_of_address_is_replaced_and_absent_slots_are_left_to_the_checks(make_work):
    modules = [Memory(model="dimm", address=PciAddress(slot=2)), dimm(9), dimm(0), dimm(0)]
    work = make_work(*modules, max_memory=1 << 22, memory_slots=2)
    place_slots(work)
    assert [warning.message for warning in work.journal.warnings] == [
        "its address of type pci is replaced, because the device is in a memory slot"
    ]
    assert modules[0].address == DimmAddress(1, 2)
    assert modules[1].address == DimmAddress(9)


def test_without_free_slot_it_is_refused(make_work):
    with pytest.raises(PlacementError, match="all 1 memory slots"):
        place_slots(make_work(dimm(), dimm(), max_memory=1 << 22, memory_slots=1))


def test_without_room_for_memory_devices_nothing_happens(make_work):
    module = dimm()
    place_slots(make_work(module))
    assert module.address is None


def test_channels_are_no_memory_mapped_or_channel_devices(make_work):
    channel = Channel(target_type="virtio")
    place_devices(make_work(channel, **S390))
    choose_transport(make_work(channel, **VEXPRESS))
    assert channel.address is None
