"""Disks: their names, and which kind of disk can be on which bus."""

from __future__ import annotations

import msgspec

from devaddr_xml.buses.disk_name import NVME, split_name
from devaddr_xml.engine.check.refusal import refusal
from devaddr_xml.engine.state import State
from devaddr_xml.model.device import Disk
from devaddr_xml.model.errors import AddressConflict, Unsupported, ValueInvalid

#: Prefixes of the names of hard disks.
HARD_DISK_NAMES = ("hd", "sd", "vd", "xvd", "ubd")
FLOPPY_NAME = "fd"

TRANSITIONAL = frozenset(("virtio-transitional", "virtio-non-transitional"))

#: Buses that QEMU's machines do not have.
FOREIGN_BUSES = frozenset(("xen", "uml"))
#: Buses whose hard disks cannot be read-only.
ALWAYS_WRITABLE_BUSES = frozenset(("ide", "sata"))
#: Buses whose commands a SCSI device of the host accepts.
LUN_BUSES = frozenset(("scsi", "virtio"))
#: Types of source that are not a SCSI device.
NO_LUN_SOURCES = frozenset(("file", "dir", "nvme", "vhostuser", "vhostvdpa"))


class Misplacement(msgspec.Struct, frozen=True):
    """A kind of disk that a bus does not accept: what is wrong, and what helps."""

    message: str
    remedy: str


#: Buses that accept no CD-ROM drive.
CDROM_BUSES = {
    "virtio": Misplacement("a CD-ROM drive cannot be on bus virtio", "Use bus sata, scsi or usb, or device='disk'"),
    "sd": Misplacement("a CD-ROM drive cannot be on bus sd", "Use bus sata, scsi or usb"),
}


def check_disks(state: State) -> None:
    """Refuse disks whose name, kind and bus do not match, and names used twice; raises DevaddrError."""
    named: dict[str, Disk] = {}
    beginnings = HARD_DISK_NAMES if ("disk", "bus", NVME) in state.rules.unknown_words else (*HARD_DISK_NAMES, NVME)
    for disk in state.disks:
        name = disk.target
        if not name:
            raise refusal(ValueInvalid, "the disk has no target name", disk, remedy="Write <target dev='...'/>")
        other = named.setdefault(name, disk)
        if other is not disk:
            raise refusal(
                AddressConflict,
                f"target name {name} is used twice",
                disk,
                other=other,
                remedy="Give each disk a name of its own",
            )
        _check_name(disk, name, beginnings)
        _check_bus(state, disk)
        if disk.device == "lun":
            _check_lun(disk)


def _check_name(disk: Disk, name: str, known: tuple[str, ...]) -> None:
    """known: prefixes of names of hard disks."""
    beginning = FLOPPY_NAME if disk.device == "floppy" else known
    if disk.device != "cdrom" and not name.startswith(beginning):
        beginnings = FLOPPY_NAME if disk.device == "floppy" else ", ".join(known)
        raise refusal(
            ValueInvalid,
            f"the name of a device of kind {disk.device} begins with {beginnings}, and {name} does not",
            disk,
            remedy="Change target dev",
        )
    if name[-1].isdigit():
        parts = split_name(name)
        if parts is not None and parts[2].strip("0"):
            raise refusal(
                ValueInvalid,
                f"target name {name} is that of a partition, and a disk has none of its own",
                disk,
                remedy=f"Remove the digits {parts[2]}",
            )


def _check_bus(state: State, disk: Disk) -> None:
    bus = disk.bus
    wrong: Misplacement | None = None
    if bus in FOREIGN_BUSES:
        wrong = Misplacement(f"QEMU has no disks on bus {bus}", "Use bus virtio, scsi, sata or usb")
    elif (disk.device == "floppy") != (bus == "fdc"):
        wrong = Misplacement(
            f"device {disk.device} on bus {bus}: floppies, and nothing else, are on bus fdc",
            "Use bus fdc for a floppy, and another bus for any other disk",
        )
    elif disk.device == "cdrom":
        wrong = CDROM_BUSES.get(bus or "")
    elif disk.readonly and bus in ALWAYS_WRITABLE_BUSES and disk.device == "disk":
        wrong = Misplacement(f"a hard disk on bus {bus} cannot be read-only", "Remove <readonly/>, or use bus virtio")
    if wrong is None and bus == "usb" and state.rules.usb_storage_by_qemu and not state.caps.has("usb-storage"):
        wrong = Misplacement("this QEMU has no disks on bus usb", "Use bus scsi or virtio")
    if wrong is None and bus == "fdc" and state.rules.floppies_by_machine and not state.machine.floppies:
        wrong = Misplacement(f"machine {state.machine.name} has no floppy controller", "Remove the floppy")
    if (
        wrong is None
        and bus == "usb"
        and not disk.has_source
        and not (state.rules.empty_usb_cdroms and disk.device == "cdrom")
    ):
        wrong = Misplacement("a disk on bus usb cannot be empty", "Add a source, or use bus sata or scsi")
    if wrong is None and disk.model in TRANSITIONAL and bus != "virtio":
        wrong = Misplacement(f"model {disk.model} is for bus virtio, and the disk is on bus {bus}", "Remove the model")
    if wrong is not None:
        raise refusal(Unsupported, wrong.message, disk, remedy=wrong.remedy)


def _check_lun(disk: Disk) -> None:
    message: str | None = None
    if disk.bus not in LUN_BUSES:
        message = f"device lun needs bus scsi or virtio, and this one is on bus {disk.bus}"
    elif disk.type in NO_LUN_SOURCES:
        message = f"device lun needs a block device of the host or iSCSI, and the source is of type {disk.type}"
    if message is not None:
        raise refusal(Unsupported, message, disk, remedy="Use device='disk', or bus scsi")
