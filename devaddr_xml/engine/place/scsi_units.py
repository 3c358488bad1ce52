"""SCSI disks with the tunable ``scsi-units``: the number of disks on a controller before the next one is added."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from devaddr_xml.buses.drive import QEMU_SCSI_LIMITS, DriveBus
from devaddr_xml.engine.complete.scsi_hosts import check_controller_count
from devaddr_xml.engine.place.set_address import set_address
from devaddr_xml.engine.state import State
from devaddr_xml.machines.machine import first_possible
from devaddr_xml.model.address import DriveAddress
from devaddr_xml.model.device import Controller, Disk, Hostdev
from devaddr_xml.model.errors import HintError
from devaddr_xml.model.events import Considered, Obstacle, Rule
from devaddr_xml.model.naming import label


def place_counted_disks(
    state: State, disks: Sequence[tuple[int, Disk]], hostdevs: Iterable[Hostdev], units: int
) -> None:
    """Give each disk its place, and add missing controllers with the model of controller 0.

    disks: those without an address, each with the number of its name (from 0). units: disks on a controller, 1-255.
    Units that a controller uses itself, and places of other devices, are skipped. A disk gets the place of its own name
    if that is free, whatever the other disks do, so a new disk moves no other.
    Raises HintError if a controller's model has fewer units, AddressConflict if two devices have the same place.
    """
    bus = _bus(state, units)
    scsi_disks = [disk for disk in state.disks if disk.bus == "scsi"]
    for device in (*scsi_disks, *hostdevs):
        if isinstance(device.address, DriveAddress):
            bus.reserve(device.address, device)
    displaced = []
    for number, disk in disks:
        place = _place(bus, number, disk, units)
        if bus.holder(place) is None:
            bus.reserve(place, disk)
            set_address(state, disk, place, Rule.COUNTED_PLACE, "policy")
        else:
            displaced.append((number, disk))
    _place_displaced(state, bus, sorted(displaced, key=lambda pair: pair[0]), units)
    _add_controllers(state, scsi_disks)


def _bus(state: State, units: int) -> DriveBus:
    default = first_possible(state.machine.scsi_models, state.caps, state.rules)
    models = {
        controller.index: default if controller.model in (None, "auto") else controller.model
        for controller in state.controllers
        if controller.type == "scsi" and controller.index is not None
    }
    return DriveBus("scsi", models, disks=units, limits=QEMU_SCSI_LIMITS, new_model=models.get(0, default))


def _place(bus: DriveBus, number: int, disk: Disk, units: int) -> DriveAddress:
    place = bus.place(number)
    if place is not None:
        return place
    controller = number // units
    model = bus.model(controller)
    limits = QEMU_SCSI_LIMITS[model]
    usable = next(count for count in range(units) if limits.unit(count) is None)
    raise HintError(
        f"scsi-units={units} makes it disk {number % units + 1} of SCSI controller {controller}, "
        f"but a controller of model {model} takes only {usable}",
        device=label(disk),
        line=disk.line,
        remedy=f"Set scsi-units to {usable} or less, or give SCSI controller {controller} the model virtio-scsi",
    )


def _place_displaced(state: State, bus: DriveBus, displaced: list[tuple[int, Disk]], units: int) -> None:
    """The disks come by number, so a place that is in use for one of them is in use for the later ones."""
    cursor = 0
    for number, disk in displaced:
        own = _place(bus, number, disk, units)
        holder = bus.holder(own)
        assert holder is not None
        cursor = max(cursor, number)
        while bus.holder(place := _place(bus, cursor, disk, units)) is not None:
            cursor += 1
        bus.reserve(place, disk)
        set_address(state, disk, place, Rule.NEXT_PLACE, "policy", (Considered(own, Obstacle.HELD, label(holder)),))


def _add_controllers(state: State, disks: Iterable[Disk]) -> None:
    first = state.controller("scsi", 0)
    model = first.model if first is not None else None
    made = 0
    for disk in disks:
        if not isinstance(disk.address, DriveAddress):
            continue
        check_controller_count(disk.address.controller, disk)
        for index in range(made, disk.address.controller + 1):
            if state.controller("scsi", index) is None:
                state.add_controller(
                    Controller(type="scsi", index=index, model=model), Rule.LIKE_CONTROLLER_0, "policy"
                )
        made = max(made, disk.address.controller + 1)
