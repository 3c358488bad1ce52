"""What libvirt refuses when it reads a document: too many devices, unknown controllers, USB devices without USB."""

from __future__ import annotations

from collections.abc import Iterator

from devaddr_xml.buses.pci.controllers import MODEL_NAMED
from devaddr_xml.engine.state import State
from devaddr_xml.machines.family import first_possible
from devaddr_xml.machines.machine import applies
from devaddr_xml.model.address import UsbAddress
from devaddr_xml.model.controller_rows import CONTROLLER_ROWS, models_of
from devaddr_xml.model.device import Controller, Device, Hostdev, Redirdev
from devaddr_xml.model.errors import Unsupported, ValueInvalid
from devaddr_xml.model.kind_rows import KINDS
from devaddr_xml.model.naming import label
from devaddr_xml.model.nearest import suggested
from devaddr_xml.model.version import Version, dotted

#: The models that libvirt reads, by type of controller.
_MODELS: dict[str, frozenset[str]] = {
    row.type: frozenset(MODEL_NAMED if row.type == "pci" else models_of(row.type))
    for row in CONTROLLER_ROWS
    if row.model is None
}


def refuse_unreadable(state: State) -> None:
    """Raise Unsupported or ValueInvalid for what libvirt refuses when it reads a document."""
    _check_words(state)
    _check_counts(state)
    for controller in state.controllers:
        _check_controller(controller)
    _check_usb_controllers(state)
    _check_usb_addresses(state)


def _check_words(state: State) -> None:
    by_kind: dict[str, list[tuple[str, str, Version]]] = {}
    for (kind, field, value), since in state.rules.unknown_words.items():
        by_kind.setdefault(kind, []).append((field, value, since))
    for device in state.guest.devices:
        for field, value, since in by_kind.get(device.kind, ()):
            if getattr(device, field) == value:
                raise ValueInvalid(
                    f"libvirt knows {device.kind} {field.replace('_', ' ')} '{value}' since {dotted(since)}, but the "
                    "target libvirt is older",
                    device=label(device),
                    line=device.line,
                    remedy="Choose another one, or a newer libvirt",
                )


def _check_counts(state: State) -> None:
    for kind in KINDS:
        if kind.most is None or (kind.several_when is not None and applies(state.rules, kind.several_when)):
            continue
        devices, most = state.of(kind.device), kind.most
        if len(devices) > most:
            last, extra = devices[most - 1], devices[most]
            raise Unsupported(
                f"a domain can have only {most} {extra.kind} device{'s' if most > 1 else ''}",
                device=label(extra),
                line=extra.line,
                other=label(last),
                other_line=last.line,
                remedy=f"Remove a <{extra.kind}>",
            )


def _check_controller(controller: Controller) -> None:
    models = _MODELS.get(controller.type)
    if models is None:
        raise ValueInvalid(
            f"there is no controller type '{controller.type}'",
            device=label(controller),
            line=controller.line,
            remedy=suggested(controller.type, tuple(_MODELS), "Use"),
        )
    if controller.model is not None and controller.model not in models:
        raise ValueInvalid(
            f"there is no {controller.type} controller of model '{controller.model}'",
            device=label(controller),
            line=controller.line,
            remedy=suggested(controller.model, sorted(models), "Use") if models else "Leave the model out",
        )
    if controller.index is not None and controller.index < 0:
        raise ValueInvalid(
            f"the index of a controller is 0 or more, not {controller.index}",
            device=label(controller),
            line=controller.line,
            remedy="Leave index out, and one is chosen",
        )


def _check_usb_controllers(state: State) -> None:
    controllers = [controller for controller in state.controllers if controller.type == "usb"]
    disabled = next((controller for controller in controllers if controller.model == "none"), None)
    if disabled is None:
        if controllers and all(controller.master_startport is not None for controller in controllers):
            raise Unsupported(
                "all USB controllers are companions, and there is no master controller for them",
                device=label(controllers[0]),
                line=controllers[0].line,
                remedy="Add the master, such as <controller type='usb' model='ich9-ehci1'/>",
            )
        return
    if first_possible(state.machine.usb_models, state.caps, state.rules) == "none":
        return  # the model of every USB controller that names none, and so written by the run before
    others: list[Device] = [controller for controller in controllers if controller is not disabled]
    others += _written_usb_devices(state)
    if others:
        raise Unsupported(
            "it needs USB, and a USB controller of model 'none' turns USB off",
            device=label(others[0]),
            line=others[0].line,
            other=label(disabled),
            other_line=disabled.line,
            remedy="Remove the device, or the controller of model 'none'",
        )


def _written_usb_devices(state: State) -> Iterator[Device]:
    """The devices that are on USB by their own XML. Devices without a bus do not count."""
    yield from (device for device in state.inputs if device.bus == "usb")
    yield from (device for device in state.hostdevs if isinstance(device, Hostdev) and device.type == "usb")
    yield from (hub for hub in state.hubs if hub.type == "usb")


def _check_usb_addresses(state: State) -> None:
    devices: list[Device] = [device for device in state.inputs if device.bus == "usb"]
    devices += (device for device in state.of(Redirdev) if device.bus in (None, "usb"))
    devices += (serial for serial in state.serials if serial.target_type == "usb-serial")
    for device in devices:
        if device.address is not None and not isinstance(device.address, UsbAddress):
            raise ValueInvalid(
                f"a USB device can't be at {device.address}",
                device=label(device),
                line=device.line,
                remedy="Remove its <address>, or give it one of type usb",
            )
