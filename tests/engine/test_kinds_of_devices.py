"""One device of each kind, with and without address, on each machine: what becomes of it, or why it cannot be."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import pytest
from layout_line import described
from recorded import Recorded

from devaddr_xml.engine.plan import plan
from devaddr_xml.model import device as kinds
from devaddr_xml.model.address import (
    Address,
    CcidAddress,
    CcwAddress,
    DimmAddress,
    DriveAddress,
    IsaAddress,
    PciAddress,
    SpaprVioAddress,
    UnassignedAddress,
    UsbAddress,
    VirtioMmioAddress,
    VirtioSerialAddress,
)
from devaddr_xml.model.device import AnyDevice, Controller, Memballoon
from devaddr_xml.model.errors import DevaddrError
from devaddr_xml.model.guest import Guest, NumaCell
from devaddr_xml.model.hints import Hints
from devaddr_xml.model.plan import Plan
from devaddr_xml.probe.embedded import capabilities_for

MACHINES = {
    "q35": "x86_64",
    "pc": "x86_64",
    "microvm": "x86_64",
    "virt": "aarch64",
    "pseries": "ppc64",
    "s390-ccw-virtio": "s390x",
}

HOST = kinds.HostSource(pci=PciAddress(bus=0x41))
UUID = kinds.HostSource(uuid="6f1b")

#: Devices by what is said of them; each function makes a new one.
DEVICES: dict[str, Callable[..., AnyDevice]] = {
    "virtio disk": partial(kinds.Disk, target="vdc", bus="virtio"),
    "SCSI disk": partial(kinds.Disk, target="sdi", bus="scsi"),
    "SATA CD": partial(kinds.Disk, target="sdb", bus="sata", device="cdrom"),
    "IDE disk": partial(kinds.Disk, target="hdc", bus="ide"),
    "floppy": partial(kinds.Disk, target="fdb", bus="fdc", device="floppy"),
    "USB disk": partial(kinds.Disk, target="sda", bus="usb"),
    "SD card": partial(kinds.Disk, target="sda", bus="sd"),
    "disk by its name": partial(kinds.Disk, target="hda"),
    "USB controller": partial(kinds.Controller, type="usb", index=1),
    "companion": partial(kinds.Controller, type="usb", index=1, model="ich9-ehci1"),
    "smartcard controller": partial(kinds.Controller, type="ccid"),
    "SCSI controller": partial(kinds.Controller, type="scsi"),
    "old SCSI controller": partial(kinds.Controller, type="scsi", model="lsilogic"),
    "SATA controller": partial(kinds.Controller, type="sata", index=1),
    "IDE controller": partial(kinds.Controller, type="ide"),
    "channel controller": partial(kinds.Controller, type="virtio-serial"),
    "floppy controller": partial(kinds.Controller, type="fdc"),
    "virtiofs": partial(kinds.Filesystem, driver="virtiofs", target="x"),
    "virtio card": partial(kinds.Interface, model="virtio", mac="a"),
    "e1000e card": partial(kinds.Interface, model="e1000e", mac="a"),
    "rtl8139 card": partial(kinds.Interface, model="rtl8139", mac="a"),
    "spapr-vlan card": partial(kinds.Interface, model="spapr-vlan", mac="a"),
    "usb-net card": partial(kinds.Interface, model="usb-net", mac="a"),
    "card of no model": partial(kinds.Interface, mac="a"),
    "card of the host": partial(kinds.Interface, type="hostdev", mac="a", source=HOST, source_type="pci"),
    "smartcard": partial(kinds.Smartcard, mode="passthrough"),
    "serial port": kinds.Serial,
    "USB serial port": partial(kinds.Serial, target_type="usb-serial"),
    "PCI serial port": partial(kinds.Serial, target_type="pci-serial"),
    "parallel port": kinds.Parallel,
    "console": kinds.Console,
    "virtio console": partial(kinds.Console, target_type="virtio"),
    "channel": partial(kinds.Channel, target_type="virtio", name="a"),
    "tablet": partial(kinds.Input, type="tablet"),
    "virtio keyboard": partial(kinds.Input, type="keyboard", bus="virtio"),
    "PS/2 mouse": partial(kinds.Input, type="mouse", bus="ps2"),
    "TPM": partial(kinds.Tpm, backend="emulator"),
    "graphics": kinds.Graphics,
    "ich9 sound": partial(kinds.Sound, model="ich9"),
    "ac97 sound": partial(kinds.Sound, model="ac97"),
    "sb16 sound": partial(kinds.Sound, model="sb16"),
    "USB sound": partial(kinds.Sound, model="usb"),
    "virtio video": partial(kinds.Video, model="virtio"),
    "VGA": partial(kinds.Video, model="vga"),
    "ramfb": partial(kinds.Video, model="ramfb"),
    "PCI host device": partial(kinds.Hostdev, type="pci", source=HOST),
    "USB host device": partial(kinds.Hostdev, type="usb", source=kinds.HostSource(key="1:2")),
    "SCSI host device": partial(kinds.Hostdev, type="scsi", source=kinds.HostSource(key="k")),
    "vhost-scsi": partial(kinds.Hostdev, type="scsi_host", source=kinds.HostSource(key="naa")),
    "mediated device": partial(kinds.Hostdev, type="mdev", model="vfio-pci", source=UUID),
    "mediated channel device": partial(kinds.Hostdev, type="mdev", model="vfio-ccw", source=UUID),
    "mediated adapter": partial(kinds.Hostdev, type="mdev", model="vfio-ap", source=UUID),
    "redirected device": partial(kinds.Redirdev, bus="usb"),
    "hub": kinds.Hub,
    "watchdog": partial(kinds.Watchdog, model="i6300esb", action="reset"),
    "watchdog of no model": partial(kinds.Watchdog, action="reset"),
    "balloon": partial(kinds.Memballoon, model="virtio"),
    "random numbers": partial(kinds.Rng, model="virtio"),
    "NVRAM": kinds.Nvram,
    "panic": kinds.Panic,
    "pvpanic": partial(kinds.Panic, model="pvpanic"),
    "shared memory": partial(kinds.Shmem, model="ivshmem-plain"),
    "memory module": partial(kinds.Memory, model="dimm", size=1 << 19, node=0),
    "virtio memory": partial(kinds.Memory, model="virtio-mem", size=1 << 19, node=0),
    "cryptography": partial(kinds.Crypto, model="virtio"),
    "IOMMU": partial(kinds.Iommu, model="virtio"),
    "Intel IOMMU": partial(kinds.Iommu, model="intel"),
    "vsock": kinds.Vsock,
    "pstore": kinds.Pstore,
}

ADDRESSES: dict[str, Address | None] = {
    "none": None,
    "pci": PciAddress(slot=9),
    "empty pci": PciAddress(),
    "function": PciAddress(slot=9, function=1),
    "zpci": PciAddress(slot=9, zpci_uid=5),
    "drive": DriveAddress(unit=1),
    "usb": UsbAddress(port=(1,)),
    "virtio-serial": VirtioSerialAddress(port=1),
    "ccid": CcidAddress(slot=1),
    "ccw": CcwAddress(0xFE, 0, 9),
    "spapr-vio": SpaprVioAddress(0x5000),
    "virtio-mmio": VirtioMmioAddress(),
    "isa": IsaAddress(0x505),
    "dimm": DimmAddress(slot=1),
    "unassigned": UnassignedAddress(),
}


def said_of(device: AnyDevice) -> str:
    """What is said of a device beside its kind and address."""
    values: dict[str, Any] = msgspec.to_builtins(device)
    return " ".join(f"{k}={v}" for k, v in values.items() if k not in ("kind", "address", "source", "line", "hints"))


def made(machine: str, make: Callable[..., AnyDevice], address: Address | None, count: int = 1) -> Plan:
    arch = MACHINES[machine]
    devices = [make(address=address, line=line) for line in range(1, count + 1)]
    for device in devices[1:]:
        if isinstance(device, kinds.Disk) and device.target:
            device.target = device.target[:-1] + "e"
    bare: list[AnyDevice] = [] if isinstance(devices[0], Memballoon) else [Memballoon(model="none")]
    if machine == "microvm":
        bare.append(Controller(type="usb", model="none"))
    guest = Guest(
        arch=arch,
        machine=machine,
        memory=4 << 20,
        max_memory=8 << 20,
        memory_slots=2,
        acpi=arch in ("x86_64", "aarch64"),
        cells=(NumaCell(id=0, memory=4 << 20),),
        devices=[*bare, *devices],
    )
    return plan(guest, capabilities=capabilities_for(arch))


def outcome(make: Callable[[], Plan]) -> str:
    """What is said of the given devices in the end, and where everything is; or the error."""
    try:
        plan = make()
    except DevaddrError as error:
        return f"{type(error).__name__}: {error}"
    given = [said_of(device) for device in plan.guest.devices if device.line]
    return "; ".join([*given, *described(plan.guest), *map(str, plan.warnings)])


@pytest.mark.parametrize("name", DEVICES)
@pytest.mark.parametrize("machine", MACHINES)
def test_one_and_two(said: Recorded, machine: str, name: str) -> None:
    """What is filled in, and where everything is."""
    said(*(outcome(partial(made, machine, DEVICES[name], None, count)) for count in (1, 2)))


@pytest.mark.parametrize("name", DEVICES)
@pytest.mark.parametrize("machine", ["q35", "s390-ccw-virtio"])
def test_refused_addresses(said: Recorded, machine: str, name: str) -> None:
    """Addresses that the device cannot have; of others nothing is said, since libvirt takes some that mean nothing."""
    refused: dict[str, list[str]] = {}
    for kind, address in ADDRESSES.items():
        try:
            made(machine, DEVICES[name], address)
        except DevaddrError as error:
            refused.setdefault(f"{type(error).__name__}: {error}", []).append(kind)
    said(*(f"{', '.join(names)}: {message}" for message, names in refused.items()))


HINTS = {
    "node": Hints(node=0),
    "hotplug": Hints(hotplug="yes"),
    "no hotplug": Hints(hotplug="no"),
    "root complex": Hints(placement="root-complex"),
    "own bus": Hints(own_bus="yes"),
    "switch": Hints(placement="switch"),
}


@pytest.mark.parametrize("name", DEVICES)
@pytest.mark.parametrize("machine", ["q35", "pc", "s390-ccw-virtio"])
def test_hinted(said: Recorded, machine: str, name: str) -> None:
    """What a hint does to it, or that it means nothing for it."""
    for_hint = {hint: partial(DEVICES[name], hints=hints) for hint, hints in HINTS.items()}
    said(*(f"{hint}: {outcome(partial(made, machine, make, None))}" for hint, make in for_hint.items()))


def test_every_kind_is_tried() -> None:
    classes = [each for each in vars(kinds).values() if isinstance(each, type) and issubclass(each, kinds.Device)]
    assert {each.kind for each in classes} - {make().kind for make in DEVICES.values()} == {"", "audio"}
