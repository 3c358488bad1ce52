"""SCSI disks and host devices that are plugged into a running guest, on the controllers that it has."""

from __future__ import annotations

from collections.abc import Iterator

from devaddr_xml.buses.disk_name import disk_number
from devaddr_xml.buses.drive import GEOMETRIES, NO_LIMITS, QEMU_SCSI_LIMITS
from devaddr_xml.engine.place.set_address import set_address
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import DriveAddress
from devaddr_xml.model.device import Device, Disk, Hostdev
from devaddr_xml.model.errors import PlacementError
from devaddr_xml.model.events import Considered, Obstacle, Rule
from devaddr_xml.model.naming import label

#: Units that are offered on a controller of which no limit is known.
_COMMON_UNITS = GEOMETRIES["scsi"].units


def plug_scsi(state: State) -> None:
    """Give SCSI disks and host devices without address free units of controllers that there are.

    A disk gets the place that its target name means where that is free. Raises PlacementError when all are taken.
    """
    waiting: list[Device] = [*(disk for disk in state.disks if disk.bus == "scsi"), *_hostdevs(state)]
    owners: dict[DriveAddress, Device] = {
        device.address: device for device in waiting if isinstance(device.address, DriveAddress)
    }
    waiting = [device for device in waiting if device.address is None]
    models = _usable(state)
    for device in waiting:
        considered: tuple[Considered, ...] = ()
        place, rule = None, Rule.FREE_PLACE_OF_NAME
        if isinstance(device, Disk) and (named := _named(state, device)) is not None:
            problem = _problem(named, models, owners)
            considered = (problem,) if problem else ()
            place = None if problem else named
        if place is None:
            place, rule = _lowest_free(models, owners), Rule.FREE_UNIT
        if place is None:
            raise _full(device, models, owners)
        owners[place] = device
        set_address(state, device, place, rule, "default", considered)


def _usable(state: State) -> dict[int, str | None]:
    """The models of the controllers by index, up to the first gap: a disk beyond one would bring what is missing."""
    models = {c.index: c.model for c in state.controllers if c.type == "scsi" and c.index is not None}
    usable: dict[int, str | None] = {}
    while (index := len(usable)) in models:
        usable[index] = models[index]
    return usable


def _hostdevs(state: State) -> Iterator[Hostdev]:
    for device in state.hostdevs:
        if isinstance(device, Hostdev) and device.type == "scsi":
            yield device


def _named(state: State, disk: Disk) -> DriveAddress | None:
    """The place that the name of the disk means."""
    number = disk_number(disk.target)
    if number is None:
        return None
    units = state.tunables.counted_units
    controller, unit = divmod(number, units or GEOMETRIES["scsi"].units)
    return DriveAddress(controller, 0, 0, unit)


def _problem(
    place: DriveAddress, models: dict[int, str | None], owners: dict[DriveAddress, Device]
) -> Considered | None:
    """Why the place is out; none if it is not."""
    if place.controller not in models:
        return Considered(place, Obstacle.NO_CONTROLLER, str(place.controller))
    if (holder := owners.get(place)) is not None:
        return Considered(place, Obstacle.HELD, label(holder))
    if place.unit not in _units(models[place.controller]):
        return Considered(place, Obstacle.NO_UNIT, f"a controller of model {models[place.controller]}")
    return None


def _units(model: str | None) -> range | list[int]:
    """The units of a controller model."""
    limits = QEMU_SCSI_LIMITS.get(model, NO_LIMITS)
    if limits.highest is None:
        return range(_COMMON_UNITS)
    units = range(limits.highest + 1)
    return units if limits.reserved is None else [unit for unit in units if unit != limits.reserved]


def _lowest_free(models: dict[int, str | None], owners: dict[DriveAddress, Device]) -> DriveAddress | None:
    for index in sorted(models):
        for unit in _units(models[index]):
            if (place := DriveAddress(index, 0, 0, unit)) not in owners:
                return place
    return None


def _full(device: Device, models: dict[int, str | None], owners: dict[DriveAddress, Device]) -> PlacementError:
    counts = [
        f"controller scsi.{index} ({models[index]}) has {len(_units(models[index]))} units, all in use"
        for index in sorted(models)
    ]
    return PlacementError(
        f"no SCSI unit is free: {'; '.join(counts) or 'the running guest has no SCSI controller'}",
        device=label(device),
        line=device.line,
        remedy=f"Attach a <controller type='scsi' index='{max(models, default=-1) + 1}' model='virtio-scsi'/> along "
        "with it, or attach it without --live",
    )
