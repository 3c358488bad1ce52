"""PCI controllers: indexes, model names and the options that each model takes."""

from __future__ import annotations

from functools import lru_cache
from operator import attrgetter

import msgspec

from devaddr_xml.buses.pci.controllers import (
    CONTROLLER_MODELS,
    HOST_BRIDGE,
    HOST_BRIDGES,
    LAST_BUS,
    ROOTS,
    ControllerModel,
)
from devaddr_xml.engine.check.refusal import refusal
from devaddr_xml.engine.state import State
from devaddr_xml.machines.machine import applies
from devaddr_xml.model.device import Controller
from devaddr_xml.model.errors import Unsupported, ValueInvalid
from devaddr_xml.model.nearest import brief, suggested


class Option(msgspec.Struct, frozen=True):
    """An option of PCI controllers: its field, its name in the document, and its smallest and largest value."""

    field: str
    name: str
    low: int | None = None
    high: int | None = None


MODEL_NAME = Option("model_name", "model name")
CHASSIS_NUMBER = Option("chassis_nr", "target chassisNr", 1, 255)
CHASSIS = Option("chassis", "target chassis", 0, 255)
PORT = Option("port", "target port", 0, 255)
BUS_NUMBER = Option("bus_nr", "target busNr", 1, 254)
TARGET_INDEX = Option("target_index", "target index", 0, HOST_BRIDGES - 1)
NODE = Option("node", "target node", 0)
HOTPLUG = Option("hotplug", "target hotplug")
MEMORY_RESERVE = Option("mem_reserve", "target memReserve")
HOLE = Option("pcihole64", "pcihole64")

OPTIONS = (
    MODEL_NAME,
    CHASSIS_NUMBER,
    CHASSIS,
    PORT,
    BUS_NUMBER,
    TARGET_INDEX,
    NODE,
    HOTPLUG,
    MEMORY_RESERVE,
    HOLE,
)


class Model(msgspec.Struct, frozen=True):
    """A model of PCI controller: the names of QEMU's devices, the options that it must have, and those that it can
    have."""

    names: frozenset[str] = frozenset()
    required: frozenset[Option] = frozenset()
    optional: frozenset[Option] = frozenset()


def _model(row: ControllerModel) -> Model:
    fields = {option.field: option for option in OPTIONS}
    required = frozenset(fields[name] for name in row.requires.split()) | ({MODEL_NAME} if row.qemu else set())
    return Model(frozenset(row.qemu), required, frozenset(fields[name] for name in row.allows.split()))


MODELS: dict[str | None, Model] = {row.name: _model(row) for row in CONTROLLER_MODELS}
_HOST_BRIDGE = _model(HOST_BRIDGE)

ROOT_HOTPLUG_ABILITY = "piix4.acpi-root-pci-hotplug"


class Form:
    """The options of a model: those that it accepts, and those that it does not."""

    __slots__ = ("_model", "_nothing", "_refused", "_refused_values", "_taken")

    def __init__(self, model: Model) -> None:
        self._model = model
        takes = model.required | model.optional
        self._taken = [(option, option in model.required) for option in OPTIONS if option in takes]
        self._refused = [option for option in OPTIONS if option not in takes]
        self._refused_values = attrgetter(*(option.field for option in self._refused))
        self._nothing = (None,) * len(self._refused)

    def check(self, state: State, controller: Controller) -> None:
        """Refuse options that are missing, too many or out of range."""
        if self._refused_values(controller) != self._nothing:
            option = next(each for each in self._refused if getattr(controller, each.field) is not None)
            raise refusal(
                Unsupported,
                f"{option.name} is not for PCI controllers of model {controller.model} on this machine",
                controller,
                remedy=f"Remove {option.name}",
            )
        for option, required in self._taken:
            value = getattr(controller, option.field)
            if value is not None:
                _check_value(state, controller, self._model, option, value)
            elif required:
                raise refusal(
                    Unsupported,
                    f"model {controller.model} needs {option.name}, and machine {state.machine.name} "
                    f"({state.machine.arch}) has no PCI to give it one",
                    controller,
                    remedy="Remove the controller",
                )


def check_pci_options(state: State) -> None:
    """Refuse PCI controllers with an index, model name or option that their model does not accept.

    Raises Unsupported and ValueInvalid.
    """
    forms: dict[str | None, Form] = {}
    root = state.machine.implied_pci_root(state.caps, state.rules)
    for controller in state.controllers:
        if controller.type != "pci":
            continue
        if root is None and state.rules.pci_by_machine and not state.machine.takes_pci_root:
            raise refusal(
                Unsupported,
                f"machine {state.machine.name} ({state.machine.arch}) has no PCI",
                controller,
                remedy="Remove the controller, or use a machine with PCI",
            )
        form = forms.get(controller.model)
        if form is None:
            forms[controller.model] = form = _form(_model_on(state, controller.model))
        _check_place(controller)
        form.check(state, controller)
        if state.machine.host_bridges and controller.model == "pci-root":
            _check_host_bridge(controller)


#: The forms of all models on all machines; there are few.
_form = lru_cache(maxsize=64)(Form)


def _model_on(state: State, name: str | None) -> Model:
    """The model with the options that its machine adds to it."""
    model = MODELS.get(name, Model())
    if name not in ROOTS:
        return model
    if name == "pci-root" and state.machine.host_bridges:
        model = _HOST_BRIDGE
    extra: list[Option] = []
    machine = state.machine
    if machine.pcihole64 and machine.pci_root == name and applies(state.rules, machine.pcihole64_when):
        extra.append(HOLE)
    if name == "pci-root" and state.caps.has(ROOT_HOTPLUG_ABILITY):
        extra.append(HOTPLUG)
    return msgspec.structs.replace(model, optional=model.optional.union(extra)) if extra else model


def _check_place(controller: Controller) -> None:
    is_root = controller.model in ROOTS
    if is_root and controller.address is not None:
        raise refusal(
            Unsupported,
            "a PCI root is on no bus, but this one has an address",
            controller,
            remedy="Remove the address",
        )
    index = controller.index
    if index is None or ((index > 0 or is_root) and index <= LAST_BUS):
        return
    raise refusal(
        ValueInvalid,
        f"index {index} is above the largest, {LAST_BUS}"
        if index
        else "index 0 belongs to the PCI root, and this controller is not a root",
        controller,
        remedy=f"Use an index from 1 to {LAST_BUS}",
    )


def _check_value(state: State, controller: Controller, model: Model, option: Option, value: int | str | bool) -> None:
    if option is MODEL_NAME:
        if value not in model.names:
            raise refusal(
                Unsupported,
                f"{option.name} {brief(value)} is not one of those of a {controller.model}",
                controller,
                remedy=suggested(str(value), sorted(model.names), "Use", tail=", or leave it out"),
            )
        if not state.caps.has(str(value)):
            raise refusal(
                Unsupported,
                f"this QEMU has no device {value}",
                controller,
                remedy="Remove the controller, or use another model",
            )
        return
    assert not isinstance(value, str)
    if (option.low is not None and value < option.low) or (option.high is not None and value > option.high):
        raise refusal(
            ValueInvalid,
            f"{option.name} {value} is outside {option.low} to {option.high}",
            controller,
            remedy="Leave it out, and a value is chosen",
        )


def _check_host_bridge(controller: Controller) -> None:
    if (controller.index == 0) != (controller.target_index == 0):
        raise refusal(
            Unsupported,
            f"target index {controller.target_index} for controller index {controller.index}: "
            "controller 0, and only controller 0, has target index 0",
            controller,
            remedy="Leave target index out, and one is chosen",
        )
    if controller.index == 0 and controller.node is not None:
        raise refusal(
            Unsupported,
            "PCI controller 0 is part of the machine and belongs to no NUMA cell",
            controller,
            remedy="Remove the node, or add another host bridge with it",
        )
