"""Nodes and root complexes of host devices, from what is known of the host."""

from __future__ import annotations

from typing import Any

import pytest
from recorded import Recorded

import devaddr_xml
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Controller, Device, Disk, Hostdev, HostSource, Interface
from devaddr_xml.model.errors import HintError
from devaddr_xml.model.guest import Guest, MemNode, NumaCell, VcpuPin
from devaddr_xml.model.hints import Hints
from devaddr_xml.model.host import HostFacts, HostPciDevice
from devaddr_xml.model.plan import Plan
from devaddr_xml.model.policy import Policy, Spare

HOST = HostFacts(
    pci={
        "0000:41:00.0": HostPciDevice(numa_node=0, root_complex="pci0000:40"),
        "0000:81:00.0": HostPciDevice(numa_node=1, root_complex="pci0000:80"),
        "0000:a1:00.0": HostPciDevice(numa_node=1, root_complex="pci0000:a0"),
        "0000:c1:00.0": HostPciDevice(numa_node=-1, root_complex="pci0000:c0"),
        "0000:d1:00.0": HostPciDevice(root_complex="pci0000:d0"),
        "0000:e1:00.0": HostPciDevice(numa_node=1),
    },
    cpus={0: (0, 1, 2, 3), 1: (4, 5, 6, 7)},
)
CELLS = (NumaCell(id=0, memory=1 << 20, cpus=(0, 1)), NumaCell(id=1, memory=1 << 20, cpus=(2, 3)), NumaCell(id=2))
STRICT = Policy(numa="strict")
#: Memory of cells 0 and 1 crosswise on the host's nodes.
CROSSED = (MemNode(cell=0, nodes=(1,)), MemNode(cell=1, nodes=(0,)))


def card(bus: int, hints: Hints | None = None, address: PciAddress | None = None) -> Hostdev:
    return Hostdev(type="pci", source=HostSource(pci=PciAddress(bus=bus)), hints=hints, address=address)


def planned(
    *devices: Device, policy: Policy | None = STRICT, machine: str = "q35", arch: str = "x86_64", **rest: Any
) -> Plan:
    options: dict[str, Any] = {"cells": CELLS, "memnodes": CROSSED, "vcpus": 4, "memory": 2 << 20} | rest
    guest = Guest(arch=arch, machine=machine, devices=list(devices), policy=policy, **options)
    return devaddr_xml.plan(guest, host=HOST)


def hints(plan: Plan) -> list[Hints | None]:
    return [device.hints for device in plan.guest.devices if isinstance(device, Hostdev | Interface)]


def nodes(plan: Plan) -> list[int | None]:
    return [each.node if each else None for each in hints(plan)]


def test_memory_says_which_cell() -> None:
    plan = planned(card(0x41), card(0x81), card(0xA1), card(0xE1))
    assert nodes(plan) == [1, 0, 0, 0]
    assert [each.root_complex for each in hints(plan) if each] == ["pci0000:40", "pci0000:80", "pci0000:a0", None]
    assert sorted(
        c.node for c in plan.guest.devices if isinstance(c, Controller) and c.model == "pcie-expander-bus"
    ) == [0, 0, 0, 1]  # type: ignore[type-var]
    assert plan.guest.policy is not None
    assert [entry.node for entry in plan.guest.policy.devices] == [1, 0, 0, 0]


def test_pinned_vcpus_say_which_cell() -> None:
    pins = (VcpuPin(vcpu=0, cpus=(0, 1)), VcpuPin(vcpu=2, cpus=(4,)), VcpuPin(vcpu=3, cpus=(5, 6)))
    assert nodes(planned(card(0x41), card(0x81), memnodes=(), vcpu_pins=pins)) == [0, 1]
    assert nodes(planned(card(0x41), card(0x81), memnodes=CROSSED[:1], vcpu_pins=pins)) == [0, 0]


def test_an_interface_that_is_a_host_device() -> None:
    nic = Interface(type="hostdev", source_type="pci", source=HostSource(pci=PciAddress(bus=0x81)))
    assert nodes(planned(nic)) == [0]


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        ({"memnodes": ()}, "neither numatune/memnode nor vcpupin"),
        ({"memnodes": (MemNode(cell=0, nodes=(0, 1)), MemNode(cell=2, nodes=(1,)))}, "memory of guest cells 0, 2"),
        (
            {"memnodes": (), "vcpu_pins": (VcpuPin(vcpu=0, cpus=(3, 4)), VcpuPin(vcpu=2, cpus=(7,)))},
            "vCPUs of guest cells 0, 1",
        ),
        ({"memnodes": (MemNode(cell=9, nodes=(1,)),)}, "neither"),
    ],
)
def test_no_cell_or_several(golden: Recorded, rest: dict[str, Any], words: str) -> None:
    with pytest.raises(HintError, match=rf"hostdev 0000:81:00.0: .*host NUMA node 1, and {words}") as caught:
        planned(card(0x81), **rest)
    golden(caught.value)
    plan = planned(card(0x81), policy=Policy(numa="prefer"), **rest)
    assert nodes(plan) == [None]
    assert any(words in str(warning) for warning in plan.warnings)
    plan = planned(card(0x81), policy=Policy(numa="off"), **rest)
    assert nodes(plan) == [None]
    assert [warning.message.partition(":")[0] for warning in plan.warnings] == ["the host facts had no effect"]


@pytest.mark.parametrize("policy", [None, Policy(), Policy(profile="libvirt"), Policy(scsi_units="libvirt")])
def test_plain_libvirt_looks_at_no_node(policy: Policy | None) -> None:
    plan = planned(card(0x81), policy=policy, memnodes=())
    assert nodes(plan) == [None]
    assert not any(isinstance(c, Controller) and c.model == "pcie-expander-bus" for c in plan.guest.devices)


@pytest.mark.parametrize(
    "policy", [Policy(profile="hotplug"), Policy(spare_ports=3), Policy(numa="strict"), Policy(spares=(Spare(0, 1),))]
)
def test_what_asks_for_more_than_plain_libvirt(policy: Policy) -> None:
    assert nodes(planned(card(0x81), policy=policy)) == [0]


def test_a_hint_on_any_device_asks_for_more() -> None:
    assert nodes(planned(Disk(target="vda", bus="virtio", hints=Hints(hotplug="no")), card(0x81), policy=None)) == [0]


def test_what_the_hints_say_stays() -> None:
    plan = planned(
        card(0x81, Hints(node=2)), card(0xA1, Hints(root_complex="mine")), card(0x41, Hints(node=0, root_complex="x"))
    )
    assert hints(plan) == [
        Hints(node=2, root_complex="pci0000:80"),
        Hints(node=0, root_complex="mine"),
        Hints(node=0, root_complex="x"),
    ]


def test_nothing_is_inferred_for_a_device_that_cannot_follow() -> None:
    assert nodes(planned(card(0xC1), card(0xD1))) == [None, None]
    assert nodes(planned(card(0x81, Hints(placement="root-complex")))) == [None]
    assert nodes(planned(card(0x81, address=PciAddress(bus=0, slot=9)))) == [None]
    assert nodes(planned(card(0x81), cells=(), memnodes=())) == [None]
    assert nodes(planned(card(0x81), machine="virt", arch="riscv64")) == [None]


def test_a_device_that_the_facts_do_not_know() -> None:
    with pytest.raises(HintError, match=r"host facts do not know the host device 0000:f1:00.0: they know 6 devices"):
        planned(card(0xF1))
    plan = planned(card(0xF1), policy=Policy(numa="prefer"))
    assert nodes(plan) == [None]
    assert any("do not know" in str(warning) for warning in plan.warnings)
    assert nodes(planned(card(0xF1, Hints(node=1)))) == [1]


def test_groups_share_what_is_inferred_or_have_none() -> None:
    group = Hints(slot_group="gpu")
    assert nodes(planned(card(0xE1, group), card(0xE1 + 1, group))) == [None, None]
    assert nodes(planned(card(0x81, group), card(0xA1, group))) == [None, None]
    assert nodes(planned(card(0xE1, group))) == [0]


def test_the_result_needs_no_host_facts() -> None:
    plan = planned(card(0x41), card(0x81))
    again = devaddr_xml.plan(plan.guest)
    assert again.guest == plan.guest
    assert not again.added


@pytest.mark.parametrize(("machine", "arch"), [("pc", "x86_64"), ("pseries", "ppc64"), ("virt", "aarch64")])
def test_other_machines(machine: str, arch: str) -> None:
    assert nodes(planned(card(0xE1), machine=machine, arch=arch)) == [0]
