"""The PCI tree: ways up, order of numbers, and an end where a document has none."""

from __future__ import annotations

from devaddr_xml.buses.pci.tree import PciTree, bus_of
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Controller, Interface


def bus(index: int, model: str, parent: int | None = None, slot: int = 0, function: int = 0) -> Controller:
    address = None if parent is None else PciAddress(bus=parent, slot=slot, function=function)
    return Controller(type="pci", index=index, model=model, address=address)


TREE = PciTree(
    [
        Controller(type="usb", index=1),
        bus(0, "pcie-root"),
        bus(1, "pcie-root-port", 0, 2, 1),
        bus(2, "pcie-root-port", 0, 2, 0),
        bus(3, "pcie-switch-upstream-port", 1),
        bus(4, "pcie-switch-downstream-port", 3, 5),
        bus(5, "pcie-switch-downstream-port", 3, 0),
        bus(6, "pcie-expander-bus", 0, 9),
        bus(7, "pcie-root-port", 6, 0),
        bus(8, "pcie-root-port"),
    ]
)


def test_ways_up() -> None:
    assert list(TREE.path(4)) == [4, 3, 1, 0]
    assert list(TREE.path(8)) == [8]
    assert list(TREE.path(99)) == [99]
    assert [c.index for c in TREE.above(Interface(address=PciAddress(bus=7)))] == [7, 6, 0]
    assert TREE.nearest(5, {1, 0}) == 1
    assert TREE.nearest(8, {0}) is None
    assert TREE.top(7).index == 6
    assert TREE.top(4).index == 0
    assert TREE.top(8) is None


def test_numbers_go_by_place_and_expanders_apart() -> None:
    assert TREE.children(0) == [(16, 2), (17, 1)]
    assert TREE.depth_first(0) == [0, 2, 1, 3, 5, 4]
    assert TREE.depth_first(6) == [6, 7]


def test_numbers_of_firmware() -> None:
    assert TREE.numbers(0, 0) == {0: (0, 5), 2: (1, 1), 1: (2, 5), 3: (3, 5), 5: (4, 4), 4: (5, 5)}
    assert TREE.numbers(6, 240) == {6: (240, 241), 7: (241, 241)}


def test_where_a_further_controller_renumbers_nothing() -> None:
    assert list(TREE.last_path(0)) == [(0, 18), (1, 1), (3, 41), (4, 0)]
    assert list(TREE.last_path(6)) == [(6, 1), (7, 0)]


def test_loops_end() -> None:
    tree = PciTree([bus(1, "pci-bridge", 2, 1), bus(2, "pci-bridge", 1, 1), bus(3, "pci-bridge", 3, 1)])
    assert list(tree.path(1)) == [1, 2]
    assert list(tree.path(3)) == [3]
    assert tree.top(1) is None
    assert tree.depth_first(1) == [1, 2]
    assert tree.numbers(1, 0) == {1: (0, 1), 2: (1, 1)}
    assert [index for index, _ in tree.last_path(3)] == [3]


def test_an_address_that_says_nothing_is_on_no_bus() -> None:
    assert bus_of(Interface(address=PciAddress(bus=5, slot=1))) == 5
    assert bus_of(Interface(address=PciAddress())) is None
    assert bus_of(Interface()) is None
