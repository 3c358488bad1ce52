"""Types of addresses: which a device can have, and what the machine and QEMU can do with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import NoneType
from typing import get_args

from devaddr_xml.engine.check.refusal import refusal
from devaddr_xml.engine.place.usb import usb_devices
from devaddr_xml.engine.state import State
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
    VirtioSerialAddress,
    address_type,
)
from devaddr_xml.model.device import Device, Disk, Hostdev
from devaddr_xml.model.errors import DevaddrError, Unsupported, ValueInvalid
from devaddr_xml.model.kind_rows import KINDS
from devaddr_xml.model.kinds import ANY

Types = tuple[type, ...]

#: The types of addresses, by their names in the registry.
_TYPES: dict[str, type] = {str(each.__struct_config__.tag): each for each in get_args(Address)} | {"none": NoneType}

#: By class of device, the field that decides, and the types that are accepted for each value of it.
_TAKEN: dict[type[Device], tuple[str, dict[str, Types]]] = {
    kind.device: (
        kind.addresses_by,
        {value: tuple([_TYPES[word] for word in words.split()]) for value, words in kind.addresses.items()},
    )
    for kind in KINDS
    if kind.addresses
}

#: Types of addresses that are on no bus of PCI or of the machine.
_OTHER_BUSES = frozenset((CcidAddress, DimmAddress, DriveAddress, IsaAddress, UsbAddress, VirtioSerialAddress))
LARGEST_REGISTER = 0xFFFFFFFF
LARGEST_ZPCI_UID = 0xFFFF


def check_addresses(state: State) -> None:
    """Refuse addresses of a type that the device, the machine or QEMU does not have; raises DevaddrError."""
    for kind, (field, taken) in _TAKEN.items():
        for device in state.of(kind):
            if type(device) is kind:
                _check_type(device, field, taken)
    for card in (*state.interfaces, *state.hostdevs):
        if card.acpi_index is not None and not isinstance(card.address, PciAddress | NoneType):
            raise refusal(
                Unsupported,
                f"has an ACPI index, which only PCI devices have, but an address of type {address_type(card.address)}",
                card,
                remedy="Remove <acpi index=...>",
            )
    elsewhere: list[Device] = []
    for device in state.visit():
        address = device.address
        if address is None:
            continue
        if (look := _LOOKS.get(type(address))) is not None:
            look(state, device)
        elif type(address) in _OTHER_BUSES and type(device) is not Disk:
            elsewhere.append(device)
    _warn_of_other_buses(state, elsewhere)


def _warn_of_other_buses(state: State, elsewhere: list[Device]) -> None:
    """Warn of PCI and USB devices with the address of another bus, which libvirt takes as it is."""
    connector = state.connector() if elsewhere else None
    for device in elsewhere:
        if connector is not None and connector.flags(device):
            _warn_of_bus(state, device, "PCI")
    for device in usb_devices(state):
        if type(device.address) is not UsbAddress:
            _warn_of_bus(state, device, "USB")


def _warn_of_bus(state: State, device: Device, bus: str) -> None:
    if device.address is None:
        return
    kind = address_type(device.address)
    state.journal.warn(
        f"is on {bus}, and has an address of type {kind}: libvirt takes it, and QEMU does not find the device's bus",
        device,
        remedy="Remove the address, so that a suitable one is chosen",
    )


def _check_type(device: Device, field: str, taken: Mapping[str, Types]) -> None:
    what = getattr(device, field)
    allowed = taken.get(what, taken.get(ANY))
    if allowed is not None and type(device.address) not in allowed:
        word = "type" if field == "source_type" else field.replace("_", " ")
        raise _wrong_type(device, allowed, f"a {device.kind}" if ANY in taken else f"{word} {what}")


def _wrong_type(device: Device, allowed: Types, what: str) -> DevaddrError:
    words = " or ".join(_type_word(each) for each in allowed if each is not NoneType)
    if device.address is None:
        message, remedy = f"has no address, and {what} needs one of type {words}", f"Give it an address of type {words}"
    elif words:
        message = f"has an address of type {address_type(device.address)}, and {what} takes {words} only"
        remedy = "Remove the address, so that a suitable one is chosen"
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
            remedy="Remove the address, so that a suitable one is chosen",
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
