"""Registers of devices on the pSeries virtual I/O bus."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from devaddr_xml.buses.spapr_vio import SpaprVioRegisters
from devaddr_xml.engine.place.set_address import set_address, warn_of_other_bus
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import PciAddress, SpaprVioAddress
from devaddr_xml.model.device import Controller, Device, Interface, Nvram, Serial, Tpm
from devaddr_xml.model.errors import PlacementError
from devaddr_xml.model.events import Rule
from devaddr_xml.model.naming import label


class Row(msgspec.Struct, frozen=True):
    """The devices of one list that can be on the bus: which of them always are, and their first register."""

    devices: Callable[[State], Iterable[Device]]
    always: Callable[[State, Device], bool]
    first: int


def _is_network_card(state: State, device: Device) -> bool:
    return isinstance(device, Interface) and device.model == "spapr-vlan"


def _is_scsi_controller(state: State, device: Device) -> bool:
    return isinstance(device, Controller) and device.type == "scsi" and device.model == "ibmvscsi"


def _is_serial_port(state: State, device: Device) -> bool:
    return isinstance(device, Serial) and device.target_type == "spapr-vio-serial"


def _is_nvram(state: State, device: Device) -> bool:
    return state.machine.spapr_vio


def _is_tpm(state: State, device: Device) -> bool:
    return state.machine.spapr_vio and isinstance(device, Tpm) and device.model != "spapr-tpm-proxy"


ROWS = (
    Row(lambda state: state.interfaces, _is_network_card, 0x1000),
    Row(lambda state: state.controllers, _is_scsi_controller, 0x2000),
    Row(lambda state: state.serials, _is_serial_port, 0x30000000),
    Row(lambda state: state.of(Nvram), _is_nvram, 0x3000),
    Row(lambda state: state.of(Tpm), _is_tpm, 0x4000),
)


def place_registers(state: State) -> None:
    """Put the devices that belong there on the virtual I/O bus, and give each device without a register a free one.

    The model decides, not the machine: on any machine a controller of model ibmvscsi is such a device.
    Raises AddressConflict for a register that two devices have.
    """
    registers = SpaprVioRegisters()
    for device in state.visit():
        if isinstance(device.address, SpaprVioAddress) and device.address.reg is not None:
            registers.reserve(device.address, device)
    for row in ROWS:
        for device in row.devices(state):
            if row.always(state, device) and not isinstance(device.address, SpaprVioAddress):
                warn_of_other_bus(state, device, "on the virtual I/O bus")
                device.address = _converted(device)
                if device.address.reg is not None:
                    registers.reserve(device.address, device)
            if isinstance(device.address, SpaprVioAddress) and device.address.reg is None:
                _give_register(state, device, registers, row.first)
    if registers.used_count() and not state.machine.spapr_vio:
        _warn_of_absent_bus(state)


def _warn_of_absent_bus(state: State) -> None:
    """Warn of devices on this bus if the machine does not have it: libvirt accepts them, but QEMU does not start."""
    for device in state.visit():
        if isinstance(device.address, SpaprVioAddress):
            state.journal.warn(
                f"it is on the virtual I/O bus of pSeries guests, and machine {state.machine.name}"
                f" ({state.machine.arch}) has none, so QEMU cannot start the guest",
                device,
                remedy="Choose another model, such as virtio",
            )


def _give_register(state: State, device: Device, registers: SpaprVioRegisters, first: int) -> None:
    place = registers.next_free(first)
    if place is None:
        raise PlacementError("no spapr-vio register is left for it", device=label(device), line=device.line)
    registers.reserve(place, device)
    set_address(state, device, place, Rule.FIRST_FREE_REGISTER)


def _converted(device: Device) -> SpaprVioAddress:
    """The address of a device that is always on this bus, whatever address the document has.

    libvirt reads the numbers of a PCI address with a slot as a register.
    """
    if isinstance(device.address, PciAddress) and device.address.slot:
        return SpaprVioAddress(device.address.domain + (device.address.bus << 32))
    return SpaprVioAddress()
