"""Slots that are shared, buses that are kept for groups, and places on buses that were just made."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from devaddr_xml.buses.pci.bus import Bus
from devaddr_xml.buses.pci.connect import Connector
from devaddr_xml.buses.pci.flags import AUTO, CONVENTIONAL, DOWNSTREAM_PORT, EXPRESS, PCIE_TO_PCI_BRIDGE, UPSTREAM_PORT
from devaddr_xml.buses.pci.space import PACK_ENDPOINTS, PACK_PORTS, Need, Place, Space
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Controller, Disk, Hostdev
from devaddr_xml.model.errors import PlacementError
from devaddr_xml.model.host import NO_HOST_FACTS

PLAIN = Need(CONVENTIONAL | AUTO)


def space(*models: str, **options: object) -> Space:
    return Space([Bus(number, model) for number, model in enumerate(models)], **options)  # type: ignore[arg-type]


class TestFunctions:
    def test_the_lowest_gap_is_filled(self) -> None:
        bus = Bus(0, "pcie-root")
        bus.take(1, 0, PACK_PORTS, "a")
        bus.take(1, 2, PACK_PORTS, "b")
        assert bus.lowest_slot(PACK_PORTS, ~0) == (1, 1)
        bus.take(1, 1, PACK_PORTS, "c")
        assert bus.lowest_slot(PACK_PORTS, ~0) == (1, 3)
        assert bus.functions(1) == 0b111
        assert bus.functions(2) == 0

    def test_who_joins_fills_the_lowest_gap(self) -> None:
        buses = space("pci-root")
        shared = Need(CONVENTIONAL | AUTO, pack=PACK_ENDPOINTS)
        first = buses.place(shared, "a")
        buses.take(shared, Place(first.bus, first.slot, 2), "b", fixed=True)
        assert [buses.place(shared, "x").function for _ in range(6)] == [1, 3, 4, 5, 6, 7]
        assert buses.place(shared, "x") == Place(0, first.slot + 1, 0)

    def test_every_slot_counts_as_taken(self) -> None:
        bus = Bus(0, "pci-root")
        bus.take(1, 0, 0, "a")
        bus.take(4, 0, 0, "b")
        assert bus.busy == 0b10010
        assert bus.free == 0xFFFFFFEC
        assert not bus.full

    def test_groups_do_not_mix(self) -> None:
        bus = Bus(0, "pcie-root")
        bus.take(1, 0, PACK_PORTS, "a")
        bus.take(2, 0, 5, "b")
        assert bus.lowest_slot(5, 0b110) == (2, 1)
        assert bus.lowest_slot(PACK_PORTS, 0b110) == (1, 1)
        bus.take(3, 0, PACK_PORTS, "c")
        assert bus.lowest_slot(PACK_PORTS, 0b1110) == (1, 1)

    def test_a_full_slot_is_closed(self) -> None:
        bus = Bus(0, "pcie-root")
        for function in range(8):
            bus.take(1, function, PACK_PORTS, "x")
        assert bus.lowest_slot(PACK_PORTS, 0b110) == (2, 0)
        assert bus.lowest_slot(PACK_PORTS, 0b10) is None

    def test_a_certain_function_takes_a_slot_of_its_own(self) -> None:
        assert space("pci-root").place(PLAIN, "x", 7) == Place(0, 1, 7)

    def test_a_certain_function_on_a_new_bus(self) -> None:
        def grow(buses: Space, need: Need, number: int, owner: object) -> int:
            buses.add_bus("pci-bridge")
            return number

        assert Space([], grow).place(PLAIN, "x", 5) == Place(0, 1, 5)
        assert Space([], grow).place(PLAIN, "x") == Place(0, 1, 0)


class TestGroups:
    def test_an_empty_bus_is_taken_over(self) -> None:
        buses = space("pci-root", "pci-root", shifting={0, 3})
        buses.buses[0].locked = True
        assert buses.place(replace(PLAIN, group=3), "a", 2) == Place(1, 1, 2)
        assert buses.buses[1].group == 3
        with pytest.raises(PlacementError):
            buses.place(replace(PLAIN, group=4), "b")

    def test_a_locked_bus_keeps_its_group(self) -> None:
        buses = space("pci-root")
        buses.buses[0].locked = True
        buses.take(replace(PLAIN, group=3), Place(0, 1, 0), "a", fixed=True)
        assert buses.buses[0].group == 0

    def test_a_given_address_opens_a_bus_to_all(self) -> None:
        buses = space("pci-root", shifting={0, 3, 4})
        buses.take(replace(PLAIN, group=3), Place(0, 1, 0), "a", fixed=False)
        assert buses.buses[0].group == 3
        buses.take(replace(PLAIN, group=4), Place(0, 2, 0), "b", fixed=False)
        assert buses.buses[0].group == 3
        buses.take(replace(PLAIN, group=4), Place(0, 3, 0), "c", fixed=True)
        assert buses.buses[0].group == 0

    def test_a_new_bus_belongs_to_nobody(self) -> None:
        bus = Bus(3, "pcie-root-port")
        assert (bus.group, bus.locked, bus.placed_in, bus.placed, bus.node) == (0, False, 0, False, None)


class TestFits:
    @pytest.mark.parametrize(
        ("model", "fits"), [("pci-bridge", True), ("pci-root", False), ("pci-expander-bus", False)]
    )
    def test_behind_a_bridge_only(self, model: str, fits: bool) -> None:
        assert Space.fits(replace(PLAIN, bridged=True), Bus(1, model)) == fits

    @pytest.mark.parametrize(("number", "fits"), [(3, True), (4, False), (5, False)])
    def test_no_switch_hangs_below_itself(self, number: int, fits: bool) -> None:
        upstream, downstream = Bus(number, "pcie-switch-upstream-port"), Bus(number, "pcie-switch-downstream-port")
        assert Space.fits(Need(DOWNSTREAM_PORT, links_below=4), upstream) == fits
        assert Space.fits(Need(UPSTREAM_PORT, links_below=4), downstream) == fits
        assert Space.fits(Need(PCIE_TO_PCI_BRIDGE, links_below=4), Bus(number, "pcie-root-port"))

    @pytest.mark.parametrize(
        ("asked", "port", "fits"), [(None, True, True), (True, True, True), (True, False, False), (False, False, True)]
    )
    def test_hotplug(self, asked: bool | None, port: bool, fits: bool) -> None:
        assert Space.fits(Need(EXPRESS | AUTO, hotplug=asked), Bus(1, "pcie-root-port", port)) == fits


class TestNeeds:
    def test_controllers_of_no_model_and_strange_models_need_nothing(self) -> None:
        connector = Connector(True, True, NO_HOST_FACTS)
        assert connector.flags(Controller(type="pci")) == 0
        assert connector.flags(Disk(bus="sata")) == 0

    def test_a_host_device_that_names_no_place_is_express(self) -> None:
        assert Connector(True, True, NO_HOST_FACTS).flags(Hostdev(type="pci")) == EXPRESS | AUTO
        assert Connector(False, True, NO_HOST_FACTS).flags(Hostdev(type="pci")) == CONVENTIONAL | AUTO

    def test_what_has_a_pci_address_already(self) -> None:
        device = Hostdev(type="pci", address=PciAddress(bus=1))
        assert Connector(True, True, NO_HOST_FACTS).flags(device) == EXPRESS | AUTO
