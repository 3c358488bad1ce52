"""Places on disk controllers: disks by their names, SCSI host devices in the lowest free places."""

from __future__ import annotations

from devaddr_xml.buses.disk_name import NVME, disk_number, nvme_place
from devaddr_xml.buses.drive import GEOMETRIES, DriveBus, named_place
from devaddr_xml.buses.places import conflict
from devaddr_xml.engine.place.set_address import set_address
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import DriveAddress
from devaddr_xml.model.device import Device, Disk, Hostdev
from devaddr_xml.model.errors import ValueInvalid
from devaddr_xml.model.events import Rule
from devaddr_xml.model.naming import label

#: Namespaces of an NVMe controller.
MOST_NAMESPACES = GEOMETRIES[NVME].units


def place_disks(state: State) -> None:
    """Give disks on drive buses the places of their names. Every disk has a bus at this point.

    Raises ValueInvalid for a name without a number, AddressConflict for a place that a SCSI host device has.
    """
    if not state.rules.grows:
        from devaddr_xml.engine.hotplug.scsi import plug_scsi

        plug_scsi(state)
    host_places = {hostdev.address: hostdev for hostdev in scsi_hostdevs(state) if hostdev.address is not None}
    units = state.tunables.counted_units
    counted: list[tuple[int, Disk]] = []
    for disk in state.disks:
        if disk.address is not None or disk.target is None or disk.bus is None:
            continue
        if disk.bus == NVME:
            set_address(state, disk, _namespace(disk), Rule.PLACE_OF_NAME)
            continue
        number = _number(disk)
        if disk.bus == "scsi" and units is not None:
            counted.append((number, disk))
        elif (place := named_place(disk.bus, number)) is not None:
            if disk.bus == "scsi" and (hostdev := host_places.get(place)) is not None:
                raise _named_place_taken(disk, place, hostdev)
            set_address(state, disk, place, Rule.PLACE_OF_NAME)
    if units is not None:
        from devaddr_xml.engine.place.scsi_units import place_counted_disks

        place_counted_disks(state, counted, scsi_hostdevs(state), units)


def place_scsi_hostdevs(state: State) -> None:
    """Give SCSI host devices without an address the lowest free units, on existing or future controllers.

    This comes before the default models, since a controller without a model sets no limits.
    Raises AddressConflict for a host device in the place of a SCSI disk.
    """
    hostdevs = scsi_hostdevs(state)
    if not hostdevs:
        return
    models = {c.index: c.model for c in state.controllers if c.type == "scsi" and c.index is not None}
    counted = state.tunables.counted_units is not None
    bus = DriveBus("scsi", models, new_model=models.get(0) if counted else None, growing=True)
    for device in (*(disk for disk in state.disks if disk.bus == "scsi"), *hostdevs):
        if not isinstance(device.address, DriveAddress):
            continue
        holder = bus.holder(device.address)
        if holder is None:
            bus.reserve(device.address, device)
        elif isinstance(holder, Disk) and isinstance(device, Hostdev):
            raise conflict(f"the place at {device.address}", device, holder)
    for hostdev in hostdevs:
        if hostdev.address is None and (place := bus.next_free()) is not None:
            bus.reserve(place, hostdev)
            set_address(state, hostdev, place, Rule.FIRST_FREE_UNIT)


def scsi_hostdevs(state: State) -> list[Hostdev]:
    """The SCSI host devices, in their order."""
    return [device for device in state.hostdevs if isinstance(device, Hostdev) and device.type == "scsi"]


def _namespace(disk: Disk) -> DriveAddress:
    place = nvme_place(disk.target)
    if place is None or not 1 <= place[1] <= MOST_NAMESPACES:
        raise ValueInvalid(
            f"the target name '{disk.target}' does not name a namespace of an NVMe controller",
            device=label(disk),
            line=disk.line,
            remedy=f"Use a name such as nvme0n1; a controller has namespaces 1 to {MOST_NAMESPACES}",
        )
    return DriveAddress(place[0], 0, 0, place[1] - 1)


def _number(disk: Disk) -> int:
    number = disk_number(disk.target)
    if number is None:
        raise ValueInvalid(
            f"the target name '{disk.target}' gives no place, and the disk has no address",
            device=label(disk),
            line=disk.line,
            remedy="Use a name such as sda, vdb or hdc, or give the disk an address",
        )
    return number


def _named_place_taken(disk: Disk, place: DriveAddress, hostdev: Device) -> Exception:
    return conflict(
        f"the place that its target name means ({place})",
        disk,
        hostdev,
        "Give the disk another target name, or the host device another address or none",
    )
