"""Which devices lose their NUMA cell where not all cells find room, and what is told of each."""

from __future__ import annotations

from typing import Any

import pytest

from devaddr_xml import Policy, plan
from devaddr_xml.buses.pci.tree import PciTree
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import AnyDevice, Controller, Hints, Interface
from devaddr_xml.model.errors import PlacementError
from devaddr_xml.model.guest import Guest, NumaCell

EXPANDER = "a pcie-expander-bus needs a place on a PCI bus, and no bus that accepts it has a free place"
PORT = "a pcie-root-port needs a place on a PCI bus, and no bus that accepts it has a free place"


def nic(number: int, **hints: Any) -> Interface:
    """The card whose name ends in a number."""
    mac = f"52:54:00:00:00:{number:02x}"
    return Interface(mac=mac, model="virtio", line=100 + number, hints=Hints(**hints) if hints else None)


def guest(free: int, *devices: AnyDevice, policy: Policy) -> Guest:
    """A guest with so many free slots on bus 0, where expander buses and root ports go."""
    filling = [
        Interface(mac=f"52:54:00:00:01:{slot:02x}", model="e1000e", address=PciAddress(bus=0, slot=slot))
        for slot in range(1, 31 - free)
    ]
    return Guest(
        arch="x86_64",
        machine="q35",
        memory=4 << 20,
        cells=tuple([NumaCell(id=cell) for cell in range(3)]),
        devices=[Controller(type="usb", index=0, model="none"), *filling, *devices],
        policy=policy,
    )


def laid_out(made: Guest) -> tuple[dict[int, int | None], list[tuple[int | None, str]]]:
    """The cell of each card by its number, and the warnings by their lines."""
    found = plan(made)
    tree = PciTree(found.guest.devices)
    cells = {}
    for device in found.guest.devices:
        if isinstance(device, Interface) and device.model == "virtio" and isinstance(device.address, PciAddress):
            top = tree.top(device.address.bus)
            cells[int((device.mac or "")[-2:], 16)] = top.node if top is not None else None
    return cells, [(warning.line, warning.message) for warning in found.warnings]


CARDS = (
    nic(1, node=0),
    nic(2, node=1),
    nic(3),
    nic(4, node=1, bus_group="a"),
    nic(5, node=2, bus_group="b/x"),
    nic(6, node=2, bus_group="b/y"),
    nic(7, node=0),
)


@pytest.mark.parametrize(
    ("free", "cells", "lost"),
    [
        (1, {}, {2: EXPANDER, 4: EXPANDER, 5: EXPANDER, 6: EXPANDER, 1: PORT, 7: PORT}),
        (2, {2: 1, 4: 1}, {5: EXPANDER, 6: EXPANDER, 1: PORT, 7: PORT}),
        (3, {2: 1, 4: 1, 5: 2, 6: 2}, {1: PORT, 7: PORT}),
        (4, {1: 0, 2: 1, 4: 1, 5: 2, 6: 2, 7: 0}, {}),
    ],
)
def test_those_without_a_place_first_then_the_last_cell(free: int, cells: dict[int, int], lost: dict[int, str]) -> None:
    """The device without a place goes with its group; where it is on no cell, the cell of the last device goes."""
    found, warnings = laid_out(guest(free, *CARDS, policy=Policy(numa="prefer")))
    assert found == {**dict.fromkeys(range(1, 8)), **cells}
    assert warnings == [
        (100 + number, f"its NUMA cell is not possible: {why}; placed without it") for number, why in lost.items()
    ]


@pytest.mark.parametrize(
    ("free", "cells", "group", "lost"),
    [
        (3, {1: 0, 2: 1, 3: 2, 4: 2}, (3, 4), [3, 4]),
        (3, {1: 0, 2: 1, 3: 2, 4: 2}, (), [3, 4]),
        (3, {1: 0, 2: 2, 3: 1, 4: 2}, (2, 4), [2, 4]),
        (2, {1: 0, 2: 0, 3: 2, 4: 2}, (1, 2), [3, 4]),
    ],
)
def test_a_slot_group_stays_together(free: int, cells: dict[int, int], group: tuple[int, ...], lost: list[int]) -> None:
    cards = [nic(number, node=cell, slot_group="s" if number in group else None) for number, cell in cells.items()]
    found, warnings = laid_out(guest(free, *cards, nic(5), policy=Policy(numa="prefer")))
    assert [line - 100 for line, _ in warnings if line] == lost
    assert [number for number in cells if found[number] is None] == lost


@pytest.mark.parametrize("policy", [Policy(numa="strict"), Policy(numa="strict", overflow="pack")])
def test_nobody_loses_a_cell_that_is_asked_for(policy: Policy) -> None:
    with pytest.raises(PlacementError) as caught:
        plan(guest(3, *CARDS, policy=policy))
    assert (caught.value.line, caught.value.message) == (103, PORT)


def test_without_cells_there_is_nothing_to_give_up() -> None:
    with pytest.raises(PlacementError, match="no bus that accepts it has a free place"):
        plan(guest(0, nic(1), nic(2), policy=Policy(numa="prefer")))


def test_sharing_slots_comes_before_giving_up() -> None:
    """Where devices that share slots keep their cells, no cell is lost."""
    cards = [nic(number, node=number % 2) for number in range(1, 21)]
    plain, warnings = laid_out(guest(3, *cards, policy=Policy(numa="prefer", overflow="pack")))
    assert plain == {number: number % 2 for number in range(1, 21)}
    assert warnings == []
