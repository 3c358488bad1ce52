"""How close two devices are, and where a device of the guest is: cell, root complex, switches and slot."""

from __future__ import annotations

import pytest

from devaddr_xml.buses.pci.tree import PciTree
from devaddr_xml.engine.hints.host_audit import (
    _CELL,
    _NOTHING,
    _ROOT_COMPLEX,
    _SLOT,
    _SWITCH,
    Place,
    _raw_place,
    described,
)
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Controller, Hostdev

PLACE = Place(0, "a", (7, 8), (9, 0))


@pytest.mark.parametrize(
    ("other", "level"),
    [
        (Place(0, "a", (7, 8), (9, 0)), (_SLOT, 0)),
        (Place(None, None, (), (9, 0)), (_SLOT, 0)),
        (Place(0, "a", (7, 8), (9, 1)), (_SWITCH, 2)),
        (Place(1, "b", (7, 8, 3), None), (_SWITCH, 2)),
        (Place(0, "a", (7, 3, 8), (1, 0)), (_SWITCH, 1)),
        (Place(0, "a", (3, 8), (1, 0)), (_ROOT_COMPLEX, 0)),
        (Place(1, "a", (), (1, 0)), (_ROOT_COMPLEX, 0)),
        (Place(0, "b", (), (1, 0)), (_CELL, 0)),
        (Place(0, None, (), None), (_CELL, 0)),
        (Place(1, "b", (), (1, 0)), (_NOTHING, 0)),
        (Place(None, None, (), None), (_NOTHING, 0)),
    ],
)
def test_levels(other: Place, level: tuple[int, int]) -> None:
    assert PLACE.level(other) == other.level(PLACE) == level


def test_what_is_not_known_is_not_the_same() -> None:
    nowhere = Place(None, None, (), None)
    assert nowhere.level(nowhere) == (_NOTHING, 0)


@pytest.mark.parametrize(
    ("level", "beside", "words"),
    [
        ((_SWITCH, 2), (_SWITCH, 1), "below 2 switches"),
        ((_SWITCH, 1), (_SWITCH, 2), "below one switch"),
        ((_SWITCH, 2), (_CELL, 0), "below one switch"),
        ((_SLOT, 0), (_SWITCH, 2), "in one slot"),
        ((_ROOT_COMPLEX, 0), (_SLOT, 0), "below one root complex"),
        ((_CELL, 0), (_NOTHING, 0), "on one NUMA cell"),
        ((_NOTHING, 0), (_CELL, 0), "apart"),
    ],
)
def test_words(level: tuple[int, int], beside: tuple[int, int], words: str) -> None:
    assert described(level, beside) == words


def controller(index: int, model: str, bus: int | None = None, slot: int = 0, node: int | None = None) -> Controller:
    address = None if bus is None else PciAddress(bus=bus, slot=slot)
    return Controller(type="pci", index=index, model=model, address=address, node=node)


TREE = PciTree(
    [
        controller(0, "pcie-root"),
        controller(1, "pcie-expander-bus", 0, 2, node=3),
        controller(2, "pcie-root-port", 1),
        controller(3, "pcie-switch-upstream-port", 2),
        controller(4, "pcie-switch-downstream-port", 3, 5),
        controller(5, "pcie-switch-upstream-port", 4),
        controller(6, "pcie-switch-downstream-port", 5, 1),
        controller(7, "pcie-root-port", 0, 3),
        controller(8, "pcie-root-port", 20, 3),
    ]
)


@pytest.mark.parametrize(
    ("bus", "slot", "place"),
    [
        (0, 4, Place(None, 0, (), (0, 4))),
        (1, 4, Place(3, 1, (), (1, 4))),
        (2, 0, Place(3, 1, (), (2, 0))),
        (4, 0, Place(3, 1, (3,), (4, 0))),
        (6, 0, Place(3, 1, (3, 5), (6, 0))),
        (7, 0, Place(None, 0, (), (7, 0))),
        (8, 1, Place(None, 20, (), (8, 1))),
        (20, 1, Place(None, 20, (), (20, 1))),
    ],
)
def test_places_of_the_guest(bus: int, slot: int, place: Place) -> None:
    """A bus without a controller is a root complex of its own."""
    assert _raw_place(TREE, Hostdev(type="pci", address=PciAddress(bus=bus, slot=slot))) == place
