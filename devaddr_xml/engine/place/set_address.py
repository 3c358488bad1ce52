"""Setting the address of a device, and writing down why."""

from __future__ import annotations

from devaddr_xml.engine.state import State
from devaddr_xml.model.address import Address, address_type
from devaddr_xml.model.device import Device
from devaddr_xml.model.plan import Cause


def set_address(
    state: State,
    device: Device,
    address: Address,
    rule: str,
    cause: Cause = "default",
    considered: tuple[tuple[str, str], ...] = (),
) -> None:
    """Set the address of ``device`` and note the decision."""
    device.address = address
    state.journal.note(device, f"{address_type(address)} address {address}", rule, cause, considered)
