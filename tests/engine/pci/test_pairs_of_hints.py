"""Every hint alone and every two together, on two devices, machine by machine: where they go, or why they cannot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import msgspec
import pytest
from layout_line import layout_line
from recorded import Recorded

from devaddr_xml.engine.plan import plan
from devaddr_xml.model.device import AnyDevice, Controller, Disk, Interface, Memballoon
from devaddr_xml.model.guest import Guest, NumaCell
from devaddr_xml.model.hints import Hints
from devaddr_xml.model.plan import Plan
from devaddr_xml.model.policy import Policy
from devaddr_xml.probe.embedded import capabilities_for

#: Hints by their names below.
Names = tuple[str, ...]

#: Architecture and machine, and abilities that its QEMU lacks.
MACHINES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "q35": ("x86_64", "q35", ()),
    "old q35": ("x86_64", "q35", ("pcie-pci-bridge", "pcie-root-port", "virtio-pci-non-transitional")),
    "pc": ("x86_64", "pc", ()),
    "pseries": ("ppc64", "pseries", ()),
}

DEVICES: dict[str, tuple[AnyDevice, AnyDevice]] = {
    "virtio": (Disk(target="vda", bus="virtio"), Disk(target="vdb", bus="virtio")),
    "conventional": (Interface(mac="a", model="e1000"), Interface(mac="b", model="e1000")),
    "both": (Disk(target="vda", bus="virtio"), Interface(mac="b", model="e1000")),
}

HINTS: dict[str, Any] = {
    "node": 1,
    "root_complex": "rc",
    "hotplug": "yes",
    "no hotplug": "no",
    "placement root-port": "root-port",
    "placement root-complex": "root-complex",
    "placement switch": "switch",
    "placement bridge": "bridge",
    "bus pcie": "pcie",
    "bus pci": "pci",
    "slot_group": "s",
    "bus_group": "b",
    "own_bus": "yes",
    "port_hotplug on": "on",
    "port_hotplug off": "off",
}

#: What every guest would have, and these do not need.
BARE = (Controller(type="usb", model="none"), Memballoon(model="none"))


def field(name: str) -> str:
    return "hotplug" if name == "no hotplug" else name.partition(" ")[0]


def made(machine: str, devices: tuple[AnyDevice, ...], names: Names, policy: Policy | None) -> Plan:
    arch, name, without = MACHINES[machine]
    known = capabilities_for(arch)
    capabilities = msgspec.structs.replace(known, flags=known.flags - set(without))
    hints = Hints(**{field(name): HINTS[name] for name in names})
    hinted = [msgspec.structs.replace(device, hints=hints) for device in devices]
    cells = tuple(NumaCell(id=number, memory=1 << 20) for number in range(2))
    guest = Guest(arch=arch, machine=name, memory=2 << 20, cells=cells, devices=[*BARE, *hinted], policy=policy)
    return plan(guest, capabilities=capabilities)


def layouts(
    machine: str, devices: tuple[AnyDevice, ...], sets: Iterable[Names], policy: Policy | None = None
) -> Iterator[str]:
    """Each layout or error, after the sets of hints that lead to it."""
    asked: dict[str, list[Names]] = {}
    for names in sets:
        asked.setdefault(layout_line(partial(made, machine, devices, names, policy)), []).append(names)
    for layout, wishes in asked.items():
        yield f"{', '.join(' + '.join(names) or 'no hint' for names in wishes)}: {layout}"


@pytest.mark.parametrize("first", HINTS)
@pytest.mark.parametrize("devices", DEVICES)
@pytest.mark.parametrize("machine", MACHINES)
def test_layout(said: Recorded, machine: str, devices: str, first: str) -> None:
    others = [name for name in list(HINTS)[list(HINTS).index(first) + 1 :] if field(name) != field(first)]
    sets: list[Names] = [(first,), *((first, other) for other in others)]
    said(*layouts(machine, DEVICES[devices], sets))


POLICIES = {
    "hotplug": Policy(profile="hotplug"),
    "integrated": Policy(profile="integrated"),
    "packed": Policy(profile="packed"),
    "switch": Policy(pcie_placement="switch", spare_ports=2),
    "ports on": Policy(port_hotplug="on", spare_ports=1),
    "nodes preferred": Policy(numa="prefer"),
    "nodes off": Policy(numa="off"),
    "functions": Policy(packing="functions", spare_ports=1, port_hotplug="spare-only"),
}


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("machine", MACHINES)
def test_layout_of_policy(said: Recorded, machine: str, policy: str) -> None:
    for_each: list[Names] = [(), *((name,) for name in HINTS)]
    said(*layouts(machine, DEVICES["both"], for_each, POLICIES[policy]))


def test_all_hints_are_tried() -> None:
    assert {field(name) for name in HINTS} == set(Hints.__struct_fields__)
