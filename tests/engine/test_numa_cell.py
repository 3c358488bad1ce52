"""The NUMA cell that memory devices need."""

from __future__ import annotations

import pytest

from devaddr_xml.model.device import Memory
from devaddr_xml.model.errors import ValueInvalid
from devaddr_xml.model.guest import NumaCell

GIB = 1024 * 1024


def dimm(model: str = "dimm", node: int | None = None) -> Memory:
    return Memory(model=model, size=GIB, node=node)


def test_one_cell_of_what_memory_devices_leave(complete) -> None:
    state = complete(dimm(), dimm("virtio-pmem"), memory=4 * GIB, max_memory=8 * GIB, memory_slots=4, vcpus=2)
    assert state.guest.cells == (NumaCell(id=0, memory=2 * GIB, cpus=(0, 1)),)
    assert [memory.node for memory in state.memories] == [0, None]


@pytest.mark.parametrize(
    "options",
    [
        {"max_memory": None},
        {"max_memory": 8 * GIB, "arch": "s390x", "machine": "s390-ccw-virtio"},
    ],
)
def test_no_cell_without_need(complete, options: dict[str, object]) -> None:
    assert complete(memory=4 * GIB, **options).guest.cells == ()


def test_given_cells_stay(complete) -> None:
    cells = (NumaCell(id=0, memory=GIB), NumaCell(id=1, memory=GIB))
    state = complete(dimm(), memory=4 * GIB, max_memory=8 * GIB, cells=cells)
    assert state.guest.cells == cells
    assert state.memories[0].node is None


def test_memory_devices_larger_than_the_memory(complete) -> None:
    with pytest.raises(ValueInvalid, match="larger than the whole memory"):
        complete(dimm(), dimm(), memory=GIB, max_memory=8 * GIB)
