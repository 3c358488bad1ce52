"""What kind of machine a guest has, in the words of the hint vocabulary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devaddr_xml.engine.state import State

if TYPE_CHECKING:
    from devaddr_xml.model.policy import MachineKind


def machine_kind(state: State) -> MachineKind:
    """The kind of the guest's machine; a root that the document itself names makes slots where there are none else."""
    root = state.controller("pci", 0)
    if state.machine.is_s390 or not state.machine.supports_pci or root is None:
        return "slotless"
    if root.model == "pcie-root":
        return "express"
    return "pseries" if state.machine.host_bridges else "conventional"


def has_expanders(state: State, kind: MachineKind) -> bool:
    """Whether PCI buses of the machine can belong to a NUMA cell."""
    machine = state.machine
    return {
        "express": machine.pcie_expander,
        "conventional": machine.pci_expander,
        "pseries": machine.host_bridges,
        "slotless": False,
    }[kind]
