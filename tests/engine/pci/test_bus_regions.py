"""The regions of buses that a document has, before anything is placed."""

from __future__ import annotations

import pytest

from devaddr_xml.engine.pci.bus_regions import Labels
from devaddr_xml.engine.pci.needs import Needs
from devaddr_xml.engine.plan import COMPLETION, start
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Controller, Hints, Interface
from devaddr_xml.model.guest import Guest, NumaCell
from devaddr_xml.model.policy import Policy
from devaddr_xml.probe.embedded import capabilities_for


def port(index: int, model: str, bus: int | None, slot: int = 0, node: int | None = None) -> Controller:
    address = None if bus is None else PciAddress(bus=bus, slot=slot)
    return Controller(type="pci", index=index, model=model, address=address, node=node)


#: A switch on bus 0 and one on cell 1, each with a port of a switch, and a port beside each.
TREE = (
    port(0, "pcie-root", None),
    port(1, "pcie-root-port", 0, 1),
    port(2, "pcie-switch-upstream-port", 1),
    port(3, "pcie-switch-downstream-port", 2),
    port(4, "pcie-root-port", 0, 2),
    port(5, "pcie-expander-bus", 0, 3, node=1),
    port(6, "pcie-root-port", 5, 0),
    port(7, "pcie-switch-upstream-port", 6),
    port(8, "pcie-switch-downstream-port", 7),
    port(9, "pcie-root-port", 5, 1),
)


def regions(policy: Policy, hints: Hints | None = None, *more: Controller) -> dict[int, tuple[str, int | None]]:
    """For each labelled bus the kind of its region, and the cell."""
    card = Interface(model="virtio", mac="52:54:00:00:00:01", hints=hints)
    made = Guest(
        arch="x86_64",
        machine="q35",
        memory=4 << 20,
        cells=(NumaCell(id=0), NumaCell(id=1)),
        devices=[*TREE, *more, card],
        policy=policy,
    )
    state = start(made, capabilities=capabilities_for("x86_64"))
    for step in COMPLETION:
        step(state)
    needs = Needs(state, state.connector(), True, False)
    table = Labels(state, needs).table
    return {bus: (needs.regions.table[at].kind, needs.regions.base(at).node) for bus, at in sorted(table.items()) if at}


CELLS = dict.fromkeys((5, 6, 7, 8, 9), ("node", 1))
SWITCHES = {**CELLS, 2: ("switch", None), 3: ("switch", None), 7: ("switch", 1), 8: ("switch", 1)}


@pytest.mark.parametrize(
    ("policy", "hints", "expected"),
    [
        (Policy(), None, CELLS),
        (Policy(), Hints(placement="root-port"), CELLS),
        (Policy(), Hints(placement="switch"), SWITCHES),
        (Policy(pcie_placement="switch"), None, SWITCHES),
    ],
)
def test_buses_of_switches(policy: Policy, hints: Hints | None, expected: dict[int, tuple[str, int | None]]) -> None:
    """They have regions of their own only where somebody goes behind a switch on purpose."""
    assert regions(policy, hints) == expected


@pytest.mark.parametrize(
    ("waiting", "expected"),
    [
        (port(10, "pcie-switch-downstream-port", None), CELLS),
        (port(10, "pcie-switch-upstream-port", None), CELLS),
        (port(10, "pcie-root-port", None), SWITCHES),
        (port(10, "pcie-switch-downstream-port", 2, 1), {**SWITCHES, 10: ("switch", None)}),
    ],
)
def test_a_switch_port_that_waits_for_its_place_keeps_switches_common(
    waiting: Controller, expected: dict[int, tuple[str, int | None]]
) -> None:
    assert regions(Policy(pcie_placement="switch"), None, waiting) == expected
