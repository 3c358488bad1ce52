"""Drive addresses: the limits of the controllers of each bus, and places used twice."""

from __future__ import annotations

import msgspec

from devaddr_xml.engine.check.refusal import refusal
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import DriveAddress
from devaddr_xml.model.device import Device, Disk, Hostdev
from devaddr_xml.model.errors import AddressConflict, PlacementError


class Limits(msgspec.Struct, frozen=True):
    """The largest numbers of a drive address on one kind of controller; None is no limit."""

    controller: int | None = None
    bus: int | None = None
    target: int | None = None


#: By the bus of the disk. Only the names of disks limit the units.
LIMITS: dict[str, Limits] = {
    "scsi": Limits(bus=0),
    "ide": Limits(controller=0, target=0),
    "sata": Limits(bus=0, target=0),
    "nvme": Limits(bus=0, target=0),
    "fdc": Limits(controller=0, bus=0, target=0),
}

#: Largest target on a SCSI controller, by its model.
SCSI_TARGETS = {"lsilogic": 0}
SCSI_TARGETS_OF_OLD_QEMU = 7
SCSI_TARGETS_ABILITY = "scsi-disk.channel"

REMEDIES = {
    "ide": "The machine has one IDE controller for four disks, hda to hdd; put further disks on another bus",
    "fdc": "The machine has one floppy controller for two drives, fda and fdb",
}
FREE_PLACE = "Leave the address out, or choose a free one"


def check_drives(state: State) -> None:
    """Refuse drive addresses beyond a controller's limits, and places used twice.

    Raises PlacementError and AddressConflict.
    """
    places: dict[tuple[str, DriveAddress], Device] = {}
    models = {controller.index: controller.model for controller in state.controllers if controller.type == "scsi"}
    for disk in state.disks:
        bus = disk.bus or ""
        if bus in LIMITS and isinstance(disk.address, DriveAddress):
            _check_place(state, disk, bus, disk.address, places, models)
    for hostdev in state.hostdevs:
        if isinstance(hostdev, Hostdev) and hostdev.type == "scsi" and isinstance(hostdev.address, DriveAddress):
            _check_place(state, hostdev, "scsi", hostdev.address, places, models)


def _check_place(
    state: State,
    device: Disk | Hostdev,
    bus: str,
    address: DriveAddress,
    places: dict[tuple[str, DriveAddress], Device],
    models: dict[int | None, str | None],
) -> None:
    limits = LIMITS[bus]
    if limits.controller is not None and address.controller > limits.controller:
        raise _beyond(device, bus, "controller", address.controller, limits.controller)
    if limits.bus is not None and address.bus > limits.bus:
        raise _beyond(device, bus, "bus", address.bus, limits.bus)
    if limits.target is not None and address.target > limits.target:
        raise _beyond(device, bus, "target", address.target, limits.target)
    if bus == "scsi" and address.target:
        model = models.get(address.controller)
        largest = SCSI_TARGETS.get(model or "")
        if largest is None and not state.caps.has(SCSI_TARGETS_ABILITY):
            largest = SCSI_TARGETS_OF_OLD_QEMU
        if largest is not None and address.target > largest:
            raise _beyond(device, f"scsi ({model})", "target", address.target, largest)
    other = places.setdefault((bus, address), device)
    if other is not device:
        raise refusal(
            AddressConflict,
            f"{address} of bus {bus} is used twice",
            device,
            other=other,
            remedy=FREE_PLACE,
        )


def _beyond(device: Device, bus: str, number: str, given: int, largest: int) -> PlacementError:
    return refusal(
        PlacementError,
        f"its drive address has {number} {given}, and bus {bus} has none above {largest}",
        device,
        remedy=REMEDIES.get(bus, FREE_PLACE),
    )
