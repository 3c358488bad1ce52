"""From a neutral guest to a document, with a template and without."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import devaddr_xml
from devaddr_xml.domxml.nested import read_guest
from devaddr_xml.domxml.render import render
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import (
    Channel,
    Controller,
    Crypto,
    Device,
    Disk,
    Filesystem,
    Hostdev,
    HostSource,
    Input,
    Interface,
    Iommu,
    Memory,
    Panic,
    Pstore,
    Rng,
    Serial,
    Shmem,
    Smartcard,
    Sound,
    Tpm,
    Video,
    Vsock,
    Watchdog,
)
from devaddr_xml.model.errors import DevaddrError
from devaddr_xml.model.guest import Guest, MemNode, NumaCell, VcpuPin
from devaddr_xml.model.hints import Hints

TEMPLATE = """<?xml version='1.0'?>
<!-- a comment -->
<domain type="kvm" xmlns:x="urn:x">
  <name>ä</name>
  <metadata><x:y/></metadata>
  <os><type arch="x86_64" machine="q35">hvm</type></os>
  <devices>
    <rng model="virtio"><backend model="random">/dev/random</backend></rng>
    <disk type="file" device="disk"><source file="/ä"/><target dev="vda" bus="virtio"/><!-- kept --></disk>
    <controller type="scsi" model="virtio-scsi"/>
    <interface type="network"><source network="n"/><mac address="52:54:00:AA:00:01"/><model type="virtio"/></interface>
    <console type="pty"><target type="virtio"/></console>
    <rng model="virtio"><backend model="egd" type="udp"><source mode="connect" host="h" service="1"/></backend></rng>
  </devices>
</domain>
"""


def as_program(guest: Guest) -> Guest:
    """The guest after a program has had it: through JSON, planned, through JSON."""
    return Guest.from_json(devaddr_xml.plan(Guest.from_json(guest.to_json())).guest.to_json())


def test_with_a_template_it_is_what_assign_makes() -> None:
    assert render(as_program(read_guest(TEMPLATE)), TEMPLATE) == devaddr_xml.assign(TEMPLATE).xml


def test_a_guest_that_was_not_read_from_the_template_is_matched_by_names() -> None:
    guest = as_program(read_guest(TEMPLATE))
    for device in guest.devices:
        device.line = None
    guest.devices.reverse()
    found = read_guest(render(guest, TEMPLATE))
    wanted = read_guest(devaddr_xml.assign(TEMPLATE).xml)
    assert devaddr_xml.diff(wanted, found).same


def test_a_device_that_the_guest_has_not_is_refused() -> None:
    guest = as_program(read_guest(TEMPLATE))
    guest.devices = [device for device in guest.devices if getattr(device, "target", None) != "vda"]
    with pytest.raises(DevaddrError, match=r"line 9: disk vda: the template has it"):
        render(guest, TEMPLATE)


def test_hints_end_up_in_the_metadata() -> None:
    guest = Guest(arch="x86_64", machine="q35", devices=[Disk(target="vda", bus="virtio", hints=Hints(hotplug="yes"))])
    found = read_guest(render(guest))
    assert found.policy is not None
    assert [(hint.ref, hint.hotplug) for hint in found.policy.devices] == [("vda", "yes")]


EVERYTHING: list[Device] = [
    Disk(target="vda", bus="virtio", type="file", address=PciAddress(bus=1)),
    Disk(target="sda", bus="sata", device="cdrom", readonly=True, has_source=False),
    Disk(target="vdb", bus="virtio", type="block"),
    Disk(target="vdc", bus="virtio", type="network"),
    Disk(target="vdd", bus="virtio", type="nvme"),
    Controller(type="pci", index=0, model="pcie-root", pcihole64=1024),
    Controller(type="pci", index=1, model="pcie-root-port", chassis=1, port=16, hotplug=False, mem_reserve=2048),
    Controller(type="pci", index=2, model="pcie-expander-bus", bus_nr=200, node=1),
    Controller(type="scsi", index=0, model="virtio-scsi", has_iothread=True),
    Controller(type="usb", index=0, model="ich9-ehci1"),
    Controller(type="usb", index=0, model="ich9-uhci1", master_startport=0),
    Controller(type="virtio-serial", index=0, ports=4, vectors=2),
    Filesystem(target="tag", driver="virtiofs"),
    Interface(type="network", mac="52:54:00:00:00:01", model="e1000", alias="ua-n&1"),
    Interface(
        type="hostdev",
        mac="52:54:00:00:00:02",
        source=HostSource(pci=PciAddress(bus=3, slot=1, function=2)),
        source_type="pci",
    ),
    Smartcard(mode="host-certificates"),
    Serial(target_type="isa-serial", port=0, model="isa-serial"),
    Channel(target_type="virtio", name="org.qemu.guest_agent.0"),
    Input(type="passthrough", bus="virtio"),
    Tpm(model="tpm-crb", backend="emulator", version="2.0"),
    Sound(model="ich9"),
    Video(model="virtio", primary=True),
    Hostdev(type="pci", source=HostSource(pci=PciAddress(domain=1, bus=0x41))),
    Hostdev(type="mdev", model="vfio-pci", source=HostSource(uuid="0f6cdd34-7b11-4a6e-9d5b-2a8e31c0b7f5")),
    Hostdev(type="usb", source=HostSource(key="usb vendor-id=4660 product-id=22136")),
    Hostdev(type="scsi", source=HostSource(key="scsi adapter-name=scsi_host0 address-bus=0 address-unit=3")),
    Watchdog(model="i6300esb", action="reset"),
    Rng(model="virtio"),
    Panic(model="isa"),
    Shmem(model="ivshmem-plain"),
    Memory(model="nvdimm", size=1024, node=1, label_size=128, align_size=2048),
    Memory(model="virtio-mem", size=4096, node=0, base=0x100000000),
    Crypto(model="virtio"),
    Iommu(model="intel", intremap=True),
    Vsock(model="virtio"),
    Pstore(),
]


def read_back(guest: Guest) -> Guest:
    found = read_guest(render(guest))
    for device in found.devices:
        device.line = None
        if isinstance(device, Disk):
            device.source = None  # a placeholder
    return found


def test_a_known_source_is_kept() -> None:
    guest = Guest(devices=[Disk(target="vda", type="file", source="file=/a 'b' & c=d.img")])
    assert read_guest(render(guest)).devices[0].source == "file=/a 'b' & c=d.img"  # type: ignore[union-attr]


def test_nothing_of_the_model_is_lost() -> None:
    guest = Guest(
        name="<x> & y",
        virt_type="qemu",
        arch="x86_64",
        machine="q35",
        emulator="/bin/qemu",
        memory=1048576,
        max_memory=4194304,
        memory_slots=4,
        vcpus=4,
        acpi=True,
        ps2=False,
        cells=(NumaCell(id=0, memory=524288, cpus=(0, 1)), NumaCell(id=1, memory=524288, cpus=(2, 3))),
        memnodes=(MemNode(cell=0, nodes=(0, 2)),),
        vcpu_pins=(VcpuPin(vcpu=0, cpus=(1, 5)),),
        devices=EVERYTHING,  # type: ignore[arg-type]
    )
    assert read_back(guest) == guest


@settings(deadline=None)
@given(st.lists(st.sampled_from(EVERYTHING), unique_by=id))
def test_any_devices_come_back(devices: list[Device]) -> None:
    guest = Guest(name="g", arch="x86_64", machine="q35", devices=devices)  # type: ignore[arg-type]
    found = read_back(guest)
    for kind in {device.kind for device in devices}:
        assert [d for d in found.devices if d.kind == kind] == [d for d in devices if d.kind == kind]
    assert len(found.devices) == len(devices)


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1))
def test_names_of_any_characters(name: str) -> None:
    guest = Guest(name=name.strip() or "x", devices=[Filesystem(target=name)])
    found = read_back(guest)
    assert found.devices[0].target == name  # type: ignore[union-attr]
