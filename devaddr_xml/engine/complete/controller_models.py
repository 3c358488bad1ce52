"""Default models of controllers, and refusals of what a model does not support."""

from __future__ import annotations

from devaddr_xml.buses.pci.controllers import ROOTS
from devaddr_xml.engine.state import State
from devaddr_xml.machines.family import first_possible
from devaddr_xml.model.controller_rows import CONTROLLER_ROW
from devaddr_xml.model.device import Controller
from devaddr_xml.model.errors import Unsupported, ValueInvalid
from devaddr_xml.model.events import Chosen, Rule
from devaddr_xml.model.naming import label

#: SCSI controllers that can have an I/O thread.
VIRTIO_SCSI_MODELS = frozenset(("virtio-scsi", "virtio-transitional", "virtio-non-transitional"))

#: The trait of a machine that accepts controllers of the model.
EXPANDER_TRAIT = {"pci-expander-bus": "pci_expander", "pcie-expander-bus": "pcie_expander"}


def complete_controller(state: State, controller: Controller) -> None:
    """Choose the model of a controller without one; raises Unsupported or ValueInvalid for an impossible controller."""
    if controller.type == "usb":
        _complete_usb(state, controller)
    elif controller.type == "scsi":
        complete_scsi(state, controller)
    elif controller.type == "pci":
        _check_pci(state, controller)
    if controller.has_iothread and not (controller.type == "scsi" and controller.model in VIRTIO_SCSI_MODELS):
        raise Unsupported(
            "only a virtio-scsi controller can have an I/O thread",
            device=label(controller),
            line=controller.line,
            remedy="Remove the iothread attribute, or choose model virtio-scsi",
        )


def complete_scsi(state: State, controller: Controller) -> None:
    """Choose the model of a SCSI controller that has none; raises Unsupported if the machine has no default."""
    if controller.type != "scsi" or controller.model not in (None, "auto"):
        return
    controller.model, rule = _model_of_others(state), Rule.MODEL_OF_OTHERS
    if controller.model is None:
        controller.model = first_possible(state.machine.scsi_models, state.caps, state.rules)
        rule = Rule.MACHINE_MODEL
    if controller.model is None:
        raise Unsupported(
            f"machine '{state.machine.name}' has no default model for SCSI controllers",
            device=label(controller),
            line=controller.line,
            remedy="Add a SCSI controller with a model",
        )
    state.journal.note(controller, Chosen("model", controller.model), rule)


def _model_of_others(state: State) -> str | None:
    """The model of the first SCSI controller that has one, if the guest's rules use it."""
    if not state.rules.scsi_model_of_others or state.machine.scsi_by_machine:
        return None
    others = (controller.model for controller in state.controllers if controller.type == "scsi")
    return next((model for model in others if model not in (None, "auto")), None)


def _complete_usb(state: State, controller: Controller) -> None:
    machine = state.machine
    if controller.model is None:
        if machine.usb_model_unaddressed is not None and controller.address is None:
            controller.model, rule = machine.usb_model_unaddressed, Rule.NO_USB_HERE
        else:
            controller.model, rule = first_possible(machine.usb_models, state.caps, state.rules), Rule.MACHINE_MODEL
        if controller.model is not None:
            state.journal.note(controller, Chosen("model", controller.model), rule)
        if controller.model == "none":
            controller.address = None
    row = CONTROLLER_ROW.get(("usb", controller.model))
    if row is not None and not row.in_qemu:
        raise Unsupported(
            f"QEMU has no USB controller of model '{controller.model}'",
            device=label(controller),
            line=controller.line,
            remedy="Choose another model, such as qemu-xhci",
        )
    most = None if row is None else row.most_ports
    if most is not None and controller.ports is not None and controller.ports > most:
        raise ValueInvalid(
            f"a {controller.model} controller has at most {most} ports, not {controller.ports}",
            device=label(controller),
            line=controller.line,
            remedy=f"Lower ports= to {most}",
        )


def _check_pci(state: State, controller: Controller) -> None:
    machine = state.machine
    if controller.model is None:
        raise ValueInvalid(
            "a PCI controller needs a model, and there is no default",
            device=label(controller),
            line=controller.line,
            remedy="Add model=, such as pcie-root-port or pci-bridge",
        )
    if controller.model in ROOTS and controller.index != 0 and not machine.host_bridges:
        raise ValueInvalid(
            f"the {controller.model} of machine '{machine.name}' has index 0, not {controller.index}",
            device=label(controller),
            line=controller.line,
            remedy='Write index="0", or choose another model',
        )
    trait = EXPANDER_TRAIT.get(controller.model)
    if trait is not None and not getattr(machine, trait):
        raise Unsupported(
            f"machine '{machine.name}' takes no {controller.model}",
            device=label(controller),
            line=controller.line,
            remedy="pci-expander-bus is for i440fx machines, pcie-expander-bus for q35 and Arm virt machines",
        )
    in_a_cell = trait is not None or (machine.host_bridges and controller.model == "pci-root")
    if in_a_cell and controller.node is not None and controller.node >= len(state.guest.cells):
        raise ValueInvalid(
            f"the guest has no NUMA cell {controller.node}; it has {len(state.guest.cells)}",
            device=label(controller),
            line=controller.line,
            remedy="Add the cell to <numa>, or name one that exists",
        )
