"""What kind of machine a guest has, in the words of the hint vocabulary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devaddr_xml.engine.state import State
from devaddr_xml.machines.family import Machine

if TYPE_CHECKING:
    from devaddr_xml.model.device import Device
    from devaddr_xml.model.policy import MachineKind


def machine_kind(state: State) -> MachineKind:
    """The kind of the guest's machine. A PCI root in the document gives slots to a machine without PCI slots."""
    return kind_of(state.machine, state.controller("pci", 0))


def kind_of(machine: Machine, root: Device | None) -> MachineKind:
    """The kind of a machine with this PCI root."""
    if machine.is_s390 or not machine.supports_pci or root is None:
        return "slotless"
    if root.model == "pcie-root":
        return "express"
    return "pseries" if machine.host_bridges else "conventional"


def has_expanders(state: State, kind: MachineKind) -> bool:
    """Whether PCI buses of the machine can belong to a NUMA cell."""
    machine = state.machine
    return {
        "express": machine.pcie_expander,
        "conventional": machine.pci_expander,
        "pseries": machine.host_bridges,
        "slotless": False,
    }[kind]
