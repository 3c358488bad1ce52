"""Guests with as many devices as fit, and one step beyond: what is made for them, or who finds no place and why."""

from __future__ import annotations

from typing import Any

import pytest
from layout_line import SHORT, where
from properties.layout import Layout
from recorded import Recorded

from devaddr_xml.engine.plan import plan
from devaddr_xml.model.device import AnyDevice, Controller, Disk, Interface, Memballoon, Video
from devaddr_xml.model.errors import DevaddrError
from devaddr_xml.model.guest import Guest, NumaCell
from devaddr_xml.model.hints import Hints
from devaddr_xml.model.naming import label
from devaddr_xml.model.plan import Plan
from devaddr_xml.model.policy import Policy, Spare
from devaddr_xml.probe.embedded import capabilities_for

ARCHITECTURES = {"q35": "x86_64", "pc": "x86_64", "pseries": "ppc64"}
BARE = (Controller(type="usb", model="none"), Memballoon(model="none"))


def cards(count: int, model: str = "virtio", **hints: Any) -> list[AnyDevice]:
    asked_hints = Hints(**hints) if hints else None
    return [Interface(mac=f"{number}", model=model, hints=asked_hints, line=number) for number in range(1, count + 1)]


def groups(count: int, **hints: Any) -> list[AnyDevice]:
    """Cards that are alone in groups."""
    return [
        Interface(mac=f"{n}", model="e1000", hints=Hints(bus_group=f"g{n}", **hints), line=n)
        for n in range(1, count + 1)
    ]


def expanders(model: str, *numbers: int) -> list[AnyDevice]:
    return [
        Controller(type="pci", index=index, model=model, bus_nr=number, node=index % 2, line=index)
        for index, number in enumerate(numbers, 1)
    ]


CONVENTIONAL: dict[str, tuple[list[AnyDevice], Policy | None]] = {
    "one bus": (cards(28), None),
    "two buses": (cards(31), None),
    "many buses": (cards(100), None),
    "many buses with a policy": (cards(100), Policy(spare_ports=0)),
    "spare slots": (cards(25), Policy(spare_ports=20)),
    "a cell": (cards(40, node=1), None),
    "a cell and others": ([*cards(40, node=1), *cards(40)], None),
    "bridges of a cell": (cards(40, node=1, placement="bridge"), None),
    "own buses": (cards(20, own_bus="yes"), None),
    "too many own buses": (cards(70, own_bus="yes"), None),
    "own buses of a cell": (cards(35, node=1, own_bus="yes"), None),
    "too many own buses of a cell": (cards(260, node=1, own_bus="yes"), None),
    "groups": (groups(20), None),
    "too many groups": (groups(300), None),
    "groups of a cell": (groups(35, node=0), None),
    "bus 0": (cards(25, placement="root-complex"), None),
    "too many for bus 0": (cards(40, placement="root-complex"), None),
    "bus 0 and others": ([*cards(20, placement="root-complex"), *cards(20)], None),
    "packed": (cards(300), Policy(profile="packed")),
    "packed at need": (cards(60, node=1), Policy(profile="hotplug")),
    "ports of cells": (cards(3), Policy(spares=(Spare(0, 10), Spare(1, 40)))),
    "cells preferred": ([*cards(10, placement="root-complex"), *cards(300, node=1)], Policy(numa="prefer")),
    "given expanders": ([*expanders("pci-expander-bus", 200, 204), *cards(4, node=1), *cards(4, node=0)], None),
    "expanders too near": (
        [*expanders("pci-expander-bus", 250, 252), *cards(30, node=1, own_bus="yes")],
        Policy(spare_ports=0),
    ),
}

EXPRESS: dict[str, tuple[list[AnyDevice], Policy | None]] = {
    "ports": (cards(20), None),
    "too many ports": (cards(260), None),
    "conventional": (cards(40, "e1000"), None),
    "conventional with a policy": (cards(70, "e1000"), Policy(spare_ports=1)),
    "a cell": (cards(20, node=1), None),
    "too many for a cell": (cards(250, node=1), None),
    "conventional of a cell": (cards(70, "e1000", node=1), None),
    "behind switches": (cards(40, placement="switch"), None),
    "behind switches of a cell": (cards(70, placement="switch", node=1), None),
    "a group": (cards(20, bus_group="g"), None),
    "too large a group": (cards(40, bus_group="g"), None),
    "too large a conventional group": (cards(40, "e1000", bus_group="g"), None),
    "conventional groups": (groups(30), None),
    "too many conventional groups": (groups(130), None),
    "conventional groups of a cell": (groups(20, node=1), None),
    "own buses": (cards(20, "e1000", own_bus="yes"), None),
    "own buses of a cell": (cards(20, "e1000", own_bus="yes", node=0), None),
    "bus 0": (cards(20, placement="root-complex"), None),
    "too many for bus 0": (cards(40, placement="root-complex"), None),
    "packed": (cards(300), Policy(profile="packed")),
    "packed at need": (cards(300), Policy(profile="hotplug")),
    "spare ports": (cards(3), Policy(spare_ports=30)),
    "too many spare ports": (cards(3), Policy(spare_ports=260)),
    "ports of cells": (cards(3), Policy(spares=(Spare(0, 10), Spare(1, 40)))),
    "wide cells": ([*cards(60, node=0), *cards(60, node=1)], Policy(spare_ports=50)),
    "cells as wide as can be": ([*cards(115, node=0), *cards(115, node=1)], None),
    "too many ports of cells": (cards(3), Policy(spares=(Spare(0, 200), Spare(1, 200)))),
    "cells preferred": (cards(300, node=1), Policy(numa="prefer", overflow="pack")),
    "given expanders": ([*expanders("pcie-expander-bus", 200, 204), *cards(3, node=1), *cards(4, node=0)], None),
    "expanders too near": ([*expanders("pcie-expander-bus", 250, 252), *cards(30, node=1)], Policy(spare_ports=0)),
    "expanders too low": ([*expanders("pcie-expander-bus", 6, 40), *cards(30)], Policy(spare_ports=0)),
    "video elsewhere": ([Controller(type="pci", index=1, model="pcie-root-port"), *cards(1), Video(model="vga")], None),
}


def made(machine: str, devices: list[AnyDevice], policy: Policy | None) -> Plan:
    arch = ARCHITECTURES[machine]
    cells = tuple(NumaCell(id=number, memory=1 << 20) for number in range(2))
    disk = Disk(target="vda", bus="virtio")
    guest = Guest(
        arch=arch, machine=machine, memory=2 << 20, cells=cells, devices=[*BARE, disk, *devices], policy=policy
    )
    return plan(guest, capabilities=capabilities_for(arch))


def summary(found: Plan) -> str:
    """The expander buses and how many there are of the others; the last devices; what is doubtful."""
    buses = [c for c in found.guest.devices if isinstance(c, Controller) and c.type == "pci" and c.index]
    models = [SHORT[bus.model or ""] for bus in buses]
    counts = [f"{models.count(name)} of {name}" for name in dict.fromkeys(models)]
    numbered = [f"{bus.index} {where(bus)} from {bus.bus_nr}, node {bus.node}" for bus in buses if bus.bus_nr]
    others = [each for each in found.guest.devices if each.line and each not in buses]
    ends = [f"{label(each)} {where(each)}" for each in (*others[:2], *others[-2:])]
    last = [f"{buses[-1].index} {where(buses[-1])}"] if buses and buses[-1].address else []
    causes = {each.cause for each in found.decisions}
    return "; ".join([*counts, *numbered, *last, *ends, " ".join(sorted(causes)), *map(str, found.warnings[:3])])


def outcome(machine: str, devices: list[AnyDevice], policy: Policy | None) -> str:
    try:
        return summary(made(machine, devices, policy))
    except DevaddrError as error:
        return f"{type(error).__name__}: {error}"


@pytest.mark.parametrize("name", CONVENTIONAL)
def test_conventional(golden: Recorded, name: str) -> None:
    golden(outcome("pc", *CONVENTIONAL[name]))


#: What has no room on pSeries, which has host bridges in place of expander buses.
NO_ROOM = ("packed", "too many groups", "too many own buses of a cell", "too many for bus 0")


@pytest.mark.parametrize("name", CONVENTIONAL)
def test_host_bridges(name: str) -> None:
    """Every device has a place of its own, or there is none for one of them and the error names it."""
    devices, policy = CONVENTIONAL[name]
    if name in NO_ROOM or any(isinstance(device, Controller) for device in devices):
        with pytest.raises(DevaddrError) as caught:
            made("pseries", devices, policy)
        assert caught.value.remedy
        return
    layout = Layout(made("pseries", devices, policy).guest)
    layout.check_slots()
    bridges = [bus for bus in layout.buses.values() if bus.model == "pci-root"]
    assert sorted(bus.target_index for bus in bridges) == list(range(len(bridges)))
    for device in layout.guest.devices:
        if isinstance(device, Interface):
            assert layout.node(device) == (device.hints.node if device.hints else None) or policy is not None


@pytest.mark.parametrize("name", EXPRESS)
def test_express(golden: Recorded, name: str) -> None:
    golden(outcome("q35", *EXPRESS[name]))
