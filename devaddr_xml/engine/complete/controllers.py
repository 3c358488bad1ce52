"""Controllers that devices imply, and the video device that graphics imply."""

from __future__ import annotations

from devaddr_xml.engine.check.refusal import refusal
from devaddr_xml.engine.complete.controller_models import complete_scsi
from devaddr_xml.engine.complete.models import complete_videos
from devaddr_xml.engine.complete.scsi_hosts import add_scsi_controllers, check_controller_count, ensure_controllers
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import CcidAddress, DriveAddress, VirtioSerialAddress
from devaddr_xml.model.device import Channel, Console, Graphics, Video
from devaddr_xml.model.errors import AddressConflict
from devaddr_xml.model.events import Chosen, Rule

#: Buses of disks that have controllers of the same name, in the order in which libvirt adds the controllers.
DISK_BUSES = ("scsi", "fdc", "ide", "sata", "nvme")


def imply_controllers(state: State) -> None:
    """Add the controllers that devices are on, then what libvirt completes last: video, serial port, SCSI models.

    Raises PlacementError for a controller index that no guest can have.
    """
    _add_disk_controllers(state)
    _add_virtio_serial_controllers(state)
    _add_smartcard_controllers(state)
    add_scsi_controllers(state, together=True)
    _take_serials(state)
    _add_video(state)
    if state.serials:
        from devaddr_xml.engine.complete.serial_ports import complete_serials

        complete_serials(state)
    for controller in state.controllers:
        complete_scsi(state, controller)


def _add_disk_controllers(state: State) -> None:
    highest = dict.fromkeys(DISK_BUSES, -1)
    for disk in state.disks:
        if disk.bus in highest and isinstance(disk.address, DriveAddress):
            index = disk.address.controller
            if index > highest[disk.bus]:
                check_controller_count(index, disk)
                highest[disk.bus] = index
    for bus in DISK_BUSES:
        ensure_controllers(state, bus, range(highest[bus] + 1), Rule.ON_A_DISK_CONTROLLER)


def _take_serials(state: State) -> None:
    """Give an NVMe controller without a serial number that of its first disk that has one."""
    for disk in state.disks:
        if disk.bus != "nvme" or disk.serial is None or not isinstance(disk.address, DriveAddress):
            continue
        controller = state.controller("nvme", disk.address.controller)
        if controller is None:
            continue
        if controller.serial is None:
            controller.serial = disk.serial
            state.journal.note(controller, Chosen("serial", disk.serial), Rule.SERIAL_OF_DISK)
        elif controller.serial != disk.serial:
            raise refusal(
                AddressConflict,
                f"an NVMe controller has one serial, and that of this one is {controller.serial}, "
                f"of its disk {disk.serial}",
                controller,
                other=disk,
                remedy="Give the disk the serial of its controller, or a controller of its own",
            )


def _add_virtio_serial_controllers(state: State) -> None:
    devices: list[Channel | Console] = [*state.of(Channel), *state.consoles]
    for device in devices:
        if device.target_type == "virtio":
            index = device.address.controller if isinstance(device.address, VirtioSerialAddress) else 0
            ensure_controllers(state, "virtio-serial", range(index, index + 1), Rule.ON_VIRTIO_SERIAL)


def _add_smartcard_controllers(state: State) -> None:
    if not state.smartcards:
        return
    from devaddr_xml.buses.ccid import CcidSlots

    slots = CcidSlots(state.smartcards)
    for card in state.smartcards:
        if card.address is None:
            card.address = slots.next_free()
            slots.reserve(card.address, card)
            state.journal.note(card, card.address, Rule.NEXT_CCID_SLOT)
        index = card.address.controller if isinstance(card.address, CcidAddress) else 0
        ensure_controllers(state, "ccid", range(index, index + 1), Rule.ON_CCID)


def _add_video(state: State) -> None:
    if state.of(Graphics) and not state.videos:
        video = Video()
        state.videos.append(video)
        state.record_addition(video, Rule.GRAPHICS_NEED_VIDEO)
        complete_videos(state)
