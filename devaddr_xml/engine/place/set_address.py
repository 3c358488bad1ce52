"""Set the address of a device, and write down why."""

from __future__ import annotations

from devaddr_xml.engine.state import State
from devaddr_xml.model.address import Address, address_type
from devaddr_xml.model.device import Device
from devaddr_xml.model.events import Cause, Considered, Rule


def set_address(
    state: State,
    device: Device,
    address: Address,
    rule: Rule,
    cause: Cause = "default",
    considered: tuple[Considered, ...] = (),
) -> None:
    """Set the address of ``device`` and note the decision."""
    device.address = address
    state.journal.note(device, address, rule, cause, considered)


def warn_of_other_bus(state: State, device: Device, where: str) -> None:
    """Warn that a device with an address of another kind of bus gets a new address."""
    if device.address is not None:
        state.journal.warn(
            f"its address of type {address_type(device.address)} is replaced, because the device is {where}",
            device,
            remedy="Remove the address, or choose another model",
        )
