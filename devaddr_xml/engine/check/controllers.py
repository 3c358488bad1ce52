"""Controllers other than PCI: models that QEMU has, and disk controllers that the machine has."""

from __future__ import annotations

from devaddr_xml.engine.check.refusal import refusal
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import DriveAddress, UsbAddress
from devaddr_xml.model.controller_rows import CONTROLLER_ROW, ControllerRow, models_of
from devaddr_xml.model.device import Controller, Device, Disk, Hostdev
from devaddr_xml.model.errors import DevaddrError, Unsupported, ValueInvalid
from devaddr_xml.model.naming import label

BUILTIN_SCSI = "ncr53c90"


def check_controllers(state: State) -> None:
    """Refuse SCSI, SATA and IDE controllers that neither QEMU nor the machine has; raises Unsupported."""
    for controller in state.controllers:
        if (check := _CHECKS.get(controller.type)) is not None:
            try:
                check(state, controller)
            except DevaddrError as error:
                _blame(state, controller, error)
                raise


def _blame(state: State, controller: Controller, error: DevaddrError) -> None:
    """If the controller of an error is not in the document, name the first device that needs it."""
    if controller.line is not None:
        return
    user = next((device for device in state.guest.devices if _uses(device, controller)), None)
    if user is not None:
        error.device, error.line = label(user), user.line
        error.message = f"needs {label(controller)}, and {error.message}"


def _uses(device: Device, controller: Controller) -> bool:
    """Whether a device is on the controller."""
    address, kind = device.address, controller.type
    if isinstance(device, Disk):
        return device.bus == kind and isinstance(address, DriveAddress) and address.controller == controller.index
    if isinstance(device, Hostdev):
        return (
            device.type == kind == "scsi"
            and isinstance(address, DriveAddress)
            and address.controller == controller.index
        )
    return kind == "usb" and isinstance(address, UsbAddress) and address.bus == controller.index


def _has(state: State, row: ControllerRow) -> bool:
    return row.ability is None or state.caps.has(row.ability)


def _check_scsi(state: State, controller: Controller) -> None:
    model = controller.model
    row = models_of("scsi").get(model or "")
    if row is None or not row.in_qemu or not _has(state, row):
        raise refusal(
            Unsupported,
            f"this QEMU has no SCSI controller of model {model}",
            controller,
            remedy="Use model virtio-scsi",
        )
    if model == BUILTIN_SCSI and (controller.index or not state.machine.builtin_esp):
        raise refusal(
            Unsupported,
            f"model {model} is part of the board of some machines, with index 0, and this machine is "
            f"{state.machine.name} ({state.machine.arch})",
            controller,
            remedy="Remove the controller, or use another model",
        )


def _check_usb(state: State, controller: Controller) -> None:
    row = CONTROLLER_ROW.get(("usb", controller.model))
    if state.rules.usb_models_by_qemu and row is not None and not _has(state, row):
        raise refusal(
            Unsupported,
            f"this QEMU has no USB controller of model {controller.model}",
            controller,
            remedy="Use model qemu-xhci",
        )


def _check_sata(state: State, controller: Controller) -> None:
    built_in = state.machine.sata and controller.index == 0
    if not built_in and not _has(state, CONTROLLER_ROW["sata", None]):
        raise refusal(Unsupported, "this QEMU has no SATA controllers", controller, remedy="Use bus scsi or virtio")


def _check_ide(state: State, controller: Controller) -> None:
    if not state.machine.builtin_ide:
        raise refusal(
            Unsupported,
            f"machine {state.machine.name} ({state.machine.arch}) has no IDE controller",
            controller,
            remedy="Put disks on bus sata, scsi or virtio",
        )
    if controller.index:
        raise refusal(
            Unsupported,
            "the machine has one IDE controller, with index 0",
            controller,
            remedy="Put the disks on bus sata, scsi or virtio",
        )


def _check_nvme(state: State, controller: Controller) -> None:
    if controller.serial is None:
        raise refusal(
            ValueInvalid,
            "an NVMe controller needs a serial",
            controller,
            remedy="Write <serial>, in the controller or in one of its disks",
        )


_CHECKS = {"usb": _check_usb, "scsi": _check_scsi, "sata": _check_sata, "ide": _check_ide, "nvme": _check_nvme}
