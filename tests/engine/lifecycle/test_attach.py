"""Attaching: cold it may add controllers; live it takes what the running guest has, or says why not."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from devaddr_xml import DevaddrError, Policy, plan
from devaddr_xml.engine.lifecycle.attach import Attached, attach
from devaddr_xml.model.address import DriveAddress, PciAddress, UsbAddress, VirtioSerialAddress
from devaddr_xml.model.device import (
    AnyDevice,
    Channel,
    Console,
    Controller,
    Disk,
    Filesystem,
    Hostdev,
    HostSource,
    Hub,
    Input,
    Interface,
    Memballoon,
    Memory,
    Redirdev,
    Rng,
    Serial,
    Shmem,
    Sound,
    Tpm,
    Video,
    Vsock,
    Watchdog,
)
from devaddr_xml.model.errors import DocumentError, HintError, PlacementError, Unsupported
from devaddr_xml.model.events import Considered, Obstacle
from devaddr_xml.model.guest import Guest, NumaCell
from devaddr_xml.model.hints import Hints
from devaddr_xml.model.host import HostFacts, HostPciDevice
from devaddr_xml.model.policy import Spare
from devaddr_xml.probe.embedded import capabilities_for

ARCHITECTURES = {"q35": "x86_64", "pc": "x86_64", "virt": "aarch64", "s390-ccw-virtio": "s390x", "pseries": "ppc64"}


def guest(
    machine: str = "q35", *devices: AnyDevice, nodes: int = 0, policy: Policy | None = None, **rest: Any
) -> Guest:
    """A complete guest with these devices."""
    cells = tuple(NumaCell(id=number, memory=1 << 20) for number in range(nodes))
    source = Guest(
        arch=ARCHITECTURES[machine],
        machine=machine,
        memory=4 << 20,
        cells=cells,
        devices=list(devices),
        policy=policy,
        **rest,
    )
    return plan(source).guest


def nic(number: int = 1, model: str = "virtio", **rest: Any) -> Interface:
    return Interface(mac=f"52:54:00:00:00:{number:02x}", model=model, **rest)


def scsi_disk(name: str, **rest: Any) -> Disk:
    return Disk(target=name, bus="scsi", **rest)


def virtio_scsi(index: int = 0, model: str = "virtio-scsi") -> Controller:
    return Controller(type="scsi", index=index, model=model)


def live(running: Guest, *devices: AnyDevice, **rest: Any) -> Attached:
    return attach(running, devices, capabilities=capabilities_for(running.arch), live=True, **rest)


def cold(stopped: Guest, *devices: AnyDevice, **rest: Any) -> Attached:
    return attach(stopped, devices, capabilities=capabilities_for(stopped.arch), **rest)


SPARE = Policy(spare_ports=2)

#: What is there, what is plugged in, and where it goes.
LIVE_PLACES: dict[str, tuple[Guest, AnyDevice, str]] = {
    "a card into a free port": (guest("q35", nic(9), policy=SPARE), nic(), "0000:04:00.0"),
    "a card into a free slot": (guest("pc", nic(9)), nic(), "0000:00:04.0"),
    "not into the chipset's slots": (guest("pc", Memballoon(model="none")), nic(), "0000:00:02.0"),
    "a card on a host bridge": (guest("pseries", nic(9)), nic(), "0000:00:04.0"),
    "a conventional card behind a bridge": (
        guest("q35", nic(9, "e1000"), policy=SPARE),
        nic(1, "rtl8139"),
        "0000:02:02.0",
    ),
    "a channel device": (guest("s390-ccw-virtio", nic(9)), nic(), "fe.0.0002"),
    "a disk where its name says": (guest("q35", virtio_scsi(), scsi_disk("sda")), scsi_disk("sdc"), "unit 2"),
    "a disk whose name means no controller": (
        guest("q35", virtio_scsi(), scsi_disk("sda")),
        scsi_disk("sdh"),
        "unit 1",
    ),
    "a disk whose place is taken": (
        guest("q35", virtio_scsi(), scsi_disk("sda", address=DriveAddress(unit=3))),
        scsi_disk("sdd"),
        "unit 0",
    ),
    "an eighth disk on a controller with room": (
        guest("q35", virtio_scsi(), *(scsi_disk(f"sd{letter}") for letter in "abcdefg")),
        scsi_disk("sdh"),
        "unit 7",
    ),
    "a disk that scsi-units counts": (
        guest("q35", virtio_scsi(), scsi_disk("sda"), policy=Policy(scsi_units=255)),
        scsi_disk("sdk"),
        "unit 10",
    ),
    "a SCSI host device": (
        guest("q35", virtio_scsi(), scsi_disk("sda")),
        Hostdev(type="scsi", source=HostSource(key="adapter=1")),
        "unit 1",
    ),
    "a USB device": (guest("q35", Input(type="tablet", bus="usb")), Redirdev(bus="usb"), "bus 0 port 2"),
    "a channel": (
        guest("q35", Channel(target_type="virtio", name="a")),
        Channel(target_type="virtio", name="b"),
        "controller 0 bus 0 port 2",
    ),
    "a memory module": (
        guest("q35", nodes=1, max_memory=8 << 20, memory_slots=2),
        Memory(model="dimm", size=1 << 20, node=0),
        "slot 0",
    ),
    "a card on its node": (
        guest("q35", nic(9, hints=Hints(node=1)), nodes=2, policy=Policy(spares=(Spare(1, 1),))),
        nic(hints=Hints(node=1)),
        "0000:06:00.0",
    ),
}


@pytest.mark.parametrize("name", LIVE_PLACES)
def test_live_place(name: str) -> None:
    running, device, place = LIVE_PLACES[name]
    before = msgspec.json.encode(running)
    found = live(running, device)
    assert place in str(found.devices[0].address)
    assert found.plan.added == ()
    assert msgspec.json.encode(running) == before
    rest = [each for each in found.plan.guest.devices if each is not found.devices[0]]
    assert rest == running.devices
    assert found.plan.warnings == ()


FULL_USB = [Controller(type="usb", index=0, model="qemu-xhci"), *(Redirdev(bus="usb") for _ in range(4))]
FULL_CHANNELS = [
    Controller(type="virtio-serial", index=0, ports=2),
    Channel(target_type="virtio", name="a"),
]
NO_BALLOON = Memballoon(model="none")
OFF = Controller(type="pci", index=1, model="pcie-root-port", hotplug=False)

#: What is there, what to plug in, the kind of error, and words of it.
LIVE_REFUSALS: dict[str, tuple[Guest, AnyDevice, type[DevaddrError], str]] = {
    "no port": (
        guest("q35", nic(9), policy=Policy(spare_ports=0)),
        nic(),
        PlacementError,
        "no free hotpluggable port: 3 ports are occupied",
    ),
    "ports that are off": (
        guest("q35", OFF, NO_BALLOON, Controller(type="usb", model="none")),
        nic(),
        PlacementError,
        "1 port is free, but without hotplug",
    ),
    "no port on the node": (
        guest("q35", nic(9, hints=Hints(node=1)), nodes=2, policy=SPARE),
        nic(hints=Hints(node=1)),
        PlacementError,
        'no free hotpluggable port on node 1: 1 port is occupied; 2 free on no node.*<devaddr:spare node="1"',
    ),
    "no port but on a node": (
        guest("q35", nic(9, hints=Hints(node=1)), nodes=2, policy=Policy(spare_ports=0, spares=(Spare(1, 3),))),
        nic(),
        PlacementError,
        "3 free on node 1",
    ),
    "no conventional bus": (
        guest("q35", policy=SPARE),
        nic(1, "e1000"),
        PlacementError,
        "no free hotpluggable conventional slot: there is no bus that accepts it.*use a PCI Express model",
    ),
    "no SCSI controller": (
        guest("q35"),
        scsi_disk("sda"),
        PlacementError,
        "the running guest has no SCSI controller.*index='0' model='virtio-scsi'",
    ),
    "no SCSI unit": (
        guest("q35", virtio_scsi(0, "lsisas1068"), scsi_disk("sda"), scsi_disk("sdb")),
        scsi_disk("sdc"),
        PlacementError,
        r"controller scsi.0 \(lsisas1068\) has 2 units, all in use.*index='1'",
    ),
    "a SCSI place that its address names": (
        guest("q35", virtio_scsi(), policy=SPARE),
        scsi_disk("sdb", address=DriveAddress(controller=1)),
        PlacementError,
        "it needs another device, controller scsi.1",
    ),
    "no USB port": (
        guest("q35", *FULL_USB),
        Redirdev(bus="usb"),
        PlacementError,
        r"controller usb.0 \(qemu-xhci\) has 4, all in use.*Unplug a USB device",
    ),
    "no channel port": (
        guest("q35", *FULL_CHANNELS),
        Channel(target_type="virtio", name="b"),
        PlacementError,
        "controller virtio-serial.0 has ports 1 to 1, all in use",
    ),
    "no channel controller": (
        guest("q35", NO_BALLOON, policy=SPARE),
        Channel(target_type="virtio", name="b"),
        PlacementError,
        "it needs another device, controller virtio-serial.0",
    ),
    "no memory slot": (
        guest("q35", Memory(model="dimm", size=1 << 20, node=0), nodes=1, max_memory=8 << 20, memory_slots=1),
        Memory(model="dimm", size=1 << 20, node=0),
        PlacementError,
        "memory slots",
    ),
    "function 1": (
        guest("q35", policy=SPARE),
        nic(address=PciAddress(bus=2, slot=0, function=1)),
        PlacementError,
        "only function 0 is hotpluggable",
    ),
    "the root complex": (
        guest("q35", policy=SPARE),
        nic(address=PciAddress(bus=0, slot=9)),
        PlacementError,
        "on a pcie-root, and nothing there is hotpluggable",
    ),
    "a port that is off": (
        guest("q35", OFF, NO_BALLOON, Controller(type="usb", model="none")),
        nic(address=PciAddress(bus=1)),
        PlacementError,
        "has hotplug='off'",
    ),
    "a slot that is shared": (
        guest("pc", nic(9, address=PciAddress(slot=9, function=1))),
        nic(address=PciAddress(slot=9)),
        PlacementError,
        "interface 52:54:00:00:00:09 is in the slot of 0000:00:09.0 already",
    ),
    "memory-mapped virtio": (
        guest("virt", Disk(target="vda", bus="virtio", address=PciAddress(bus=1)), NO_BALLOON),
        Sound(model="ich9"),
        Unsupported,
        "no device of kind sound is hotpluggable",
    ),
    "a sata disk": (guest("q35"), Disk(target="sda", bus="sata"), Unsupported, "no disk with bus sata is hotpluggable"),
    "a disk that becomes an IDE one": (
        guest("pc"),
        Disk(target="hda"),
        Unsupported,
        "no disk with bus ide is hotpluggable",
    ),
    "a floppy": (guest("pc"), Disk(target="fda", bus="fdc", device="floppy"), Unsupported, "is hotpluggable"),
    "a USB controller": (guest("pc"), Controller(type="usb", index=1), Unsupported, "no controller with type usb"),
    "a port": (guest("q35"), Controller(type="pci", model="pcie-root-port"), Unsupported, "type pci"),
    "an ISA serial port": (guest("pc"), Serial(target_type="isa-serial"), Unsupported, "target type isa-serial"),
    "a 9p share": (guest("pc"), Filesystem(driver="path", target="x"), Unsupported, "driver path"),
    "a PS/2 mouse": (guest("pc"), Input(type="mouse", bus="ps2"), Unsupported, "bus ps2"),
    "an old shared memory": (guest("pc"), Shmem(model="ivshmem"), Unsupported, "model ivshmem"),
    "a hub": (guest("pc"), Hub(), Unsupported, "no device of kind hub is hotpluggable"),
    "a console": (guest("pc"), Console(target_type="virtio"), Unsupported, "no device of kind console is hotpluggable"),
    "a TPM": (
        guest("q35"),
        Tpm(model="tpm-crb", backend="emulator"),
        Unsupported,
        "no device of kind tpm is hotpluggable",
    ),
    "a video device": (guest("q35"), Video(model="virtio"), Unsupported, "no device of kind video is hotpluggable"),
    "a second vsock": (guest("q35", Vsock()), Vsock(), Unsupported, "one only; the other device is vsock"),
    "a name that is taken": (
        guest("q35", Disk(target="vda", bus="virtio"), policy=SPARE),
        Disk(target="vda", bus="virtio"),
        DevaddrError,
        "target name vda is used twice",
    ),
    "a node that there is not": (
        guest("q35", nodes=2, policy=SPARE),
        nic(hints=Hints(node=7)),
        HintError,
        "the guest's NUMA cells are 0, 1",
    ),
}


@pytest.mark.parametrize("name", LIVE_REFUSALS)
def test_live_refusal(name: str) -> None:
    running, device, kind, words = LIVE_REFUSALS[name]
    with pytest.raises(kind, match=words):
        live(running, msgspec.structs.replace(device, line=3))


def test_several_at_once_take_different_places() -> None:
    found = live(guest("q35", policy=Policy(spare_ports=3)), nic(1), nic(2), Rng(model="virtio"))
    assert len({str(device.address) for device in found.devices}) == 3
    with pytest.raises(PlacementError, match="00:02"):
        live(guest("q35", policy=Policy(spare_ports=1)), nic(1), nic(2))


def test_a_controller_along_with_its_disk() -> None:
    found = live(guest("q35", policy=SPARE), scsi_disk("sda"), virtio_scsi())
    assert found.devices[0].address == DriveAddress()
    assert isinstance(found.devices[1].address, PciAddress)


def test_what_was_considered_is_in_the_journal() -> None:
    running = guest("q35", nic(9, hints=Hints(node=1)), nodes=2, policy=Policy(spare_ports=1, spares=(Spare(1, 1),)))
    found = live(running, nic())
    (decision,) = [each for each in found.plan.decisions if each.device is found.devices[0] and each.considered]
    assert Considered((2, 3, 4), Obstacle.OCCUPIED) in decision.considered


def test_preferring_a_node_falls_back_with_a_warning() -> None:
    running = guest("q35", nic(9, hints=Hints(node=1)), nodes=2, policy=Policy(spare_ports=1, numa="prefer"))
    found = live(running, nic(hints=Hints(node=1)))
    assert isinstance(found.devices[0].address, PciAddress)
    assert any("NUMA cell is not possible" in notice.message for notice in found.plan.warnings)


def test_live_needs_the_document_of_a_running_guest() -> None:
    with pytest.raises(DocumentError, match="interface 52:54:00:00:00:09 has no address"):
        live(Guest(arch="x86_64", machine="q35", devices=[nic(9)]), nic())
    running = guest("q35", nic(9))
    running.devices = [device for device in running.devices if getattr(device, "type", None) != "usb"]
    with pytest.raises(DocumentError, match=r"controller usb.0 \(qemu-xhci\) is missing"):
        live(running, nic())


def test_what_the_policy_would_add_is_not_there_in_a_running_guest() -> None:
    running = guest("q35", nic(9), policy=Policy(spare_ports=0))
    running.policy = Policy(spare_ports=4)
    with pytest.raises(PlacementError, match="no free hotpluggable port"):
        live(running, nic())


def test_a_watchdog_beside_another_needs_a_newer_libvirt() -> None:
    running = guest("q35", policy=SPARE)
    assert any(isinstance(device, Watchdog) for device in running.devices)
    assert live(running, Watchdog(model="i6300esb", action="reset")) if has_conventional_bus(running) else True
    older = msgspec.structs.replace(capabilities_for("x86_64"), libvirt_version=(9, 0, 0))
    running = guest("q35", Watchdog(model="i6300esb"), policy=SPARE)
    running.devices = [device for device in running.devices if device.model != "itco"]
    with pytest.raises(Unsupported, match="one only"):
        attach(running, [Watchdog(model="i6300esb")], capabilities=older, live=True)


def has_conventional_bus(running: Guest) -> bool:
    return any(getattr(device, "model", None) == "pcie-to-pci-bridge" for device in running.devices)


#: Cold, each of these finds a place, and what is added for it.
COLD_ADDITIONS: dict[str, tuple[Guest, AnyDevice | list[AnyDevice], str | None]] = {
    "a port": (guest("q35", nic(9), policy=Policy(spare_ports=0)), nic(), "pcie-root-port"),
    "nothing": (guest("pc", nic(9)), nic(), None),
    "a bridge": (guest("q35", nic(9)), nic(1, "e1000"), "pcie-to-pci-bridge"),
    "a SCSI controller": (guest("pc"), scsi_disk("sda"), "lsilogic"),
    "a hub": (guest("q35", *FULL_USB[:-1]), [Redirdev(bus="usb"), Redirdev(bus="usb")], "hub"),
    "a channel controller": (guest("q35", *FULL_CHANNELS), Channel(target_type="virtio", name="b"), "virtio-serial"),
    "an expander": (guest("q35", nodes=2), nic(hints=Hints(node=1)), "pcie-expander-bus"),
}


@pytest.mark.parametrize("name", COLD_ADDITIONS)
def test_cold_addition(name: str) -> None:
    stopped, device, expected = COLD_ADDITIONS[name]
    found = cold(stopped, *(device if isinstance(device, list) else [device]))
    assert all(each.address is not None for each in found.devices)
    added = {getattr(each, "model", None) for each in found.plan.added}
    added |= {each.kind for each in found.plan.added} | {getattr(each, "type", None) for each in found.plan.added}
    assert expected in added if expected else found.plan.added == ()
    assert plan(found.plan.guest).guest == found.plan.guest
    stayed = [device for device in found.plan.aligned if device not in found.plan.added]
    assert [str(d.address) for d in stayed[: len(stopped.devices)]] == [str(d.address) for d in stopped.devices]
    assert found.plan.warnings == ()


def test_cold_completes_the_guest_first() -> None:
    skeleton = Guest(arch="x86_64", machine="q35", devices=[nic(9)])
    found = cold(skeleton, nic(1))
    assert str(found.devices[0].address) != str(plan(skeleton).guest.devices[0].address)
    own = {id(device) for device in found.plan.guest.devices}
    assert found.plan.added
    assert all(id(device) in own for device in found.plan.added)
    assert all(id(decision.device) in own for decision in found.plan.decisions)
    assert found.devices[0] not in found.plan.added


def test_addresses_of_other_buses() -> None:
    running = guest("q35", policy=SPARE)
    assert live(running, Redirdev(bus="usb")).devices[0].address == UsbAddress(bus=0, port=(1,))
    with_channels = guest("q35", Channel(target_type="virtio", name="a"))
    found = live(with_channels, Channel(target_type="virtio", name="b"))
    assert found.devices[0].address == VirtioSerialAddress(port=2)


def test_what_is_known_and_asked_from_outside_the_guest_counts() -> None:
    running = guest("q35", virtio_scsi(), scsi_disk("sda"))
    assert live(running, scsi_disk("sdj"), policy=Policy(scsi_units=255)).devices[0].address == DriveAddress(unit=9)
    express = HostFacts(pci={"0000:41:00.0": HostPciDevice(express=False)})
    card = Hostdev(type="pci", source=HostSource(pci=PciAddress(bus=0x41)))
    with_bridge = guest("q35", nic(9, "e1000"), policy=Policy(spare_ports=1))
    assert str(live(with_bridge, card, host=express).devices[0].address) == "0000:02:02.0"
    assert str(live(with_bridge, card).devices[0].address) != "0000:02:02.0"
    assert str(cold(with_bridge, card, host=express).devices[0].address) == "0000:02:02.0"
    assert str(cold(with_bridge, card).devices[0].address) != "0000:02:02.0"


def test_a_host_device_in_a_running_s390_guest_gets_zpci_numbers() -> None:
    card = Hostdev(type="pci", source=HostSource(pci=PciAddress(bus=0x41)))
    second = Hostdev(type="pci", source=HostSource(pci=PciAddress(bus=0x42)))
    found = live(guest("s390-ccw-virtio", card), second)
    assert isinstance(found.devices[0].address, PciAddress)
    assert (found.devices[0].address.zpci_uid, found.devices[0].address.zpci_fid) == (2, 1)
