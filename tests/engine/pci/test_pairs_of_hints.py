"""Every hint alone and every two together, on two devices, machine by machine.

What is accepted keeps every promise, read from the finished document alone; a refusal names what is to blame.
"""

from __future__ import annotations

from functools import partial
from itertools import combinations
from typing import Any

import msgspec
import pytest
from layout_line import layout_line
from properties.xml_promises import Promises
from recorded import Recorded

from devaddr_xml.domxml.render import render
from devaddr_xml.engine.plan import plan
from devaddr_xml.model.device import AnyDevice, Controller, Disk, Interface, Memballoon
from devaddr_xml.model.errors import DevaddrError
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
    "conventional": (
        Interface(mac="52:54:00:00:00:0a", model="e1000"),
        Interface(mac="52:54:00:00:00:0b", model="e1000"),
    ),
    "both": (Disk(target="vda", bus="virtio"), Interface(mac="52:54:00:00:00:0b", model="e1000")),
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

#: Of the devices above, what each needs of its bus.
NEEDS = {"vda": "either", "vdb": "either", "52:54:00:00:00:0a": "pci", "52:54:00:00:00:0b": "pci"}

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


def check(error: DevaddrError) -> None:
    """An error says what is to blame and what helps."""
    assert error.device
    assert error.remedy


def refusal(machine: str, devices: tuple[AnyDevice, ...], names: Names, policy: Policy | None = None) -> str | None:
    """Why the hints are refused; where they are not, the layout keeps what they promise and stays as it is."""
    try:
        found = made(machine, devices, names, policy)
    except DevaddrError as error:
        check(error)
        return str(error)
    assert plan(found.guest, capabilities=capabilities_for(found.guest.arch or "")).guest == found.guest
    Promises(render(found.guest), NEEDS if MACHINES[machine][2] == () else {}).check()
    return None


def pairs() -> list[Names]:
    return [(one, other) for one, other in combinations(HINTS, 2) if field(one) != field(other)]


def spelled(name: str) -> str:
    """The name of a hint as a document has it."""
    return field(name).replace("_", "-")


@pytest.mark.parametrize("devices", DEVICES)
@pytest.mark.parametrize("machine", MACHINES)
def test_pairs(machine: str, devices: str) -> None:
    """Two hints of which each is accepted alone are refused only together, by the names of both."""
    alone = {name: refusal(machine, DEVICES[devices], (name,)) for name in HINTS}
    unexplained = []
    for pair in pairs():
        message = refusal(machine, DEVICES[devices], pair)
        if message and not any(alone[name] for name in pair) and not all(spelled(name) in message for name in pair):
            unexplained.append(f"{' + '.join(pair)}: {message}")
    assert unexplained == []


@pytest.mark.parametrize("machine", MACHINES)
def test_refused_together(golden: Recorded, machine: str) -> None:
    """The pairs of hints that exclude each other, though each alone is accepted."""
    devices = DEVICES["both"]
    fine = {name for name in HINTS if not refusal(machine, devices, (name,))}
    refused = [pair for pair in pairs() if fine.issuperset(pair) and refusal(machine, devices, pair)]
    golden(
        *(f"{one} + {' | '.join(o for f, o in refused if f == one)}" for one in dict.fromkeys(f for f, _ in refused))
    )


@pytest.mark.parametrize("machine", ["q35", "pc"])
def test_alone(golden: Recorded, machine: str) -> None:
    """Where each hint puts two different devices."""
    found: dict[str, list[str]] = {}
    for name in HINTS:
        found.setdefault(layout_line(partial(made, machine, DEVICES["both"], (name,), None)), []).append(name)
    golden(*(f"{', '.join(names)}: {layout}" for layout, names in found.items()))


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
def test_with_policy(machine: str, policy: str) -> None:
    for name in HINTS:
        message = refusal(machine, DEVICES["both"], (name,), POLICIES[policy])
        assert message is None or spelled(name) in message or policy == "nodes off", f"{name}: {message}"


@pytest.mark.parametrize("policy", POLICIES)
def test_layout_of_policy(golden: Recorded, policy: str) -> None:
    golden(layout_line(partial(made, "q35", DEVICES["both"], (), POLICIES[policy])))


def test_all_hints_are_tried() -> None:
    """All but ``pci-bus-of`` and ``name``, which are for IOMMUs and for interfaces only."""
    assert {field(name) for name in HINTS} | {"pci_bus_of", "name"} == set(Hints.__struct_fields__)
