"""Every refusal of a bus, word for word: what is wrong, with which device, where, and what helps."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from devaddr_xml.buses.ccid import CcidSlots
from devaddr_xml.buses.ccw import CcwDevices
from devaddr_xml.buses.drive import DriveBus
from devaddr_xml.buses.isa import IsaSerialPorts
from devaddr_xml.buses.memory import MemorySlots
from devaddr_xml.buses.pci.bus import Bus
from devaddr_xml.buses.pci.flags import AUTO, CONVENTIONAL, EXPRESS, INTEGRATED, PCI_BRIDGE, ROOT_PORT
from devaddr_xml.buses.pci.space import Need, Space, kind_name
from devaddr_xml.buses.spapr_vio import SpaprVioRegisters
from devaddr_xml.buses.usb import UsbPorts
from devaddr_xml.buses.virtio_serial import VirtioSerialPorts
from devaddr_xml.buses.zpci import MAX_FID, MAX_UID, ZpciIds, ZpciPair
from devaddr_xml.model.address import (
    CcidAddress,
    CcwAddress,
    DimmAddress,
    DriveAddress,
    PciAddress,
    SpaprVioAddress,
    UsbAddress,
    VirtioSerialAddress,
)
from devaddr_xml.model.device import Controller, Rng, Smartcard
from devaddr_xml.model.errors import DevaddrError

OWNER = Rng(alias="ua-owner", line=7)
HOLDER = Rng(alias="ua-holder", line=3)
USB = [Controller(type="usb", index=0, model="qemu-xhci", line=3), Controller(type="usb", index=2, model="ehci")]
SERIAL = [Controller(type="virtio-serial", index=1, ports=2)]

OTHER = "the other device is rng ua-holder (line 3)"
ANOTHER = "Give one of them another address, or none, so that a free one is chosen"


def twice(bus: object, place: object) -> None:
    bus.reserve(place, HOLDER)  # type: ignore[attr-defined]
    bus.reserve(place, OWNER)  # type: ignore[attr-defined]


def full_isa() -> None:
    ports = IsaSerialPorts()
    for _ in range(4):
        ports.give_next(HOLDER)
    ports.give_next(OWNER)


def taken_isa() -> None:
    ports = IsaSerialPorts()
    ports.give_next(HOLDER)
    ports.reserve(0, OWNER)


def full_channels() -> None:
    ports = VirtioSerialPorts(SERIAL)
    ports.reserve(VirtioSerialAddress(1, 0, 1), HOLDER)
    ports.next_free_of(1, OWNER)


def full_uids() -> None:
    ids = ZpciIds()
    for number in range(1, MAX_UID + 1):
        ids.reserve(ZpciPair(number, number), HOLDER)
    assert ids.next_free() is None
    owner = Rng(alias="ua-owner", line=7, address=PciAddress(bus=1))
    ids.complete([owner])


def taken_ids(uid: int, fid: int) -> None:
    ids = ZpciIds()
    given = [Rng(alias="ua-holder", line=3, address=PciAddress(bus=1, zpci_uid=5, zpci_fid=6))]
    ids.collect(given)
    ids.collect([Rng(alias="ua-owner", line=7, address=PciAddress(bus=1, slot=1, zpci_uid=uid, zpci_fid=fid))])


def taken_smartcard() -> None:
    address = CcidAddress(0, 0)
    CcidSlots([Smartcard(alias="ua-holder", line=3, address=address), Smartcard(line=7, address=address)])


def space(*models: str) -> Space:
    return Space([Bus(number, model) for number, model in enumerate(models)])


def reserve(address: PciAddress, flags: int = EXPRESS | AUTO) -> None:
    space("pcie-root", "pcie-root-port").reserve(Need(flags), address, OWNER)


def taken_pci() -> None:
    buses = space("pcie-root", "pcie-root-port")
    buses.reserve(Need(EXPRESS | AUTO), PciAddress(bus=1), HOLDER)
    buses.reserve(Need(EXPRESS | AUTO), PciAddress(bus=1), OWNER)


def taken_by_chipset() -> None:
    buses = space("pci-root")
    buses.reserve(Need(CONVENTIONAL), PciAddress(slot=1), "the ISA bridge")
    buses.reserve(Need(CONVENTIONAL), PciAddress(slot=1), OWNER)


def stubborn(buses: Space, need: Need, number: int, owner: object) -> int:
    """A growth that brings the wrong bus, and that has been told for whom."""
    assert owner is OWNER
    buses.add_bus("pcie-root-port")
    return number


CASES: dict[str, tuple[Callable[[], object], str]] = {
    "channel device": (
        lambda: twice(CcwDevices(), CcwAddress(0xFE, 0, 1)),
        f"rng ua-owner: the channel device number fe.0.0001 is already in use; {OTHER}. {ANOTHER}",
    ),
    "drive": (
        lambda: twice(DriveBus("scsi", {0: "virtio-scsi"}), DriveAddress(0, 0, 0, 2)),
        f"rng ua-owner: the place at controller 0 bus 0 target 0 unit 2 is already in use; {OTHER}. {ANOTHER}",
    ),
    "memory slot": (
        lambda: twice(MemorySlots(2), DimmAddress(0)),
        f"rng ua-owner: memory slot 0 is already in use; {OTHER}. {ANOTHER}",
    ),
    "no memory slot": (
        lambda: MemorySlots(2).reserve(DimmAddress(2), OWNER),
        "rng ua-owner: there is no memory slot 2, the guest has 2. Raise the slots= of maxMemory, or name a lower slot",
    ),
    "register": (
        lambda: twice(SpaprVioRegisters(), SpaprVioAddress(0x1000)),
        f"rng ua-owner: the spapr-vio register 0x1000 is already in use; {OTHER}. {ANOTHER}",
    ),
    "smartcard": (
        taken_smartcard,
        "smartcard: the smartcard slot at controller 0 slot 0 is already in use; "
        "the other device is smartcard ua-holder (line 3). QEMU takes only one smartcard: remove one",
    ),
    "ISA port": (
        taken_isa,
        f"rng ua-owner: ISA serial port 0 is already in use; {OTHER}. Choose another target port, or leave it out",
    ),
    "ISA ports": (
        full_isa,
        "rng ua-owner: a guest has at most 4 ISA serial ports, numbered from 0. "
        "Remove a port or give it another target type, such as pci-serial",
    ),
    "channel port": (
        lambda: twice(VirtioSerialPorts(SERIAL), VirtioSerialAddress(1, 0, 1)),
        f"rng ua-owner: port 1 of virtio-serial controller 1 is already in use; {OTHER}. {ANOTHER}",
    ),
    "no channel port": (
        lambda: VirtioSerialPorts(SERIAL).reserve(VirtioSerialAddress(1, 0, 2), OWNER),
        "rng ua-owner: virtio-serial controller 1 has no port 2, its last one is 1. "
        "Raise the ports= of the controller, or leave the port out, so that a free one is chosen",
    ),
    "channel ports": (
        full_channels,
        "rng ua-owner: virtio-serial controller 1 has no free port. "
        "Leave the address out, so that another controller is used or made",
    ),
    "no channel controller": (
        lambda: VirtioSerialPorts(SERIAL).next_free_of(2, OWNER),
        "rng ua-owner: there is no virtio-serial controller 2. Add a controller of type virtio-serial with index 2",
    ),
    "USB port": (
        lambda: twice(UsbPorts(USB), UsbAddress(0, (2,))),
        f"rng ua-owner: USB bus 0 port 2 is already in use; {OTHER}. {ANOTHER}",
    ),
    "USB index": (
        lambda: UsbPorts([USB[0], Controller(type="usb", index=0, model="ehci", line=7)]),
        "controller usb.0 (ehci): index 0 of a USB bus is already in use; "
        "the other device is controller usb.0 (qemu-xhci) (line 3). Give one of the two USB controllers another index",
    ),
    "no USB bus": (
        lambda: UsbPorts(USB).reserve(UsbAddress(1, (1,)), OWNER),
        "rng ua-owner: USB bus 1 does not exist: no USB controller with that index has ports. "
        "Add a USB controller with index 1, or use one of the buses [0, 2]",
    ),
    "no USB port": (
        lambda: UsbPorts(USB).reserve(UsbAddress(0, (5,)), OWNER),
        "rng ua-owner: port 5 in the USB address bus 0 port 5 does not exist: ports go from 1 to 4 there. "
        "Name a port that exists, or leave the port out, so that a free one is chosen",
    ),
    "no hub": (
        lambda: UsbPorts(USB).attach_hub(UsbAddress(0, (1, 2)), OWNER),
        "rng ua-owner: there is no hub at port 1 of the USB address bus 0 port 1.2. "
        "Add the hub, before the hubs that are behind it, or name a port without it",
    ),
    "zPCI uid": (
        lambda: taken_ids(5, 7),
        f"rng ua-owner: the zPCI uid 0x5 is already in use; {OTHER}. {ANOTHER}",
    ),
    "zPCI fid": (
        lambda: taken_ids(7, 6),
        f"rng ua-owner: the zPCI fid 0x6 is already in use; {OTHER}. {ANOTHER}",
    ),
    "zPCI uids": (
        full_uids,
        "rng ua-owner: no zPCI uid is left for it. Use fewer PCI devices, or make them channel devices",
    ),
    "PCI address": (
        taken_pci,
        f"rng ua-owner: PCI address 0000:01:00.0 is used twice; {OTHER}. "
        "Give one of them another address, or remove its <address>",
    ),
    "no PCI": (
        lambda: space().place(Need(CONVENTIONAL | AUTO), OWNER),
        "rng ua-owner: there is no PCI bus, and this machine brings none. "
        "Remove the device, or give the domain a PCI root controller that the machine has",
    ),
    "no PCI for an address": (
        lambda: space().reserve(Need(CONVENTIONAL | AUTO), PciAddress(slot=3), OWNER),
        "rng ua-owner: there is no PCI bus, and this machine brings none. "
        "Remove the device, or give the domain a PCI root controller that the machine has",
    ),
    "no place": (
        lambda: space("pcie-root").place(Need(EXPRESS | AUTO), OWNER),
        "rng ua-owner: no PCI bus has a free place for a PCI Express device. "
        "Remove a device or add a PCI controller that accepts it",
    ),
    "no place although it grew": (
        lambda: Space([], stubborn).place(Need(CONVENTIONAL | AUTO), OWNER),
        "rng ua-owner: no PCI bus has a free place for a conventional PCI device. "
        "Remove a device or add a PCI controller that accepts it",
    ),
    "PCI domain": (
        lambda: reserve(PciAddress(1, 1)),
        "rng ua-owner: PCI address 0001:01:00.0: a guest has PCI domain 0 only. Use domain='0x0000'",
    ),
    "PCI bus": (
        lambda: reserve(PciAddress(bus=2)),
        "rng ua-owner: PCI address 0000:02:00.0: there is no bus 2. Add its controller",
    ),
    "PCI slot of a port": (
        lambda: reserve(PciAddress(bus=1, slot=1)),
        "rng ua-owner: PCI address 0000:01:01.0: a pcie-root-port has slot 0 only. "
        "Use one of these, or remove the <address>",
    ),
    "PCI slot": (
        lambda: reserve(PciAddress(slot=0, function=1)),
        "rng ua-owner: PCI address 0000:00:00.1: a pcie-root has slots 1 to 31. "
        "Use one of these, or remove the <address>",
    ),
    "PCI function": (
        lambda: reserve(PciAddress(bus=1, function=8)),
        "rng ua-owner: PCI address 0000:01:00.8: functions are 0 to 7. Use one of these",
    ),
    "integrated": (
        lambda: reserve(PciAddress(bus=1), EXPRESS | AUTO | INTEGRATED),
        "rng ua-owner: PCI address 0000:01:00.0: the device must sit on bus 0. Use bus='0x00'",
    ),
    "wrong bus": (
        lambda: reserve(PciAddress(bus=1), ROOT_PORT),
        "rng ua-owner: PCI address 0000:01:00.0: a pcie-root-port cannot be plugged into PCI controller 1 "
        "(pcie-root-port). Use a bus that accepts it, or remove the <address>",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_message(name: str) -> None:
    call, words = CASES[name]
    with pytest.raises(DevaddrError) as caught:
        call()
    assert str(caught.value) == f"line 7: {words}"


def test_a_place_that_the_chipset_has() -> None:
    with pytest.raises(DevaddrError) as caught:
        taken_by_chipset()
    assert str(caught.value).startswith("line 7: rng ua-owner: PCI address 0000:00:01.0 is used twice; ")
    assert "the other device is the ISA bridge." in str(caught.value)


def test_what_has_no_kind() -> None:
    assert kind_name(AUTO) == "a device that is no PCI device"


def test_a_bridge_may_be_given_an_address_where_conventional_devices_may() -> None:
    buses = space("pcie-root", "dmi-to-pci-bridge", "pci-bridge")
    assert buses.reserve(Need(PCI_BRIDGE), PciAddress(bus=1, slot=3), OWNER) == 1
    assert buses.buses[1].owner(3, 0) is OWNER


class TestTheLastPlaces:
    def test_registers(self) -> None:
        registers = SpaprVioRegisters()
        last = 0xFFFFF000
        assert registers.next_free(last) == SpaprVioAddress(last)
        registers.reserve(SpaprVioAddress(last), OWNER)
        assert registers.next_free(last) is None
        assert registers.next_free(0xFFFFFFFF) == SpaprVioAddress(0xFFFFFFFF)

    def test_registers_that_are_free(self) -> None:
        registers = SpaprVioRegisters()
        assert registers.free_count() == 0xFFFFF
        registers.reserve(SpaprVioAddress(0x1000), OWNER)
        registers.reserve(SpaprVioAddress(0x1001), OWNER)
        assert (registers.free_count(), registers.used_count()) == (0xFFFFE, 2)

    def test_channel_device_numbers(self) -> None:
        numbers = CcwDevices()
        for _ in range(65536):
            place = numbers.next_free()
            assert place is not None
            numbers.reserve(place, OWNER)
        assert numbers.next_free() is None

    def test_memory_slots(self) -> None:
        slots = MemorySlots(2)
        assert slots.next_free() == DimmAddress(0)
        assert slots.is_free(1)
        assert not slots.is_free(2)

    def test_zpci_halves(self) -> None:
        """What has one number of a pair gets the other, and what has both stays as it is."""
        half = Rng(address=PciAddress(bus=1, zpci_uid=3))
        whole = Rng(address=PciAddress(bus=1, slot=1, zpci_uid=9, zpci_fid=9))
        ids = ZpciIds()
        ids.collect([half, whole])
        assert half.address == PciAddress(bus=1, zpci_uid=3, zpci_fid=0)
        third = Rng(address=PciAddress(bus=1, slot=2))
        assert ids.complete([half, whole, third]) == [third]
        assert third.address == PciAddress(bus=1, slot=2, zpci_uid=1, zpci_fid=1)
        with pytest.raises(DevaddrError, match="already in use; the other device is rng"):
            ids.reserve(ZpciPair(1, 50), OWNER)

    def test_a_zpci_number_is_missing(self) -> None:
        ids = ZpciIds()
        assert ids.next_free() == ZpciPair(1, 0)
        assert ids.free_count() == MAX_UID < MAX_FID
