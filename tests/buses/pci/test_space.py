"""Buses and the space of all buses: fit, reserve, search."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from devaddr_xml.buses.pci.bus import Bus
from devaddr_xml.buses.pci.controllers import OFFERS
from devaddr_xml.buses.pci.flags import (
    AUTO,
    CONVENTIONAL,
    DOWNSTREAM_PORT,
    EXPRESS,
    INTEGRATED,
    PCI_BRIDGE,
    PCIE_EXPANDER,
    ROOT_PORT,
)
from devaddr_xml.buses.pci.space import PACK_ENDPOINTS, PACK_PORTS, Need, Place, Space
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Disk, Interface
from devaddr_xml.model.errors import AddressConflict, PlacementError

C = Need(CONVENTIONAL | AUTO)
E = Need(EXPRESS | AUTO)
PORT = Need(ROOT_PORT, pack=PACK_PORTS)


def space(*models: str) -> Space:
    return Space([Bus(number, model) for number, model in enumerate(models)])


@pytest.mark.parametrize(
    ("model", "first", "last"),
    [
        ("pci-root", 1, 31),
        ("pci-bridge", 1, 31),
        ("pci-expander-bus", 0, 31),
        ("pcie-root", 1, 31),
        ("dmi-to-pci-bridge", 0, 31),
        ("pcie-to-pci-bridge", 1, 31),
        ("pcie-root-port", 0, 0),
        ("pcie-switch-downstream-port", 0, 0),
        ("pcie-switch-upstream-port", 0, 31),
        ("pcie-expander-bus", 0, 31),
    ],
)
def test_slots_of_each_model(model: str, first: int, last: int) -> None:
    assert (OFFERS[model].first, OFFERS[model].last) == (first, last)
    bus = Bus(0, model)
    for slot in range(first, last + 1):
        assert not bus.full
        assert bus.lowest_slot(0, ~0) == (slot, 0)
        bus.take(slot, 0, 0, "x")
    assert bus.full
    assert bus.lowest_slot(0, ~0) is None


@pytest.mark.parametrize(
    ("need", "models"),
    [
        (C, {"pci-root", "pci-bridge", "pci-expander-bus", "pcie-to-pci-bridge"}),
        (E, {"pcie-root-port", "pcie-switch-downstream-port"}),
        (PORT, {"pcie-root", "pcie-expander-bus"}),
        (Need(DOWNSTREAM_PORT), {"pcie-switch-upstream-port"}),
        (Need(PCIE_EXPANDER), {"pcie-root"}),
        (
            Need(PCI_BRIDGE),
            {"pci-root", "pci-bridge", "pci-expander-bus", "pcie-to-pci-bridge", "dmi-to-pci-bridge"},
        ),
    ],
)
def test_where_automatic_devices_fit(need: Need, models: set[str]) -> None:
    assert {model for model in OFFERS if Space.fits(need, Bus(1, model))} == models


def test_integrated_devices_fit_bus_0_only() -> None:
    need = Need(CONVENTIONAL | AUTO | INTEGRATED)
    assert Space.fits(need, Bus(0, "pcie-root"))
    assert not Space.fits(need, Bus(1, "pcie-to-pci-bridge"))


@pytest.mark.parametrize(("asked", "on", "off"), [(None, True, True), (True, True, False), (False, False, True)])
def test_hotplug_hints(asked: bool | None, on: bool, off: bool) -> None:
    need = replace(E, hotplug=asked)
    assert Space.fits(need, Bus(1, "pcie-root-port")) is on
    assert Space.fits(need, Bus(1, "pcie-root-port", hotplug=False)) is off


def test_lowest_bus_then_lowest_slot() -> None:
    buses = space("pci-root", "pci-bridge")
    places = [buses.place(C, "x") for _ in range(33)]
    assert places[0] == Place(0, 1, 0)
    assert places[30] == Place(0, 31, 0)
    assert places[31:] == [Place(1, 1, 0), Place(1, 2, 0)]


def test_root_ports_share_slots_but_an_empty_lower_slot_wins() -> None:
    buses = space("pcie-root")
    buses.reserve(PORT, PciAddress(slot=5), "given")
    assert [buses.place(PORT, "x") for _ in range(9)] == [*(Place(0, 1, f) for f in range(8)), Place(0, 2, 0)]


def test_root_ports_do_not_join_a_slot_that_another_device_opened() -> None:
    buses = space("pcie-root")
    buses.reserve(E, PciAddress(slot=1), "endpoint")
    assert buses.place(PORT, "x") == Place(0, 2, 0)


def test_endpoints_that_pack_fill_their_open_slot_first() -> None:
    need = replace(E, pack=PACK_ENDPOINTS)
    buses = space("pcie-root", "pcie-root-port", "pcie-root-port")
    assert [buses.place(need, "x") for _ in range(9)] == [*(Place(1, 0, f) for f in range(8)), Place(2, 0, 0)]


def test_groups_keep_devices_apart() -> None:
    buses = space("pcie-root", "pcie-root-port", "pcie-root-port")
    buses.buses[1].group = 7
    assert buses.search(E) == Place(2, 0, 0)
    assert buses.search(replace(E, group=7)) == Place(1, 0, 0)


def test_shifting_groups_take_over_an_empty_bus() -> None:
    buses = Space([Bus(0, "pci-root"), Bus(1, "pci-root"), Bus(2, "pci-root")], shifting={0, 5})
    buses.buses[0].locked = True
    assert buses.place(replace(C, group=5), "a") == Place(1, 1, 0)
    assert buses.place(replace(C, group=5), "b") == Place(1, 2, 0)
    assert buses.place(C, "c") == Place(0, 1, 0)
    buses.reserve(C, PciAddress(bus=1, slot=9), "emulated")
    assert buses.buses[1].group == 0


def test_a_place_twice_names_both() -> None:
    buses = space("pci-root")
    first, second = Disk(target="vda", line=4), Interface(mac="52:54:00:00:00:01", line=9)
    buses.reserve(C, PciAddress(slot=3), first)
    with pytest.raises(AddressConflict) as caught:
        buses.reserve(C, PciAddress(slot=3), second)
    error = caught.value
    assert (error.line, error.other_line) == (9, 4)
    assert "disk vda" in str(error)
    assert "52:54:00:00:00:01" in str(error)


@pytest.mark.parametrize(
    ("models", "need", "address", "words"),
    [
        (["pci-root"], C, PciAddress(bus=1, slot=1), "no bus 1"),
        (["pci-root"], C, PciAddress(slot=0, bus=0, domain=1), "domain 0 only"),
        (["pci-root"], C, PciAddress(slot=1, function=8), "functions are 0 to 7"),
        (["pcie-root", "pcie-root-port"], E, PciAddress(bus=1, slot=1), "slot 0 only"),
        (["pci-root"], PORT, PciAddress(slot=1), "pcie-root-port cannot be plugged"),
        (["pcie-root"], Need(CONVENTIONAL | INTEGRATED), PciAddress(bus=1), "no bus 1"),
        ([], C, PciAddress(slot=1), "no PCI bus"),
    ],
)
def test_addresses_that_cannot_be(models: list[str], need: Need, address: PciAddress, words: str) -> None:
    with pytest.raises(PlacementError, match=words):
        space(*models).reserve(need, address, "x")


def test_given_endpoints_may_sit_on_any_bus_that_takes_endpoints() -> None:
    buses = space("pcie-root", "pcie-root-port", "dmi-to-pci-bridge")
    buses.reserve(C, PciAddress(bus=1, slot=0), "conventional in a port")
    buses.reserve(E, PciAddress(bus=0, slot=3), "integrated endpoint")
    buses.reserve(E, PciAddress(bus=2, slot=0), "express on a conventional bus")
    buses.reserve(Need(PCI_BRIDGE), PciAddress(bus=0, slot=4), "a bridge on the PCIe root")


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 31), st.integers(0, 7)), max_size=60, unique=True), st.data()
)
def test_search_never_gives_a_taken_place(taken: list[tuple[int, int, int]], data: st.DataObject) -> None:
    models = data.draw(st.lists(st.sampled_from(sorted(OFFERS)), min_size=4, max_size=4))
    buses = space(*models)
    for bus, slot, function in taken:
        buses.buses[bus].take(slot, function, 0, "given")
    for need in (C, E, PORT, replace(E, pack=PACK_ENDPOINTS)):
        for _ in range(5):
            found = buses.search(need)
            if found is None:
                break
            assert buses.buses[found.bus].owner(found.slot, found.function) is None
            assert Space.fits(need, buses.buses[found.bus])
            buses.take(need, found, "x", fixed=False)
