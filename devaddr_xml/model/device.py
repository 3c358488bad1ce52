"""One class for each kind of device, with the fields that decide where it can go."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from devaddr_xml.model.address import Address, PciAddress
from devaddr_xml.model.hints import Hints


class Device(
    msgspec.Struct,
    kw_only=True,
    omit_defaults=True,
    tag_field="kind",
    rename="kebab",
    gc=False,
    forbid_unknown_fields=True,
    repr_omit_defaults=True,
):
    """The fields of every device. No field refers back to the device, so the garbage collector need not track it.

    model: libvirt's name (of a serial port, the target model); unset until the engine chooses it.
    address: unset if the document has none. alias: the user's alias (``ua-...``). line: of the element, from 1.
    """

    kind: ClassVar[str] = ""

    model: str | None = None
    address: Address | None = None
    alias: str | None = None
    hints: Hints | None = None
    line: int | None = None


class Disk(Device, tag="disk", kw_only=True):
    """A disk: device is disk, cdrom, floppy or lun; target its name; bus as written.

    type: the type of its source. has_source: whether it has one. readonly: whether it has that element. source: where
    its data is, as one text to compare. serial: the serial number that the guest sees.
    """

    kind: ClassVar[str] = "disk"
    device: str = "disk"
    target: str | None = None
    bus: str | None = None
    type: str | None = None
    has_source: bool = True
    readonly: bool = False
    source: str | None = None
    serial: str | None = None


class Controller(Device, tag="controller", kw_only=True):
    """A controller of any type; index from 0, unset until it is chosen.

    ports and vectors belong to virtio-serial and USB; master_startport to USB companions; has_iothread to virtio-scsi;
    serial to NVMe.
    The rest is for PCI controllers: model_name is QEMU's device; chassis_nr 1-255 (pci-bridge), chassis and port
    0-255 (root and downstream ports), bus_nr 1-254 (expanders: the number the guest sees), target_index 0-30
    (pSeries host bridges), hotplug, mem_reserve in KiB, node a guest NUMA cell, pcihole64 in KiB.
    """

    kind: ClassVar[str] = "controller"
    type: str = "ide"
    index: int | None = None
    ports: int | None = None
    vectors: int | None = None
    master_startport: int | None = None
    has_iothread: bool = False
    serial: str | None = None
    model_name: str | None = None
    chassis_nr: int | None = None
    chassis: int | None = None
    port: int | None = None
    bus_nr: int | None = None
    target_index: int | None = None
    hotplug: bool | None = None
    mem_reserve: int | None = None
    node: int | None = None
    pcihole64: int | None = None


class Filesystem(Device, tag="filesystem", kw_only=True):
    """A shared directory; driver is the driver type (path, virtiofs, mtp ...), target its mount tag."""

    kind: ClassVar[str] = "filesystem"
    driver: str | None = None
    target: str | None = None


class HostSource(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="kebab"):
    """The identity of a host device on the host. Each type of host device sets one of these fields.

    pci: its host address. uuid: of a mediated device. key: any other identity as one text to compare (USB vendor,
    product, bus and device; SCSI adapter, bus, target and unit; a WWPN). usb_port: the port of a USB device that is
    named by its bus and port.
    """

    pci: PciAddress | None = None
    uuid: str | None = None
    key: str | None = None
    usb_port: str | None = None


class Interface(Device, tag="interface", kw_only=True):
    """A network interface; type is its ``type=`` (network, user, hostdev, vdpa ...); source only for type hostdev.

    source_type is pci or usb for type hostdev. acpi_index: its ACPI index, from 1. acpi_nodeset: the
    guest NUMA cells to which ACPI assigns it.
    """

    kind: ClassVar[str] = "interface"
    type: str = "user"
    mac: str | None = None
    source: HostSource | None = None
    source_type: str | None = None
    acpi_index: int | None = None
    acpi_nodeset: str | None = None


class Smartcard(Device, tag="smartcard", kw_only=True):
    """A smartcard; mode is host, host-certificates or passthrough."""

    kind: ClassVar[str] = "smartcard"
    mode: str | None = None


class CharacterDevice(Device, kw_only=True):
    """What serial, parallel, console and channel share: target type, port (from 0) and target name."""

    target_type: str | None = None
    port: int | None = None
    name: str | None = None


class Serial(CharacterDevice, tag="serial", kw_only=True):
    """A serial port; its model is the target model (isa-serial, pl011 ...)."""

    kind: ClassVar[str] = "serial"


class Parallel(CharacterDevice, tag="parallel", kw_only=True):
    """A parallel port."""

    kind: ClassVar[str] = "parallel"


class Console(CharacterDevice, tag="console", kw_only=True):
    """A console; the first one of target type serial is another name of the first serial port."""

    kind: ClassVar[str] = "console"


class Channel(CharacterDevice, tag="channel", kw_only=True):
    """A channel between host and guest (target type virtio, guestfwd or xen)."""

    kind: ClassVar[str] = "channel"


class Input(Device, tag="input", kw_only=True):
    """An input device; type is mouse, tablet, keyboard, passthrough or evdev; bus as written."""

    kind: ClassVar[str] = "input"
    type: str = "mouse"
    bus: str | None = None

    @property
    def given_bus(self) -> str | None:
        """The bus; none also for the words that libvirt reads as if there were none."""
        return None if self.bus in ("none", "default") else self.bus


class Tpm(Device, tag="tpm", kw_only=True):
    """A TPM; backend is passthrough, emulator or external; version 1.2 or 2.0 (emulator only)."""

    kind: ClassVar[str] = "tpm"
    backend: str | None = None
    version: str | None = None


class Graphics(Device, tag="graphics", kw_only=True):
    """A graphics server; it has no address, but brings a video device."""

    kind: ClassVar[str] = "graphics"
    type: str = "vnc"


class Sound(Device, tag="sound", kw_only=True):
    """A sound device."""

    kind: ClassVar[str] = "sound"


class Audio(Device, tag="audio", kw_only=True):
    """A host audio back end; it has no address. id from 1."""

    kind: ClassVar[str] = "audio"
    id: int = 1
    type: str = "none"


class Video(Device, tag="video", kw_only=True):
    """A video device; primary puts it first. accel3d: whether it draws in three dimensions."""

    kind: ClassVar[str] = "video"
    primary: bool = False
    accel3d: bool = False


class Hostdev(Device, tag="hostdev", kw_only=True):
    """A device of the host: mode subsystem or capabilities; type pci, usb, scsi, scsi_host or mdev.

    acpi_index: its ACPI index, from 1. acpi_nodeset: the
    guest NUMA cells to which ACPI assigns it.
    """

    kind: ClassVar[str] = "hostdev"
    mode: str = "subsystem"
    type: str | None = None
    source: HostSource | None = None
    acpi_index: int | None = None
    acpi_nodeset: str | None = None


class Redirdev(Device, tag="redirdev", kw_only=True):
    """A redirected device; bus is usb."""

    kind: ClassVar[str] = "redirdev"
    bus: str | None = None


class Hub(Device, tag="hub", kw_only=True):
    """A USB hub with eight ports."""

    kind: ClassVar[str] = "hub"
    type: str = "usb"


class Watchdog(Device, tag="watchdog", kw_only=True):
    """A watchdog and its action."""

    kind: ClassVar[str] = "watchdog"
    action: str | None = None


class Memballoon(Device, tag="memballoon", kw_only=True):
    """The memory balloon; model none means no balloon."""

    kind: ClassVar[str] = "memballoon"


class Rng(Device, tag="rng", kw_only=True):
    """A random number generator."""

    kind: ClassVar[str] = "rng"


class Nvram(Device, tag="nvram", kw_only=True):
    """The pSeries NVRAM device."""

    kind: ClassVar[str] = "nvram"


class Panic(Device, tag="panic", kw_only=True):
    """A panic notifier."""

    kind: ClassVar[str] = "panic"


class Shmem(Device, tag="shmem", kw_only=True):
    """A shared memory device; name is that of its memory on the host."""

    kind: ClassVar[str] = "shmem"
    name: str | None = None


class Memory(Device, tag="memory", kw_only=True):
    """A memory device (dimm, nvdimm, virtio-mem, virtio-pmem, sgx-epc); sizes in KiB, node a guest NUMA cell.

    align_size: to which QEMU rounds the rest of an nvdimm beside its label. base: the address of a virtio memory device
    in guest memory, in bytes.
    """

    kind: ClassVar[str] = "memory"
    node: int | None = None
    size: int | None = None
    label_size: int | None = None
    align_size: int | None = None
    base: int | None = None


class Crypto(Device, tag="crypto", kw_only=True):
    """A crypto device."""

    kind: ClassVar[str] = "crypto"


#: The model of IOMMU that serves the bus of one PCI controller.
SMMU = "smmuv3"


class Iommu(Device, tag="iommu", kw_only=True):
    """A virtual IOMMU and the options that many vCPUs need.

    pci_bus: the index of the PCI controller that it serves (smmuv3), from 0.
    """

    kind: ClassVar[str] = "iommu"
    intremap: bool | None = None
    eim: bool | None = None
    xtsup: bool | None = None
    pci_bus: int | None = None


class Vsock(Device, tag="vsock", kw_only=True):
    """A vsock device."""

    kind: ClassVar[str] = "vsock"


class Pstore(Device, tag="pstore", kw_only=True):
    """A persistent store for crash logs."""

    kind: ClassVar[str] = "pstore"


AnyDevice = (
    Disk
    | Controller
    | Filesystem
    | Interface
    | Smartcard
    | Serial
    | Parallel
    | Console
    | Channel
    | Input
    | Tpm
    | Graphics
    | Sound
    | Audio
    | Video
    | Hostdev
    | Redirdev
    | Hub
    | Watchdog
    | Memballoon
    | Rng
    | Nvram
    | Panic
    | Shmem
    | Memory
    | Crypto
    | Iommu
    | Vsock
    | Pstore
)
