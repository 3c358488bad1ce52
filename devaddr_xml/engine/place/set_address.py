"""Setting the address of a device, and writing down why."""

from __future__ import annotations

from devaddr_xml.engine.state import State
from devaddr_xml.model.address import Address
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
