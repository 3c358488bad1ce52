"""What growth refuses by itself: hints that lead there are refused before, so it is asked directly."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from devaddr_xml.buses.pci.connect import Connector
from devaddr_xml.buses.pci.flags import AUTO, CONVENTIONAL, EXPRESS
from devaddr_xml.buses.pci.space import Need, Space
from devaddr_xml.engine.pci.build import build_space
from devaddr_xml.engine.pci.growth import Growth
from devaddr_xml.engine.pci.needs import Needs
from devaddr_xml.engine.state import State
from devaddr_xml.model.device import Controller, Interface
from devaddr_xml.model.errors import PlacementError, Unsupported
from devaddr_xml.model.policy import Policy

CARD = Interface(mac="a", model="virtio", line=7)
REMEDY = "Remove the hint, or use a machine with {}, such as q35"


def growing(state: State, express: bool) -> tuple[Needs, Growth, Space]:
    needs = Needs(state, Connector(express, True, state.host), express, False)
    growth = Growth(state.machine, needs, True)
    return needs, growth, build_space(state, needs, {}, 1, growth)


@pytest.mark.parametrize(
    ("arch", "machine", "words"),
    [
        ("riscv64", "virt", "node 1 needs an expander bus, which machine virt does not have"),
        ("x86_64", "pc", None),
    ],
)
def test_an_expander_bus(begin: Callable[..., State], arch: str, machine: str, words: str | None) -> None:
    needs, growth, space = growing(begin(arch=arch, machine=machine, policy=Policy(spare_ports=0)), machine == "virt")
    group = needs.regions.node(1, None)
    if words is None:
        growth.prepare(space, group, CARD)
        assert [bus.group for bus in space.buses] == [0, group]
        growth.prepare(space, group, CARD)
        assert len(space.buses) == 2
        return
    with pytest.raises(PlacementError) as caught:
        growth.prepare(space, group, CARD)
    assert str(caught.value) == f"line 7: interface a: {words}. {REMEDY.format('expander buses')}"


def test_a_switch(begin: Callable[..., State]) -> None:
    needs, growth, space = growing(begin(machine="pc", policy=Policy(spare_ports=0)), False)
    switch = needs.regions.switch(0)
    with pytest.raises(PlacementError) as caught:
        growth(space, Need(EXPRESS | AUTO, switch), 1, CARD)
    assert str(caught.value) == (
        "line 7: interface a: a switch needs PCI Express, which the machine does not have. "
        f"{REMEDY.format('PCI Express')}"
    )


def test_a_bus_that_is_there_is_taken(begin: Callable[..., State]) -> None:
    _, growth, space = growing(begin(machine="pc"), False)
    assert growth(space, Need(CONVENTIONAL | AUTO), 0, CARD) == 0
    assert len(space.buses) == 1


@pytest.mark.parametrize("owner", ["spare ports", CARD])
def test_there_are_256_buses(begin: Callable[..., State], owner: str | Interface) -> None:
    _, growth, space = growing(begin(machine="pc"), False)
    with pytest.raises(PlacementError, match="one more bus, and all 256 PCI buses are in use") as caught:
        growth(space, Need(CONVENTIONAL | AUTO), 256, owner)
    assert (caught.value.device, caught.value.line) == (("interface a", 7) if owner is CARD else (owner, None))
    assert growth(space, Need(CONVENTIONAL | AUTO), 255, owner) == 255
    assert len(space.buses) == 256


def test_a_controller_of_no_known_model(begin: Callable[..., State]) -> None:
    state = begin(machine="pc")
    state.controllers.append(Controller(type="pci", index=1, model="pcie-port", line=3))
    with pytest.raises(Unsupported, match="a PCI controller needs a model") as caught:
        growing(state, False)
    assert (caught.value.device, caught.value.line) == ("controller pci.1 (pcie-port)", 3)
    assert caught.value.remedy is not None
    assert caught.value.remedy.startswith("Use one of pci-root, ")
