"""One and two devices of each kind, with and without address and hint, on each machine."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from layout_line import SHORT, where
from properties.layout import Layout
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

#: Devices by what is told of them; each function makes a new one.
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


def check(error: DevaddrError) -> None:
    """An error says what is to blame, or what helps."""
    assert type(error) is not DevaddrError
    assert error.device or error.line or error.remedy


def outcome(machine: str, make: Callable[..., AnyDevice]) -> Plan | str:
    """The plan, which keeps what every layout promises; or the kind of error, which says what is to blame."""
    try:
        found = made(machine, make, None)
    except DevaddrError as error:
        check(error)
        return type(error).__name__
    layout = Layout(found.guest)
    layout.check_bus_numbers()
    if not any(map(is_lone_function, given(found))):
        layout.check_slots()
    again = plan(found.guest, capabilities=capabilities_for(found.guest.arch or ""))
    assert (again.guest, again.added) == (found.guest, ())
    return found


def is_lone_function(device: AnyDevice) -> bool:
    """Whether libvirt takes the device as a function of a slot that has no function 0."""
    return isinstance(device.address, PciAddress) and device.address.function != 0


def given(found: Plan) -> list[AnyDevice]:
    return [device for device in found.guest.devices if device.line]


def spot(found: Plan) -> str:
    """Model and place of the given device: which controller carries it, if that is on PCI."""
    device, *_ = given(found)
    model = getattr(device, "model", None) or ""
    on = ""
    if isinstance(device.address, PciAddress) and device.address.bus:
        on = f" of {SHORT[Layout(found.guest).chain(device)[0].model or '']}"
    return f"{model} {where(device)}{on}".strip()


@pytest.mark.parametrize("name", DEVICES)
def test_places(golden: Recorded, name: str) -> None:
    """Which model and place the device gets, by machine; machines that agree are together."""
    found: dict[str, list[str]] = {}
    for machine in MACHINES:
        result = outcome(machine, DEVICES[name])
        found.setdefault(result if isinstance(result, str) else spot(result), []).append(machine)
    golden("; ".join(f"{', '.join(machines)}: {place}" for place, machines in found.items()))


#: Kinds of addresses of which two devices may have the same one: they say a kind and no place.
WITHOUT_PLACE = (VirtioMmioAddress, UnassignedAddress)


@pytest.mark.parametrize("name", DEVICES)
@pytest.mark.parametrize("machine", MACHINES)
def test_two_of_a_kind_have_different_places(machine: str, name: str) -> None:
    try:
        result = made(machine, DEVICES[name], None, 2)
    except DevaddrError as error:
        check(error)
        return
    first, second, *_ = given(result)
    if first.address is not None and not isinstance(first.address, WITHOUT_PLACE):
        assert first.address != second.address
        assert (first.kind, type(first.address)) == (second.kind, type(second.address))


@pytest.mark.parametrize("machine", ["q35", "s390-ccw-virtio"])
def test_addresses(golden: Recorded, machine: str) -> None:
    """The devices that refuse each kind of address; where the kind is right, the address stays."""
    refused: dict[str, list[str]] = {}
    for name, make in DEVICES.items():
        for kind, address in ADDRESSES.items():
            try:
                device, *_ = given(made(machine, make, address))
            except DevaddrError as error:
                check(error)
                refused.setdefault(kind, []).append(name)
            else:
                is_place = address is not None and kind not in ("empty pci", "zpci", "function")
                assert not is_place or type(device.address) is not type(address) or str(device.address) == str(address)
    golden(*(f"{kind}: {', '.join(names)}" for kind, names in refused.items()))


HINTS = {
    "node": Hints(node=0),
    "hotplug": Hints(hotplug="yes"),
    "no hotplug": Hints(hotplug="no"),
    "root-complex": Hints(placement="root-complex"),
    "own-bus": Hints(own_bus="yes"),
    "switch": Hints(placement="switch"),
}


@pytest.mark.parametrize("machine", ["q35", "pc", "s390-ccw-virtio"])
def test_hints(golden: Recorded, machine: str) -> None:
    """What a hint asks is there, or refused; by hint, the devices that accept it."""
    accepted: dict[str, list[str]] = {}
    for name, make in DEVICES.items():
        if name.startswith("mediated ") or isinstance(outcome(machine, make), str):
            continue
        for hint, hints in HINTS.items():
            result = outcome(machine, partial(make, hints=hints))
            if isinstance(result, str):
                continue
            accepted.setdefault(hint, []).append(name)
            device, *_ = given(result)
            check_hint(Layout(result.guest), hint, device)
    golden(*(f"{hint}: {', '.join(names)}" for hint, names in accepted.items()))


def check_hint(layout: Layout, hint: str, device: AnyDevice) -> None:
    """The finished guest has what the hint asks of a device on PCI."""
    if not isinstance(device.address, PciAddress):
        assert hint in ("hotplug", "no hotplug"), f"{device}"
        return
    port = layout.port(device)
    if hint == "node":
        assert layout.node(device) == 0
    elif hint == "no hotplug":
        assert port is None or port.hotplug is False
    elif hint == "hotplug":
        assert layout.chain(device)[0].model != "pcie-root"
        assert port is None or port.hotplug is not False
    elif hint == "root-complex":
        assert device.address.bus == 0
    elif hint == "own-bus":
        assert layout.on[device.address.bus] == [device]
    else:
        assert port is not None
        assert port.model == "pcie-switch-downstream-port"


def test_every_kind_is_tried() -> None:
    classes = [each for each in vars(kinds).values() if isinstance(each, type) and issubclass(each, kinds.Device)]
    assert {each.kind for each in classes} - {make().kind for make in DEVICES.values()} == {"", "audio"}
