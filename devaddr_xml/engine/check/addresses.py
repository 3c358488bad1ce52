"""Types of addresses: which a device can have, and what the machine and QEMU can do with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import NoneType

from devaddr_xml.engine.check.refusal import refusal
from devaddr_xml.engine.state import State
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
    address_type,
)
from devaddr_xml.model.device import Device, Hostdev, Interface
from devaddr_xml.model.errors import DevaddrError, Unsupported, ValueInvalid

Types = tuple[type, ...]

NONE: Types = (NoneType,)
DRIVE: Types = (DriveAddress,)
PCI: Types = (PciAddress,)
CCID: Types = (CcidAddress,)
SPAPR_VIO: Types = (SpaprVioAddress,)
ISA_OR_NONE: Types = (IsaAddress, NoneType)
PCI_OR_NONE: Types = (PciAddress, NoneType)
USB_OR_NONE: Types = (UsbAddress, NoneType)
DIMM_OR_NONE: Types = (DimmAddress, NoneType)

DISK_BUSES: dict[str, Types] = {
    "ide": DRIVE,
    "sata": DRIVE,
    "scsi": DRIVE,
    "fdc": DRIVE,
    "nvme": DRIVE,
    "usb": USB_OR_NONE,
}
HOSTDEV_TYPES: dict[str, Types] = {
    "pci": (PciAddress, UnassignedAddress, NoneType),
    "usb": USB_OR_NONE,
    "scsi": (DriveAddress, NoneType),
    "scsi_host": (PciAddress, CcwAddress, NoneType),
}
SERIAL_TYPES: dict[str, Types] = {
    "isa-serial": ISA_OR_NONE,
    "isa-debug": ISA_OR_NONE,
    "pci-serial": PCI_OR_NONE,
    "spapr-vio-serial": (SpaprVioAddress, NoneType),
    "system-serial": NONE,
    "sclp-serial": NONE,
}
MEMORY_MODELS: dict[str, Types] = {
    "dimm": DIMM_OR_NONE,
    "nvdimm": DIMM_OR_NONE,
    "virtio-pmem": PCI_OR_NONE,
    "virtio-mem": (PciAddress, CcwAddress, NoneType),
}
PANIC_MODELS: dict[str, Types] = {
    "isa": ISA_OR_NONE,
    "pvpanic": PCI,
    "hyperv": NONE,
    "pseries": NONE,
    "s390": NONE,
}
WATCHDOG_MODELS: dict[str, Types] = {
    "i6300esb": PCI_OR_NONE,
    "ib700": NONE,
    "diag288": NONE,
    "itco": NONE,
}
VIDEO_MODELS: dict[str, Types] = {"ramfb": NONE}
IOMMU_MODELS: dict[str, Types] = {"virtio": PCI, "amd": PCI}

LARGEST_REGISTER = 0xFFFFFFFF
LARGEST_ZPCI_UID = 0xFFFF


def check_addresses(state: State) -> None:
    """Refuse addresses of a type that the device, the machine or QEMU does not have; raises DevaddrError."""
    _check_types(state.disks, "bus", "bus", DISK_BUSES)
    _check_types(state.serials, "target_type", "target type", SERIAL_TYPES)
    _check_types((device for device in state.hostdevs if type(device) is Hostdev), "type", "type", HOSTDEV_TYPES)
    _check_types(
        (device for device in state.hostdevs if type(device) is Interface), "source_type", "type", HOSTDEV_TYPES
    )
    _check_types(state.memories, "model", "model", MEMORY_MODELS)
    _check_types(state.panics, "model", "model", PANIC_MODELS)
    _check_types(state.watchdogs, "model", "model", WATCHDOG_MODELS)
    _check_types(state.videos, "model", "model", VIDEO_MODELS)
    _check_types(state.iommus, "model", "model", IOMMU_MODELS)
    for smartcard in state.smartcards:
        _check_type(smartcard, CCID, "a smartcard")
    for nvram in state.nvrams:
        _check_type(nvram, SPAPR_VIO, "the NVRAM device")
    for device in state.visit():
        address = device.address
        if address is not None and (look := _LOOKS.get(type(address))) is not None:
            look(state, device)


def _check_types(devices: Iterable[Device], trait: str, word: str, table: Mapping[str, Types]) -> None:
    for device in devices:
        what = getattr(device, trait)
        allowed = table.get(what)
        if allowed is not None and type(device.address) not in allowed:
            raise _wrong_type(device, allowed, f"{word} {what}")


def _check_type(device: Device, allowed: Types, what: str) -> None:
    if type(device.address) not in allowed:
        raise _wrong_type(device, allowed, what)


def _wrong_type(device: Device, allowed: Types, what: str) -> DevaddrError:
    words = " or ".join(_type_word(each) for each in allowed if each is not NoneType)
    if device.address is None:
        message, remedy = f"has no address, and {what} needs one of type {words}", f"Give it an address of type {words}"
    elif words:
        message = f"has an address of type {address_type(device.address)}, and {what} takes {words} only"
        remedy = "Remove the address, and a fitting one is chosen"
    else:
        message = f"has an address of type {address_type(device.address)}, and {what} takes none"
        remedy = "Remove the address"
    return refusal(Unsupported, message, device, remedy=remedy)


def _type_word(address: type) -> str:
    return str(address.__struct_config__.tag)  # type: ignore[attr-defined]


def _look_at_pci(state: State, device: Device) -> None:
    address = device.address
    assert isinstance(address, PciAddress)
    uid = address.zpci_uid
    if uid is None and address.zpci_fid is None:
        return
    if not state.caps.has("zpci"):
        raise refusal(
            Unsupported,
            "has zPCI numbers, and this QEMU has no zPCI",
            device,
            remedy="Remove the zpci element; only s390x guests have it",
        )
    if uid is not None and not 0 < uid <= LARGEST_ZPCI_UID:
        raise refusal(
            ValueInvalid,
            f"zPCI uid 0x{uid:04x} is outside 0x0001 to 0x{LARGEST_ZPCI_UID:04x}",
            device,
            remedy="Leave uid out, and a free one is chosen",
        )


def _look_at_ccw(state: State, device: Device) -> None:
    if not state.machine.ccw:
        raise refusal(
            Unsupported,
            f"has an address of type ccw, and machine {state.machine.name} ({state.machine.arch})"
            " has no channel devices",
            device,
            remedy="Remove the address, and a fitting one is chosen",
        )


def _look_at_register(state: State, device: Device) -> None:
    address = device.address
    assert isinstance(address, SpaprVioAddress)
    if address.reg is not None and address.reg > LARGEST_REGISTER:
        raise refusal(
            ValueInvalid,
            f"spapr-vio register 0x{address.reg:x} is above the largest, 0x{LARGEST_REGISTER:x}",
            device,
            remedy="Leave reg out, and a free one is chosen",
        )


def _look_at_unassigned(state: State, device: Device) -> None:
    if not isinstance(device, Hostdev):
        raise refusal(
            Unsupported,
            "has an address of type unassigned, which only host devices can have",
            device,
            remedy="Remove the address",
        )


_LOOKS: dict[type, Callable[[State, Device], None]] = {
    PciAddress: _look_at_pci,
    CcwAddress: _look_at_ccw,
    SpaprVioAddress: _look_at_register,
    UnassignedAddress: _look_at_unassigned,
}
