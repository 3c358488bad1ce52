"""One row for each thing that libvirt refuses after addresses were assigned, and the same guests put right."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec
import pytest

from devaddr_xml.engine.check import check_guest
from devaddr_xml.model.address import (
    CcidAddress,
    CcwAddress,
    DimmAddress,
    DriveAddress,
    IsaAddress,
    PciAddress,
    SpaprVioAddress,
    UnassignedAddress,
    UsbAddress,
)
from devaddr_xml.model.device import (
    Console,
    Controller,
    Device,
    Disk,
    Hostdev,
    HostSource,
    Input,
    Interface,
    Iommu,
    Memballoon,
    Memory,
    Nvram,
    Panic,
    Parallel,
    Rng,
    Serial,
    Smartcard,
    Tpm,
    Video,
    Watchdog,
)
from devaddr_xml.model.errors import AddressConflict, DevaddrError, PlacementError, Unsupported, ValueInvalid
from devaddr_xml.model.guest import NumaCell

LINE, OTHER_LINE = 71, 17


def at(slot: int, function: int = 0, bus: int = 0, **more: Any) -> PciAddress:
    return PciAddress(bus=bus, slot=slot, function=function, **more)


def drive(unit: int = 0, **more: int) -> DriveAddress:
    return DriveAddress(unit=unit, **more)


def disk(target: str | None, bus: str, address: Any = None, **more: Any) -> Disk:
    return Disk(target=target, bus=bus, type=more.pop("type", "file"), address=address, **more)


def scsi(unit: int = 0, **more: int) -> Hostdev:
    return Hostdev(type="scsi", source=HostSource(key=f"scsi_host0:0:0:{unit}"), address=drive(unit, **more))


def pci_host(slot: int, address: Any) -> Hostdev:
    return Hostdev(type="pci", source=HostSource(pci=PciAddress(bus=0x41, slot=slot)), address=address)


ROOT = Controller(type="pci", index=0, model="pcie-root")
CONVENTIONAL_ROOT = Controller(type="pci", index=0, model="pci-root")
VIRTIO_SCSI = Controller(type="scsi", index=0, model="virtio-scsi", address=at(5))
LSILOGIC = Controller(type="scsi", index=0, model="lsilogic", address=at(5))
IDE = Controller(type="ide", index=0, address=at(1, 1))
VGA = Video(model="vga", primary=True, address=at(1))
ACPI_Q35 = {"machine": "q35", "acpi": True}
PC = {"machine": "pc"}
PSERIES = {"machine": "pseries", "arch": "ppc64"}
S390 = {"machine": "s390-ccw-virtio", "arch": "s390x"}
ARM = {"machine": "virt", "arch": "aarch64"}
ROOM = {"max_memory": 1 << 30, "memory_slots": 2, "cells": (NumaCell(id=0),)}


def bridge(model: str, index: int = 1, **more: Any) -> Controller:
    return Controller(type="pci", index=index, model=model, address=more.pop("address", at(9)), **more)


def phb(index: int, target_index: int, **more: Any) -> Controller:
    return Controller(
        type="pci", index=index, model="pci-root", model_name="spapr-pci-host-bridge", target_index=target_index, **more
    )


def port(**more: Any) -> Controller:
    return bridge("pcie-root-port", **{"model_name": "pcie-root-port", "chassis": 1, "port": 8, **more})


def conventional(**more: Any) -> Controller:
    return bridge("pci-bridge", **{"model_name": "pci-bridge", "chassis_nr": 1, **more})


def expander(**more: Any) -> Controller:
    return bridge("pcie-expander-bus", **{"model_name": "pxb-pcie", "bus_nr": 200, **more})


class Case(NamedTuple):
    """The device at fault, the devices before it, the guest, and the error."""

    name: str
    device: Device
    error: type[DevaddrError]
    words: str
    others: tuple[Device, ...] = ()
    guest: Mapping[str, Any] = MappingProxyType({})
    #: Whether the first of the others is the second device of a conflict.
    conflict: bool = False


DISKS = [
    Case("no target", disk(None, "virtio", at(3)), ValueInvalid, "no target name"),
    Case(
        "name twice",
        disk("vda", "virtio", at(3)),
        AddressConflict,
        "vda is used twice",
        (disk("vda", "usb"),),
        {},
        True,
    ),
    Case("hard disk named so", disk("fda", "virtio", at(3)), ValueInvalid, "begins with hd, sd"),
    Case("lun named so", disk("foo0", "scsi", drive(), device="lun"), ValueInvalid, "begins with", (VIRTIO_SCSI,)),
    Case("floppy named so", disk("sda", "fdc", drive(), device="floppy"), ValueInvalid, "begins with fd"),
    Case("partition", disk("vda1", "virtio", at(3)), ValueInvalid, "that of a partition"),
    Case("partition of a CD", disk("sda10", "sata", drive(), device="cdrom"), ValueInvalid, "that of a partition"),
    Case("scsi, not drive", disk("sda", "scsi", at(3)), Unsupported, "type pci, and bus scsi takes drive only"),
    Case("sata, not drive", disk("sda", "sata", at(3)), Unsupported, "type pci, and bus sata takes drive only"),
    Case("ide, not drive", disk("hda", "ide", at(3)), Unsupported, "type pci, and bus ide takes drive only", (), PC),
    Case(
        "fdc, not drive",
        disk("fda", "fdc", at(3), device="floppy"),
        Unsupported,
        "type pci, and bus fdc takes drive only",
    ),
    Case("no drive address", disk("sda", "sata"), Unsupported, "has no address, and bus sata needs one of type drive"),
    Case("usb, not usb", disk("sda", "usb", at(3)), Unsupported, "type pci, and bus usb takes usb only"),
    Case(
        "one place", disk("sdb", "sata", drive(3)), AddressConflict, "twice", (disk("sda", "sata", drive(3)),), {}, True
    ),
    Case("scsi bus", disk("sda", "scsi", drive(bus=1)), PlacementError, "has bus 1", (VIRTIO_SCSI,)),
    Case("lsilogic target", disk("sda", "scsi", drive(target=1)), PlacementError, "has target 1", (LSILOGIC,)),
    Case("ide controller", disk("hde", "ide", drive(controller=1)), PlacementError, "has controller 1", (IDE,), PC),
    Case("ide target", disk("hda", "ide", drive(target=1)), PlacementError, "has target 1", (IDE,), PC),
    Case("sata bus", disk("sda", "sata", drive(bus=1)), PlacementError, "has bus 1"),
    Case("sata target", disk("sda", "sata", drive(target=1)), PlacementError, "has target 1"),
    Case("fdc controller", disk("fdc", "fdc", drive(controller=1), device="floppy"), PlacementError, "controller 1"),
    Case("fdc bus", disk("fdc", "fdc", drive(bus=1), device="floppy"), PlacementError, "has bus 1"),
    Case("fdc target", disk("fdc", "fdc", drive(target=1), device="floppy"), PlacementError, "has target 1"),
    Case("floppy elsewhere", disk("fda", "sata", drive(), device="floppy"), Unsupported, "floppies"),
    Case("disk on fdc", disk("sda", "fdc", drive()), Unsupported, "floppies, and nothing else"),
    Case("CD on virtio", disk("vda", "virtio", at(3), device="cdrom"), Unsupported, "cannot be on bus virtio"),
    Case("CD on sd", disk("sda", "sd", device="cdrom"), Unsupported, "cannot be on bus sd"),
    Case("empty usb disk", disk("sda", "usb", has_source=False), Unsupported, "cannot be empty"),
    Case("lun on sata", disk("sda", "sata", drive(), device="lun", type="block"), Unsupported, "needs bus scsi"),
    Case("lun in a file", disk("sda", "scsi", drive(), device="lun"), Unsupported, "block device", (VIRTIO_SCSI,)),
    Case("xen", disk("xvda", "xen"), Unsupported, "no disks on bus xen"),
    Case("uml", disk("ubda", "uml"), Unsupported, "no disks on bus uml"),
    Case("read-only sata", disk("sda", "sata", drive(), readonly=True), Unsupported, "cannot be read-only"),
    Case("read-only ide", disk("hda", "ide", drive(), readonly=True), Unsupported, "cannot be read-only", (IDE,), PC),
    Case("transitional", disk("sda", "usb", model="virtio-transitional"), Unsupported, "is for bus virtio"),
]

HOSTDEVS = [
    Case(
        "scsi, one place",
        scsi(3),
        AddressConflict,
        "twice",
        (Hostdev(type="scsi", source=HostSource(key="another"), address=drive(3)), VIRTIO_SCSI),
        {},
        True,
    ),
    Case("scsi bus", scsi(0, bus=1), PlacementError, "has bus 1", (VIRTIO_SCSI,)),
    Case("pci twice", pci_host(0, at(3)), AddressConflict, "host device 0000:41:00.0", (pci_host(0, at(4)),), {}, True),
    Case(
        "pci twice, once of an interface",
        pci_host(0, at(3)),
        AddressConflict,
        "is in the guest twice",
        (
            Interface(
                type="hostdev",
                source_type="pci",
                source=HostSource(pci=PciAddress(bus=0x41, slot=0)),
                address=at(4),
                line=OTHER_LINE,
            ),
        ),
        {},
        True,
    ),
    Case(
        "usb twice",
        Hostdev(type="usb", source=HostSource(key="1234:5678")),
        AddressConflict,
        "1234:5678",
        (Hostdev(type="usb", source=HostSource(key="1234:5678")),),
        {},
        True,
    ),
    Case(
        "scsi twice",
        Hostdev(type="scsi", source=HostSource(key="k"), address=drive(0)),
        AddressConflict,
        "host device k is",
        (Hostdev(type="scsi", source=HostSource(key="k"), address=drive(1)), VIRTIO_SCSI),
        {},
        True,
    ),
    Case(
        "mdev twice",
        Hostdev(type="mdev", model="vfio-pci", source=HostSource(uuid="6F1B"), address=at(3)),
        AddressConflict,
        "6f1b",
        (Hostdev(type="mdev", model="vfio-pci", source=HostSource(uuid="6f1b"), address=at(4)),),
        {},
        True,
    ),
    Case("pci, not pci", pci_host(0, drive()), Unsupported, "type drive, and type pci takes pci or unassigned only"),
    Case("usb, not usb", Hostdev(type="usb", address=at(3)), Unsupported, "type pci, and type usb takes usb only"),
    Case("scsi, not drive", Hostdev(type="scsi", address=at(3)), Unsupported, "scsi takes drive", (VIRTIO_SCSI,)),
    Case("scsi_host, neither", Hostdev(type="scsi_host", address=drive()), Unsupported, "scsi_host takes pci or ccw"),
    Case(
        "interface, not pci",
        Interface(type="hostdev", source_type="pci", address=drive()),
        Unsupported,
        "pci takes pci or unassigned only",
    ),
]

ADDRESSES = [
    Case("ccw on x86", Rng(model="virtio", address=CcwAddress(0xFE, 0, 1)), Unsupported, "no channel devices"),
    Case("register", Rng(model="virtio", address=SpaprVioAddress(1 << 32)), ValueInvalid, "0x100000000 is above"),
    Case("unassigned", Rng(model="virtio", address=UnassignedAddress()), Unsupported, "only host devices"),
    Case("zpci on x86", Rng(model="virtio", address=at(3, zpci_fid=1)), Unsupported, "no zPCI"),
    Case("uid 0", Rng(model="virtio", address=at(3, zpci_uid=0, zpci_fid=0)), ValueInvalid, "0x0000", (), S390),
    Case("uid too large", Rng(model="virtio", address=at(3, zpci_uid=1 << 16)), ValueInvalid, "0x10000", (), S390),
    Case("smartcard", Smartcard(mode="host", address=UsbAddress(0, (1,))), Unsupported, "takes ccid only"),
    Case("smartcard slot", Smartcard(mode="host", address=CcidAddress(0, 1)), PlacementError, "slot 1"),
    Case("smartcard controller", Smartcard(mode="host", address=CcidAddress(1, 0)), PlacementError, "controller 1"),
    Case(
        "two smartcards",
        Smartcard(mode="host", address=CcidAddress(0, 1)),
        Unsupported,
        "one smartcard",
        (Smartcard(mode="host", address=CcidAddress()),),
        {},
        True,
    ),
    Case("ramfb", Video(model="ramfb", primary=True, address=at(3)), Unsupported, "ramfb takes none"),
    Case("iommu", Iommu(model="virtio", address=drive()), Unsupported, "virtio takes pci only", (), ACPI_Q35),
    Case("iommu, none", Iommu(model="virtio"), Unsupported, "needs one of type pci", (), ACPI_Q35),
    Case("ib700", Watchdog(model="ib700", address=IsaAddress(1)), Unsupported, "ib700 takes none", (), PC),
    Case("itco", Watchdog(model="itco", address=at(3)), Unsupported, "itco takes none"),
    Case("diag288", Watchdog(model="diag288", address=CcwAddress(0xFE, 0, 0)), Unsupported, "takes none", (), S390),
    Case("i6300esb", Watchdog(model="i6300esb", address=IsaAddress(1)), Unsupported, "i6300esb takes pci only"),
    Case("panic isa", Panic(model="isa", address=at(3)), Unsupported, "isa takes isa only"),
    Case("panic pvpanic", Panic(model="pvpanic", address=IsaAddress(1)), Unsupported, "pvpanic takes pci only"),
    Case("panic pvpanic, none", Panic(model="pvpanic"), Unsupported, "pvpanic needs one of type pci"),
    Case("panic hyperv", Panic(model="hyperv", address=IsaAddress(1)), Unsupported, "hyperv takes none"),
    Case("panic s390", Panic(model="s390", address=at(3)), Unsupported, "s390 takes none", (), S390),
    Case("panic pseries", Panic(model="pseries", address=at(3)), Unsupported, "pseries takes none", (), PSERIES),
    Case("serial isa", Serial(target_type="isa-serial", address=at(3)), Unsupported, "isa-serial takes isa only"),
    Case("serial debug", Serial(target_type="isa-debug", address=at(3)), Unsupported, "isa-debug takes isa only"),
    Case("serial pci", Serial(target_type="pci-serial", address=IsaAddress(1)), Unsupported, "takes pci only"),
    Case(
        "serial vio", Serial(target_type="spapr-vio-serial", address=at(3)), Unsupported, "takes spapr-vio", (), PSERIES
    ),
    Case("serial system", Serial(target_type="system-serial", address=at(3)), Unsupported, "takes none", (), ARM),
    Case("serial sclp", Serial(target_type="sclp-serial", address=at(3)), Unsupported, "takes none", (), S390),
    Case("nvram", Nvram(address=at(3)), Unsupported, "takes spapr-vio only", (), PSERIES),
]

MACHINES_THAT_LACK = [
    Case("ib700", Watchdog(model="ib700"), Unsupported, "i440fx machines only"),
    Case("itco", Watchdog(model="itco"), Unsupported, "q35 machines only", (), PC),
    Case("diag288", Watchdog(model="diag288"), Unsupported, "s390 machines only"),
    Case("panic hyperv", Panic(model="hyperv"), Unsupported, "x86 machines only", (), ARM),
    Case("panic pseries", Panic(model="pseries"), Unsupported, "pSeries machines only"),
    Case("panic s390", Panic(model="s390"), Unsupported, "s390 machines only"),
    Case("intel iommu", Iommu(model="intel"), Unsupported, "q35 machines only", (), PC),
    Case("smmuv3", Iommu(model="smmuv3"), Unsupported, "Arm virt machines only"),
    Case("virtio iommu", Iommu(model="virtio", address=at(3)), Unsupported, "q35 and Arm", (), {**PC, "acpi": True}),
    Case("crb", Tpm(model="tpm-crb"), Unsupported, "x86 machines only", (), ARM),
    Case("spapr tpm", Tpm(model="tpm-spapr"), Unsupported, "Power machines only"),
    Case("tpm proxy", Tpm(model="spapr-tpm-proxy"), Unsupported, "Power machines only"),
    Case("spapr serial", Serial(target_type="spapr-vio-serial"), Unsupported, "pSeries machines only"),
    Case("spapr-vty", Serial(model="spapr-vty"), Unsupported, "pSeries machines only"),
    Case("pl011", Serial(target_type="system-serial", model="pl011"), Unsupported, "Arm virt machines only"),
    Case("16550a", Serial(target_type="system-serial", model="16550a"), Unsupported, "RISC-V virt and Loong", (), ARM),
    Case("sclp serial", Serial(target_type="sclp-serial"), Unsupported, "s390 machines only"),
    Case("sclp model", Serial(model="sclplmconsole"), Unsupported, "s390 machines only"),
    Case("sclp console", Console(target_type="sclp"), Unsupported, "s390 machines only"),
    Case("parallel, pseries", Parallel(), Unsupported, "no parallel ports", (), PSERIES),
    Case("parallel, s390", Parallel(), Unsupported, "no parallel ports", (), S390),
    Case("nvram", Nvram(address=SpaprVioAddress(0x3000)), Unsupported, "pSeries machines only"),
]

CHARACTERS = [
    Case("model of another type", Serial(target_type="usb-serial", model="pci-serial"), ValueInvalid, "of type pci-se"),
    Case("console type", Console(target_type="xen"), Unsupported, "no consoles of target type xen"),
]

VIDEOS = [
    Case("none and another", Video(model="none", primary=True), Unsupported, "turns video off", (VGA,), {}, True),
    Case("two primaries", VGA, Unsupported, "primary", (Video(model="qxl", primary=True, address=at(3)),), {}, True),
    Case("second vga", Video(model="vga", address=at(3)), Unsupported, "primary video device only", (VGA,), {}, True),
    Case(
        "not of this QEMU",
        Video(model="qxl", primary=True, address=at(3)),
        Unsupported,
        "not available in this QEMU",
        (),
        ARM,
    ),
    Case("not of QEMU", Video(model="xen", primary=True, address=at(3)), Unsupported, "not available in this QEMU"),
    Case("no model", Video(primary=True), Unsupported, "no default video model"),
]

CONTROLLERS = [
    Case("buslogic", Controller(type="scsi", index=0, model="buslogic", address=at(3)), Unsupported, "model buslogic"),
    Case(
        "no lsi", Controller(type="scsi", index=0, model="lsilogic", address=at(3)), Unsupported, "lsilogic", (), S390
    ),
    Case("esp elsewhere", Controller(type="scsi", index=0, model="ncr53c90"), Unsupported, "part of the board"),
    Case(
        "second esp",
        Controller(type="scsi", index=1, model="ncr53c90"),
        Unsupported,
        "with index 0",
        (),
        {"machine": "SS-5", "arch": "sparc"},
    ),
    Case("no ahci", Controller(type="sata", index=0, address=at(3)), Unsupported, "no SATA", (), S390),
    Case("ide on q35", Controller(type="ide", index=0, address=at(3)), Unsupported, "no IDE controller"),
    Case("second ide", Controller(type="ide", index=1, address=at(3)), Unsupported, "one IDE controller", (), PC),
]

PCI_CONTROLLERS = [
    Case("root with address", bridge("pcie-root", 0), Unsupported, "is on no bus"),
    Case("index 256", port(index=256), ValueInvalid, "above the largest, 255"),
    Case("index 0", port(index=0), ValueInvalid, "index 0 belongs to the PCI root"),
    Case("chassisNr", conventional(chassis_nr=256), ValueInvalid, "chassisNr 256 is outside 1 to 255"),
    Case("chassisNr 0", conventional(chassis_nr=0), ValueInvalid, "chassisNr 0 is outside"),
    Case("chassis", port(chassis=256), ValueInvalid, "chassis 256 is outside 0 to 255"),
    Case("port", port(port=256), ValueInvalid, "port 256 is outside 0 to 255"),
    Case("busNr", expander(bus_nr=255), ValueInvalid, "busNr 255 is outside 1 to 254"),
    Case("busNr 0", expander(bus_nr=0), ValueInvalid, "busNr 0 is outside"),
    Case("target index", phb(1, 31), ValueInvalid, "index 31 is outside 0 to 30", (phb(0, 0),), PSERIES),
    Case("target index 0", phb(1, 0), Unsupported, "target index 0 for controller index 1", (phb(0, 0),), PSERIES),
    Case("index 0 with another", phb(0, 1), Unsupported, "target index 1 for controller index 0", (), PSERIES),
    Case("node on index 0", phb(0, 0, node=0), Unsupported, "belongs to no NUMA cell", (), PSERIES),
    Case("model name", port(model_name="x3130-upstream"), Unsupported, "x3130-upstream is not one of"),
    Case(
        "model name of a root",
        Controller(type="pci", index=0, model="pcie-root", model_name="pcie-root"),
        Unsupported,
        "model name is not for",
    ),
    Case("chassisNr on a port", port(chassis_nr=1), Unsupported, "chassisNr is not for"),
    Case("chassis on a bridge", conventional(chassis=1), Unsupported, "target chassis is not for"),
    Case("port on a bridge", conventional(port=1), Unsupported, "target port is not for"),
    Case("busNr on a port", port(bus_nr=1), Unsupported, "busNr is not for"),
    Case("node on a port", port(node=0), Unsupported, "target node is not for"),
    Case("index on a port", port(target_index=1), Unsupported, "target index is not for"),
    Case("hotplug on a bridge", conventional(hotplug=True), Unsupported, "target hotplug is not for"),
    Case(
        "hotplug on a root without the ability",
        phb(0, 0, hotplug=False),
        Unsupported,
        "target hotplug is not for",
        (),
        PSERIES,
    ),
    Case("memReserve on an expander", expander(mem_reserve=1), Unsupported, "memReserve is not for"),
    Case("hole on a port", port(pcihole64=1), Unsupported, "pcihole64 is not for"),
    Case(
        "hole on virt",
        Controller(type="pci", index=0, model="pcie-root", pcihole64=1),
        Unsupported,
        "pcihole64 is not for",
        (),
        {"arch": "riscv64", "machine": "virt"},
    ),
    Case("nothing filled in", port(chassis=None), Unsupported, "needs target chassis"),
]

MEMORIES = [
    Case("no room", Memory(model="dimm", size=1024), Unsupported, "no room for memory devices"),
    Case("no such cell", Memory(model="dimm", node=1), ValueInvalid, "cell 1 does not exist", (), ROOM),
    Case("dimm, not dimm", Memory(model="dimm", address=at(3)), Unsupported, "dimm takes dimm only", (), ROOM),
    Case("nvdimm, not dimm", Memory(model="nvdimm", address=at(3)), Unsupported, "nvdimm takes dimm only", (), ROOM),
    Case("pmem", Memory(model="virtio-pmem", address=DimmAddress(0)), Unsupported, "takes pci only", (), ROOM),
    Case("mem", Memory(model="virtio-mem", address=DimmAddress(0)), Unsupported, "takes pci or ccw", (), ROOM),
    Case("no such slot", Memory(model="dimm", address=DimmAddress(2)), PlacementError, "slot 2 does not", (), ROOM),
    Case(
        "slot twice",
        Memory(model="dimm", address=DimmAddress(1)),
        AddressConflict,
        "slot 1 is used twice",
        (Memory(model="nvdimm", address=DimmAddress(1)),),
        ROOM,
        True,
    ),
    Case(
        "more than slots",
        Memory(model="dimm"),
        PlacementError,
        "2 memory slots for 3",
        (Memory(model="dimm"), Memory(model="dimm")),
        ROOM,
    ),
    Case(
        "overlap",
        Memory(model="virtio-mem", size=1 << 20, base=0x170000000, address=at(3)),
        AddressConflict,
        "overlaps",
        (Memory(model="virtio-mem", size=1 << 20, base=0x140000000, address=at(4)),),
        ROOM,
        True,
    ),
    Case(
        "overlap of dimms",
        Memory(model="dimm", size=1 << 20, address=DimmAddress(0, 0x150000000)),
        AddressConflict,
        "overlaps",
        (Memory(model="dimm", size=1 << 20, address=DimmAddress(1, 0x140000000)),),
        ROOM,
        True,
    ),
]

DOMAIN = [
    Case("ps2 switched off", Input(type="mouse", bus="ps2"), Unsupported, "the ps2 feature is off", (), {"ps2": False}),
    Case("no ps2", Input(type="mouse", bus="ps2"), Unsupported, "has no bus ps2", (), ARM),
    Case("no acpi", Iommu(model="virtio", address=at(3)), Unsupported, "finds a virtio IOMMU through ACPI"),
    Case("two tpms", Tpm(model="tpm-tis"), Unsupported, "one TPM device", (Tpm(model="tpm-crb"),), {}, True),
    Case(
        "two tpm proxies",
        Tpm(model="spapr-tpm-proxy", address=SpaprVioAddress(1)),
        Unsupported,
        "one TPM proxy",
        (Tpm(model="spapr-tpm-proxy"),),
        PSERIES,
        True,
    ),
    Case("tpm 1.2 on Arm", Tpm(model="tpm-tis", version="1.2"), Unsupported, "TPM 1.2 needs", (), ARM),
    Case("tpm 1.2 with crb", Tpm(model="tpm-crb", version="1.2"), Unsupported, "TPM 1.2 needs"),
    Case(
        "two actions",
        Watchdog(model="i6300esb", action="poweroff", address=at(3)),
        Unsupported,
        "this one's is poweroff",
        (Watchdog(model="itco"),),
        {},
        True,
    ),
    Case("two itcos", Watchdog(model="itco"), Unsupported, "one watchdog of", (Watchdog(model="itco"),), {}, True),
    Case("no panic", Panic(), Unsupported, "no default panic device", (), {"machine": "virt", "arch": "riscv64"}),
    Case(
        "transitional keyboard",
        Input(type="keyboard", bus="virtio", model="virtio-transitional", address=at(3)),
        Unsupported,
        "no inputs of model",
    ),
    Case("xen balloon", Memballoon(model="xen"), ValueInvalid, "no memory balloon of model xen"),
]

CASES = [
    pytest.param(case, id=f"{group}: {case.name}")
    for group, cases in {
        "disk": DISKS,
        "host device": HOSTDEVS,
        "address": ADDRESSES,
        "machine": MACHINES_THAT_LACK,
        "character": CHARACTERS,
        "video": VIDEOS,
        "controller": CONTROLLERS,
        "pci": PCI_CONTROLLERS,
        "memory": MEMORIES,
        "domain": DOMAIN,
    }.items()
    for case in cases
]


@pytest.mark.parametrize("case", CASES)
def test_refused_with_place_and_remedy(finish: Any, case: Case) -> None:
    device = msgspec.structs.replace(case.device, line=LINE)
    others = [msgspec.structs.replace(other, line=OTHER_LINE) for other in case.others]
    state = finish(*others, device, **case.guest)
    with pytest.raises(case.error) as caught:
        check_guest(state)
    error = caught.value
    assert case.words in error.message
    assert {error.line, error.other_line} == ({LINE, OTHER_LINE} if case.conflict else {LINE, None})
    assert error.device
    assert error.remedy


@pytest.mark.parametrize(
    ("guest", "words"),
    [
        ({"vcpus": 256}, "256 vCPUs"),
        ({"vcpus": 256, "machine": "pc"}, "256 vCPUs"),
        ({"ps2": True, "machine": "virt", "arch": "aarch64"}, "cannot turn PS/2"),
    ],
)
def test_guest_refused(finish: Any, guest: dict[str, Any], words: str) -> None:
    with pytest.raises(Unsupported, match=words) as caught:
        check_guest(finish(**guest))
    assert caught.value.remedy


ACCEPTED: list[tuple[str, tuple[Device, ...], dict[str, Any]]] = [
    ("many vCPUs", (Iommu(model="intel", intremap=True, eim=True),), {"vcpus": 256}),
    ("many vCPUs elsewhere", (), {"vcpus": 300, **ARM}),
    ("partition zero", (disk("vda0", "virtio", at(3)),), {}),
    ("empty CD", (disk("sda", "sata", drive(), device="cdrom", has_source=False, readonly=True),), {}),
    ("odd name of a CD", (disk("nvme0", "sata", drive(), device="cdrom"),), {}),
    ("read-only scsi", (disk("sda", "scsi", drive(), readonly=True), VIRTIO_SCSI), {}),
    ("large unit", (disk("sda", "scsi", drive(16000, target=9)), VIRTIO_SCSI), {}),
    ("one place, two buses", (disk("sda", "sata", drive()), disk("sdb", "scsi", drive()), VIRTIO_SCSI), {}),
    ("iscsi lun", (disk("sda", "scsi", drive(), device="lun", type="network"), VIRTIO_SCSI), {}),
    ("card reader", (disk("sda", "sd"),), {}),
    ("nowhere", (pci_host(0, UnassignedAddress()), pci_host(1, UnassignedAddress())), {}),
    ("two i6300esb", tuple(Watchdog(model="i6300esb", action="reset", address=at(n)) for n in (3, 4)), {}),
    ("tpm and proxy", (Tpm(model="tpm-spapr"), Tpm(model="spapr-tpm-proxy")), PSERIES),
    ("second qxl", (VGA, Video(model="qxl", address=at(3)), Video(model="virtio", address=at(4))), {}),
    ("shmem on isa", (Panic(model="isa", address=IsaAddress(0x505)),), {}),
    ("sgx", (Memory(model="sgx-epc", size=1024, node=0),), {"cells": (NumaCell(id=0),)}),
    ("virtio-mem takes no slot", tuple(Memory(model="virtio-mem", size=1) for _ in range(3)), ROOM),
    (
        "label and alignment",
        (
            Memory(model="nvdimm", size=524288, label_size=128, align_size=2048, address=DimmAddress(0, 0x100000000)),
            Memory(model="nvdimm", size=524288, label_size=128, align_size=2048, address=DimmAddress(1, 0x11FE00000)),
        ),
        ROOM,
    ),
    ("hole", (Controller(type="pci", index=0, model="pci-root", pcihole64=0, hotplug=False),), PC),
    ("hole on q35", (Controller(type="pci", index=0, model="pcie-root", pcihole64=0),), {}),
    ("ioh3420", (ROOT, port(model_name="ioh3420", hotplug=True, mem_reserve=1)), {}),
    ("host bridges", (phb(0, 0), phb(1, 1, node=0)), PSERIES),
    ("esp", (Controller(type="scsi", index=0, model="ncr53c90"),), {"machine": "SS-5", "arch": "sparc"}),
    ("ccw", (Rng(model="virtio", address=CcwAddress(0xFE, 0, 1)),), S390),
    ("passthrough input", (Input(type="passthrough", bus="virtio", model="virtio", address=at(3)),), {}),
]


@pytest.mark.parametrize(("devices", "guest"), [pytest.param(*rest, id=name) for name, *rest in ACCEPTED])
def test_accepted(finish: Any, devices: tuple[Device, ...], guest: dict[str, Any]) -> None:
    state = finish(*devices, **guest)
    check_guest(state)
    assert not state.journal.warnings
