"""SCSI controllers for SCSI host devices. libvirt adds them first, and checks for them again at the end."""

from __future__ import annotations

from devaddr_xml.engine.state import State
from devaddr_xml.model.address import DriveAddress
from devaddr_xml.model.device import Controller, Device, Hostdev
from devaddr_xml.model.errors import PlacementError
from devaddr_xml.model.events import Rule
from devaddr_xml.model.naming import label

#: More controllers of one type than a guest has PCI slots for.
MOST_CONTROLLERS = 256 * 31


def add_scsi_controllers(state: State, *, together: bool = False) -> None:
    """Add the SCSI controllers, from index 0 up, that SCSI host devices need; a device without an address needs 0.

    A new controller has the model of the controller with the highest index so far. libvirt looks this up for each host
    device in turn when it reads a document; with together, it looks it up once before it adds any controller.
    If the policy sets the number of disks on a SCSI controller, a new one has the model of controller 0 instead.
    """
    counted = state.tunables.counted_units is not None
    first = state.controller("scsi", 0) if counted else None
    highest, model, first_missing = -1, first.model if first is not None else None, 0
    for hostdev in state.hostdevs:
        if not isinstance(hostdev, Hostdev) or hostdev.type != "scsi":
            continue
        index = hostdev.address.controller if isinstance(hostdev.address, DriveAddress) else 0
        if index <= highest:
            continue
        check_controller_count(index, hostdev)
        highest = index
        known = state.controller("scsi", index)
        if known is not None and known.model is not None and not counted:
            model = known.model
        if not together:
            ensure_controllers(state, "scsi", range(first_missing, index + 1), Rule.FOR_SCSI_HOST_DEVICES, model)
            first_missing = index + 1
    ensure_controllers(state, "scsi", range(first_missing, highest + 1), Rule.FOR_SCSI_HOST_DEVICES, model)


def ensure_controllers(state: State, type: str, indexes: range, rule: Rule, model: str | None = None) -> None:
    """Add a controller of that type, with that model, for each index without one."""
    for index in indexes:
        if state.controller(type, index) is None:
            state.add_controller(Controller(type=type, index=index, model=model), rule)


def check_controller_count(index: int, device: Device) -> None:
    """Raise PlacementError if ``index`` means more controllers than a guest can have."""
    if index >= MOST_CONTROLLERS:
        raise PlacementError(
            f"controller {index} does not exist and can't be added: no guest has places for that many",
            device=label(device),
            line=device.line,
            remedy="Use a lower controller number",
        )
