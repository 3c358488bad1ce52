"""First pass: put the devices into libvirt's lists, in the order in which libvirt reads a document."""

from __future__ import annotations

from devaddr_xml.buses.disk_name import disk_number
from devaddr_xml.engine.check.parse_checks import refuse_unreadable
from devaddr_xml.engine.complete.scsi_hosts import add_scsi_controllers
from devaddr_xml.engine.state import State
from devaddr_xml.model.device import (
    Disk,
    Parallel,
)
from devaddr_xml.model.spelling import interface_model
from devaddr_xml.model.usb2 import COMPANION_START
from devaddr_xml.model.version import Version, dotted


def gather(state: State) -> None:
    """Fill the lists of ``state`` from its guest's devices; raises DevaddrError if libvirt refuses to read a device."""
    _read_over(state)
    for device in state.guest.devices:
        state.of(type(device)).append(device)
    _spell_interface_models(state)
    _complete_usb_controllers(state)
    state.disks[:] = sorted_disks(state.disks)
    state.replace_controllers(state.controllers)
    state.videos[:] = [*reversed([v for v in state.videos if v.primary]), *(v for v in state.videos if not v.primary)]
    state.hostdevs[:0] = [interface for interface in state.interfaces if interface.type == "hostdev"]
    _number_ports(state)
    _drop_addresses_of_absent_devices(state)
    refuse_unreadable(state)
    add_scsi_controllers(state)


def _read_over(state: State) -> None:
    """Leave out devices and fields that the release does not know."""
    kinds, fields = state.rules.unknown_kinds, state.rules.unknown_fields
    if not kinds and not fields:
        return
    for position, device in enumerate(state.guest.devices):
        if device.kind in kinds:
            state.left_out.append((position, device))
            state.journal.warn(_too_new("such a device", kinds[device.kind]), device)
        for (kind, field), since in fields.items():
            if device.kind == kind and getattr(device, field) is not None:
                setattr(device, field, None)
                state.journal.warn(_too_new(field, since), device)
    if state.left_out:
        state.guest.devices = [device for device in state.guest.devices if device.kind not in kinds]


def _too_new(what: str, since: Version) -> str:
    return f"libvirt knows {what} since {dotted(since)}, but the target libvirt is older: it is left out"


def sorted_disks(disks: list[Disk]) -> list[Disk]:
    """The disks in libvirt's order: by bus, and for each bus by the number of their names.

    Buses come in order of first appearance; "no bus" is one of them. Names without a number come first.
    """
    groups: dict[str | None, list[tuple[int, Disk]]] = {}
    for disk in disks:
        number = disk_number(disk.target)
        groups.setdefault(disk.bus, []).append((-1 if number is None else number, disk))
    return [disk for group in groups.values() for _, disk in sorted(group, key=lambda pair: pair[0])]


def _spell_interface_models(state: State) -> None:
    for interface in state.interfaces:
        if interface.model:
            interface.model = interface_model(interface.model)


def _complete_usb_controllers(state: State) -> None:
    for controller in state.controllers:
        if controller.type == "usb" and controller.model in COMPANION_START and controller.master_startport is None:
            controller.master_startport = COMPANION_START[controller.model]


def _number_ports(state: State) -> None:
    for position, console in enumerate(state.consoles):
        # Such a release prints numbers from before the first serial port's console came in front: they stay as printed.
        if console.port is None or state.rules.consoles_numbered_last:
            console.port = position
    highest = -1
    for parallel in state.of(Parallel):
        if parallel.port is None:
            parallel.port = highest + 1
        highest = max(highest, parallel.port)


def _drop_addresses_of_absent_devices(state: State) -> None:
    for controller in state.controllers:
        if controller.type == "usb" and controller.model == "none":
            controller.address = None
            controller.master_startport = None
    for memballoon in state.memballoons:
        if memballoon.model == "none":
            memballoon.address = None
