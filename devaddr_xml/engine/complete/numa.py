"""The NUMA cell that memory devices need when the domain has no cells."""

from __future__ import annotations

from devaddr_xml.engine.state import State
from devaddr_xml.model.errors import ValueInvalid
from devaddr_xml.model.events import Chosen, Rule
from devaddr_xml.model.guest import NumaCell

#: Memory devices that are always part of a cell; others only if they name one.
MODELS_IN_CELLS = frozenset(("dimm", "nvdimm", "virtio-mem"))


def imply_numa_cell(state: State) -> None:
    """Add one cell with all memory except memory devices, if memory can be plugged in and the domain has no cells.

    Raises ValueInvalid if the memory devices are larger than the whole memory.
    """
    guest = state.guest
    if guest.cells or guest.max_memory is None or state.machine.ccw:
        return
    rest = (guest.memory or 0) - sum(memory.size or 0 for memory in state.memories)
    if guest.memory is not None and rest < 0:
        raise ValueInvalid(
            "the memory devices are larger than the whole memory of the guest", remedy="Make <memory> larger"
        )
    guest.cells = (NumaCell(id=0, memory=max(rest, 0), cpus=tuple(range(guest.vcpus))),)
    for memory in state.memories:
        if memory.node is None and memory.model in MODELS_IN_CELLS:
            memory.node = 0
            state.journal.note(memory, Chosen("node", 0), Rule.ONLY_CELL)
