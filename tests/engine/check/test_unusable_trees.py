"""What libvirt accepts and nobody can use: an error under our policies, a warning under libvirt's own."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from recorded import Recorded

from devaddr_xml.engine.check import check_guest
from devaddr_xml.engine.check.topology import topology_findings
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Controller, Device, Interface
from devaddr_xml.model.errors import AddressConflict, DevaddrError, PlacementError
from devaddr_xml.model.events import Chosen, Rule
from devaddr_xml.model.guest import NumaCell
from devaddr_xml.model.hints import Hints
from devaddr_xml.model.policy import Policy, Spare

NAMES = {
    "pci-bridge": "pci-bridge",
    "pcie-root-port": "pcie-root-port",
    "pcie-switch-upstream-port": "x3130-upstream",
    "pcie-switch-downstream-port": "xio3130-downstream",
    "pcie-to-pci-bridge": "pcie-pci-bridge",
    "pcie-expander-bus": "pxb-pcie",
    "pci-expander-bus": "pxb",
}


def at(bus: int, slot: int, function: int = 0, multifunction: bool | None = None) -> PciAddress:
    return PciAddress(bus=bus, slot=slot, function=function, multifunction=multifunction)


def pci(index: int, model: str, address: PciAddress | None, **more: Any) -> Controller:
    if model in ("pcie-root-port", "pcie-switch-downstream-port"):
        more = {"chassis": index, "port": 0, **more}
    if model == "pci-bridge":
        more = {"chassis_nr": index, **more}
    return Controller(type="pci", index=index, model=model, model_name=NAMES.get(model), address=address, **more)


def port(index: int, bus: int, slot: int, function: int = 0, **more: Any) -> Controller:
    multifunction = more.pop("multifunction", None)
    return pci(index, "pcie-root-port", at(bus, slot, function, multifunction), **more)


def nic(bus: int, slot: int, function: int = 0, multifunction: bool | None = None) -> Interface:
    return Interface(model="virtio", address=at(bus, slot, function, multifunction))


def numbered(devices: tuple[Device, ...]) -> list[Device]:
    """Copies of the devices, each with a line of its own."""
    return [msgspec.structs.replace(device, line=line) for line, device in enumerate(devices, 1)]


ROOT = pci(0, "pcie-root", None)
PC_ROOT = pci(0, "pci-root", None)
PC = {"machine": "pc"}


def expander(index: int, bus_nr: int, slot: int = 9, node: int | None = None) -> Controller:
    return pci(index, "pcie-expander-bus", at(0, slot), bus_nr=bus_nr, node=node)


def pxb(index: int, bus_nr: int, slot: int = 9) -> Controller:
    return pci(index, "pci-expander-bus", at(0, slot), bus_nr=bus_nr)


UNUSABLE: list[tuple[str, tuple[Device, ...], dict[str, Any], type[DevaddrError], str]] = [
    ("chassis", (port(1, 0, 2), port(2, 0, 3, chassis=1)), {}, AddressConflict, "chassis 1 is used twice"),
    (
        "chassis of a downstream port",
        (
            port(1, 0, 2),
            pci(2, "pcie-switch-upstream-port", at(1, 0)),
            pci(3, "pcie-switch-downstream-port", at(2, 0), chassis=1),
        ),
        {},
        AddressConflict,
        "chassis 1 is used twice",
    ),
    (
        "chassis number of a bridge",
        (PC_ROOT, pci(1, "pci-bridge", at(0, 3)), pci(2, "pci-bridge", at(0, 4), chassis_nr=1)),
        PC,
        AddressConflict,
        "chassisNr 1 is used twice",
    ),
    (
        "host bridge",
        tuple(
            Controller(type="pci", index=n, model="pci-root", model_name="spapr-pci-host-bridge", target_index=target)
            for n, target in ((0, 0), (1, 5), (2, 5))
        ),
        {"machine": "pseries", "arch": "ppc64"},
        AddressConflict,
        "target index 5 is used twice",
    ),
    ("no function 0", (port(1, 0, 2), nic(1, 0, 1)), {}, PlacementError, "which has no function 0"),
    (
        "function 0 elsewhere",
        (PC_ROOT, nic(0, 3), nic(0, 4, 1)),
        PC,
        PlacementError,
        "function 1 of bus 0 slot 4, which has no function 0",
    ),
    ("chipset of another machine", (ROOT, nic(0, 1, 3)), {}, PlacementError, "no function 0"),
    (
        "not shared",
        (ROOT, port(1, 0, 2, multifunction=False), port(2, 0, 2, 1)),
        {},
        AddressConflict,
        "multifunction='off'",
    ),
    (
        "one number twice",
        (ROOT, expander(1, 200, 9), expander(2, 200, 10)),
        {},
        AddressConflict,
        "busNr 200 is used twice",
    ),
    (
        "overlap",
        (ROOT, expander(1, 200, 9), expander(2, 203, 10), *(port(3 + n, 1, n) for n in range(3))),
        {},
        AddressConflict,
        "needs bus numbers 200 to 203, and that of controller pci.2 (pcie-expander-bus) begins at 203",
    ),
    (
        "too narrow",
        (ROOT, expander(1, 254), port(2, 1, 0), port(3, 1, 1), port(4, 1, 2)),
        {},
        PlacementError,
        "needs 4 bus numbers from 254",
    ),
    (
        "too narrow with a switch",
        (
            ROOT,
            expander(1, 252),
            port(2, 1, 0),
            pci(3, "pcie-switch-upstream-port", at(2, 0)),
            pci(4, "pcie-switch-downstream-port", at(3, 0)),
            pci(5, "pcie-to-pci-bridge", at(4, 0)),
        ),
        {},
        PlacementError,
        "needs 5 bus numbers from 252",
    ),
    (
        "into the main tree",
        (ROOT, expander(1, 3), *(port(2 + n, 0, 2 + n) for n in range(3))),
        {},
        AddressConflict,
        "begins at bus number 3, and the buses of the machine's own tree take 0 to 3",
    ),
    (
        "conventional overlap",
        (PC_ROOT, pxb(1, 200, 9), pxb(2, 201, 10)),
        PC,
        AddressConflict,
        "needs bus numbers 200 to 201",
    ),
    (
        "conventional too narrow",
        (PC_ROOT, pxb(1, 254), pci(2, "pci-bridge", at(1, 0))),
        PC,
        PlacementError,
        "needs 3 bus numbers from 254",
    ),
]

USABLE: list[tuple[str, tuple[Device, ...], dict[str, Any]]] = [
    ("chassis and chassis number", (PC_ROOT, pci(1, "pci-bridge", at(0, 3)), pci(2, "pci-bridge", at(0, 4))), PC),
    ("shared slot", (ROOT, port(1, 0, 2, multifunction=True), port(2, 0, 2, 1)), {}),
    ("alone and not shared", (ROOT, port(1, 0, 2, multifunction=False)), {}),
    ("chipset, i440fx", (PC_ROOT, Controller(type="usb", index=0, model="piix3-uhci", address=at(0, 1, 2))), PC),
    ("chipset, q35", (ROOT, Controller(type="sata", index=0, address=at(0, 0x1F, 2))), {}),
    ("s390", (PC_ROOT, nic(0, 1, 2)), {"machine": "s390-ccw-virtio", "arch": "s390x"}),
    (
        "side by side",
        (ROOT, expander(1, 200, 9), expander(2, 204, 10), *(port(3 + n, 1, n) for n in range(3))),
        {},
    ),
    ("just fits", (ROOT, expander(1, 252), *(port(2 + n, 1, n) for n in range(3))), {}),
    ("above the main tree", (ROOT, expander(1, 4), *(port(2 + n, 0, 2 + n) for n in range(3))), {}),
    ("conventional", (PC_ROOT, pxb(1, 200, 9), pxb(2, 202, 10), pxb(3, 254, 11)), PC),
]

ASKING: dict[str, tuple[Policy | None, Hints | None]] = {
    "tunable": (Policy(port_hotplug="on"), None),
    "profile": (Policy(profile="hotplug"), None),
    "spare": (Policy(spares=(Spare(node=0, ports=1),)), None),
    "version 1": (Policy(version=1, numa="off"), None),
    "hint": (None, Hints(hotplug="yes")),
}


@pytest.mark.parametrize(("devices", "guest", "error", "words"), [pytest.param(*r, id=n) for n, *r in UNUSABLE])
class TestUnusable:
    def test_refused_when_more_than_libvirt_is_asked(
        self,
        finish: Any,
        golden: Recorded,
        devices: tuple[Device, ...],
        guest: dict[str, Any],
        error: type[DevaddrError],
        words: str,
    ) -> None:
        with pytest.raises(error) as caught:
            check_guest(finish(*numbered(devices), policy=Policy(version=1, profile="packed"), **guest))
        assert words in caught.value.message
        assert caught.value.device
        assert caught.value.remedy
        assert bool(caught.value.other) == (error is AddressConflict)
        golden(caught.value)

    def test_warned_of_otherwise(
        self,
        finish: Any,
        golden: Recorded,
        devices: tuple[Device, ...],
        guest: dict[str, Any],
        error: type[DevaddrError],
        words: str,
    ) -> None:
        state = finish(*numbered(devices), **guest)
        check_guest(state)
        assert any(words in warning.message and warning.device for warning in state.journal.warnings)
        golden(*state.journal.warnings)


@pytest.mark.parametrize(("devices", "guest"), [pytest.param(*rest, id=name) for name, *rest in USABLE])
def test_usable(finish: Any, devices: tuple[Device, ...], guest: dict[str, Any]) -> None:
    assert not list(topology_findings(finish(*devices, **guest)))


@pytest.mark.parametrize(("policy", "hints"), ASKING.values(), ids=ASKING)
def test_whatever_is_asked_makes_it_strict(finish: Any, policy: Policy | None, hints: Hints | None) -> None:
    unusable = (port(1, 0, 2), port(2, 0, 3, chassis=1))
    hinted = nic(1, 0)
    hinted.hints = hints
    with pytest.raises(AddressConflict):
        check_guest(finish(ROOT, *unusable, hinted, policy=policy))


@pytest.mark.parametrize("policy", [Policy(numa="off"), Policy(overflow="pack"), Policy(scsi_units=7)])
def test_what_is_not_about_trees_leaves_warnings(finish: Any, policy: Policy) -> None:
    state = finish(ROOT, port(1, 0, 2), port(2, 0, 3, chassis=1), policy=policy)
    check_guest(state)
    assert "chassis 1 is used twice" in state.journal.warnings[0].message


NUMA = (ROOT, expander(1, 200, node=1), port(2, 1, 0))
CELLS = {"cells": (NumaCell(id=0), NumaCell(id=1))}


class TestNodes:
    """A device that names no node is not put below an expander of one without a word."""

    def test_placed_there(self, finish: Any) -> None:
        state = finish(*NUMA, nic(2, 0), **CELLS)
        device = state.interfaces[0]
        state.journal.note(device, device.address, Rule.EMPTY_PORT)
        check_guest(state)
        assert [str(warning) for warning in state.journal.warnings] == [
            "interface virtio: has no node hint and was placed at 0000:02:00.0, below an expander bus of "
            "NUMA cell 1. Give it an <address> on another bus, or a policy, which keeps such devices off expander buses"
        ]

    def test_given_there(self, finish: Any) -> None:
        state = finish(*NUMA, nic(2, 0), **CELLS)
        state.journal.note(state.interfaces[0], Chosen("model", "virtio"), Rule.EMPTY_PORT)
        check_guest(state)
        assert not state.journal.warnings

    def test_placed_elsewhere(self, finish: Any) -> None:
        state = finish(*NUMA, port(3, 0, 2), nic(3, 0), **CELLS)
        device = state.interfaces[0]
        state.journal.note(device, device.address, Rule.EMPTY_PORT)
        check_guest(state)
        assert not state.journal.warnings
