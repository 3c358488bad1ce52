"""Hints from everywhere are joined, and what they cannot mean is refused, dropped or let be."""

from __future__ import annotations

from typing import Any

import pytest

from devaddr_xml.engine.hints import resolve_hints
from devaddr_xml.engine.hints.machine_kind import machine_kind
from devaddr_xml.engine.plan import PASSES, start
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import (
    Address,
    CcwAddress,
    PciAddress,
    VirtioMmioAddress,
)
from devaddr_xml.model.device import (
    Channel,
    Controller,
    Device,
    Disk,
    Hostdev,
    HostSource,
    Hub,
    Input,
    Interface,
    Memballoon,
    Redirdev,
    Sound,
    Video,
)
from devaddr_xml.model.errors import HintError
from devaddr_xml.model.guest import Guest, NumaCell
from devaddr_xml.model.hints import NO_HINTS, Hints
from devaddr_xml.model.policy import DeviceHints, Policy, Spare
from devaddr_xml.probe.embedded import capabilities_for

BEFORE = PASSES[: PASSES.index(resolve_hints) + 1]
CELLS = (NumaCell(id=0, cpus=(0,)), NumaCell(id=1, cpus=(1,)))


def resolved(
    *devices: Device,
    policy: Policy | None = None,
    outside: Policy | None = None,
    machine: str = "q35",
    arch: str = "x86_64",
    cells: tuple[NumaCell, ...] = CELLS,
    **rest: Any,
) -> State:
    """The state after the hints are resolved."""
    guest = Guest(
        arch=arch, machine=machine, devices=list(devices), policy=policy, cells=cells, vcpus=2, memory=4 << 20, **rest
    )
    state = start(guest, policy=outside, capabilities=capabilities_for(arch))
    for step in BEFORE:
        step(state)
    return state


def disk(name: str, on: str = "virtio", address: Address | None = None, **hints: Any) -> Disk:
    return Disk(target=name, bus=on, hints=Hints(**hints) if hints else None, address=address)


def first(state: State) -> Hints | None:
    return state.guest.devices[0].hints


@pytest.mark.parametrize(
    ("machine", "arch", "kind"),
    [
        ("q35", "x86_64", "express"),
        ("virt", "aarch64", "express"),
        ("virt", "riscv64", "express"),
        ("virt", "loongarch64", "express"),
        ("pc", "x86_64", "conventional"),
        ("mac99", "ppc", "conventional"),
        ("versatilepb", "armv7l", "conventional"),
        ("pseries", "ppc64", "pseries"),
        ("s390-ccw-virtio", "s390x", "slotless"),
        ("isapc", "x86_64", "slotless"),
        ("microvm", "x86_64", "slotless"),
        ("vexpress-a9", "armv7l", "slotless"),
    ],
)
def test_kinds_of_machines(machine: str, arch: str, kind: str) -> None:
    balloon = Memballoon(model="none")
    assert (
        machine_kind(resolved(balloon, Controller(type="usb", index=0, model="none"), machine=machine, arch=arch))
        == kind
    )


def test_a_root_that_is_written_makes_slots() -> None:
    devices = (Memballoon(model="none"), Controller(type="pci", index=0, model="pci-root"))
    assert machine_kind(resolved(*devices, machine="microvm")) == "conventional"


def test_hints_from_three_places() -> None:
    state = resolved(
        disk("vda", node=1, hotplug="no"),
        policy=Policy(
            devices=(DeviceHints(ref="vda", slot_group="a"), DeviceHints(ref="disk[1]", hotplug="no", line=3))
        ),
        outside=Policy(devices=(DeviceHints(ref="vda", node=0), DeviceHints(ref="disk[1]", bus="pcie"))),
    )
    assert first(state) == Hints(node=0, hotplug="no", slot_group="a", bus="pcie")
    assert state.guest.policy == Policy(
        version=2, devices=(DeviceHints(ref="vda", node=0, hotplug="no", slot_group="a", bus="pcie"),)
    )


def test_what_comes_from_outside_may_not_contradict_itself() -> None:
    outside = Policy(devices=(DeviceHints(ref="vda", node=0), DeviceHints(ref="disk[1]", node=1)))
    with pytest.raises(HintError, match='the hint node is "0" and "1"'):
        resolved(disk("vda"), outside=outside)


def test_what_comes_from_outside_may_contradict_what_stays() -> None:
    outside = Policy(devices=(DeviceHints(ref="vda", slot_group="a"),))
    with pytest.raises(HintError, match="exclude each other"):
        resolved(disk("vda", hotplug="yes"), outside=outside)


def test_implied_controllers_can_be_named() -> None:
    policy = Policy(devices=(DeviceHints(ref="scsi.0", node=1), DeviceHints(ref="usb.0", hotplug="yes")))
    state = resolved(disk("sda", "scsi"), policy=policy)
    scsi, usb = state.controller("scsi", 0), state.controller("usb", 0)
    assert scsi is not None
    assert usb is not None
    assert (scsi.hints, usb.hints) == (Hints(node=1), Hints(hotplug="yes"))


def test_a_reference_to_nothing_lists_what_there_is() -> None:
    with pytest.raises(HintError, match=r'Did you mean "vda"\? There is vda, sound\[1\], .*usb.0, sata.0, pci.0'):
        resolved(disk("vda"), Sound(model="ich9"), policy=Policy(devices=(DeviceHints(ref="vdaa", node=1),)))
    disks = [disk(f"vd{chr(97 + n // 26)}{chr(97 + n % 26)}") for n in range(44)]
    with pytest.raises(HintError, match="and 12 more"):
        resolved(*disks, policy=Policy(devices=(DeviceHints(ref="nothing like it", node=1),)))


def test_no_hints_no_record() -> None:
    assert resolved(disk("vda")).guest.policy is None
    state = resolved(Disk(target="vda", bus="virtio", hints=NO_HINTS))
    assert first(state) is None
    assert state.guest.policy == Policy(version=2)
    assert '"policy":{"version":2}' in state.guest.to_json()


MET = [
    (disk("sda", "scsi", hotplug="yes"), "q35", "x86_64"),
    (disk("vda", hotplug="yes"), "s390-ccw-virtio", "s390x"),
    (disk("vda", address=CcwAddress(cssid=0xFE, ssid=0, devno=5), hotplug="yes"), "s390-ccw-virtio", "s390x"),
    (Input(type="tablet", bus="usb", hints=Hints(hotplug="yes")), "q35", "x86_64"),
    (Redirdev(bus="usb", hints=Hints(hotplug="yes")), "q35", "x86_64"),
    (Hub(hints=Hints(hotplug="yes")), "pc", "x86_64"),
    (Hostdev(type="usb", source=HostSource(key="a"), hints=Hints(hotplug="yes")), "q35", "x86_64"),
    (Channel(target_type="virtio", hints=Hints(hotplug="yes")), "virt", "aarch64"),
]


@pytest.mark.parametrize(("device", "machine", "arch"), MET)
def test_what_can_be_unplugged_anyway(device: Device, machine: str, arch: str) -> None:
    state = resolved(device, machine=machine, arch=arch)
    assert first(state) is None
    assert state.guest.policy is not None
    assert state.guest.policy.devices[0].hotplug == "yes"


@pytest.mark.parametrize("bus", ["sata", "ide", "fdc"])
def test_what_cannot_be_unplugged_at_all(bus: str) -> None:
    with pytest.raises(HintError, match='hotplug="yes"'):
        resolved(disk("fda" if bus == "fdc" else "sda", bus, hotplug="yes"), machine="pc")


@pytest.mark.parametrize("model", ["vfio-ccw", "vfio-ap"])
def test_a_mediated_device_of_s390_is_on_no_pci_bus(model: str) -> None:
    with pytest.raises(HintError, match='node="0" is about places on PCI buses, and the device is on no PCI bus'):
        resolved(Hostdev(type="mdev", model=model, hints=Hints(node=0)))


def test_a_memory_mapped_device_stays() -> None:
    with pytest.raises(HintError, match="memory-mapped"):
        resolved(disk("vda", address=VirtioMmioAddress(), hotplug="yes"), machine="virt", arch="aarch64")


@pytest.mark.parametrize("mode", ["prefer", "off"])
def test_hints_that_no_machine_without_slots_fulfils(mode: Any) -> None:
    policy = Policy(numa=mode, spare_ports=4, spares=(Spare(0, 1),))
    state = resolved(
        disk("vda", node=1, own_bus="yes", hotplug="yes"), policy=policy, machine="s390-ccw-virtio", arch="s390x"
    )
    assert first(state) is None
    told = [str(warning) for warning in state.journal.warnings]
    assert any('own-bus="yes" has no effect' in text for text in told)
    assert any('node="1" has no effect' in text for text in told) == (mode == "prefer")
    assert any('spare-ports="4"' in text for text in told)
    assert any('node="0"' in text for text in told) == (mode == "prefer")
    assert state.guest.policy is not None
    assert state.guest.policy.devices[0].node == 1


def test_tunables_of_a_fleet_do_not_trouble_a_machine_without_slots() -> None:
    for profile in ("hotplug", "integrated", "packed"):
        state = resolved(disk("vda"), policy=Policy(profile=profile), machine="s390-ccw-virtio", arch="s390x")  # type: ignore[arg-type]
        assert not state.journal.warnings


@pytest.mark.parametrize("policy", [Policy(numa="prefer"), Policy(numa="off")])
def test_nodes_that_cannot_be_had(policy: Policy) -> None:
    for machine, arch, node, cells in (
        ("q35", "x86_64", 7, CELLS),
        ("virt", "riscv64", 1, CELLS),
        ("pc", "x86_64", 0, ()),
    ):
        state = resolved(disk("vda", node=node, hotplug="yes"), policy=policy, machine=machine, arch=arch, cells=cells)
        assert first(state) == Hints(hotplug="yes")
        assert len(state.journal.warnings) == (policy.numa == "prefer")


def test_an_ignored_node_contradicts_nothing() -> None:
    state = resolved(
        disk("vda", node=1),
        disk("vdb"),
        policy=Policy(
            numa="off", devices=(DeviceHints(ref="vda", slot_group="a"), DeviceHints(ref="vdb", slot_group="a"))
        ),
    )
    assert first(state) == Hints(slot_group="a")


def test_a_root_complex_on_a_machine_without_expanders() -> None:
    state = resolved(disk("vda", root_complex="a"), policy=Policy(numa="prefer"), machine="virt", arch="loongarch64")
    assert first(state) is None
    assert "no expander buses" in str(state.journal.warnings[0])


def test_members_of_a_slot_group_take_over_its_place() -> None:
    state = resolved(disk("vda", slot_group="a"), disk("vdb", slot_group="a", placement="switch", port_hotplug="off"))
    assert first(state) == Hints(slot_group="a", placement="switch", port_hotplug="off")
    assert state.guest.policy is not None
    assert state.guest.policy.devices[0] == DeviceHints(ref="vda", slot_group="a")


def test_groups_that_agree() -> None:
    same: dict[str, Any] = {"node": 1, "root_complex": "x", "slot_group": "a", "bus_group": "b"}
    resolved(*(disk(f"vd{letter}", **same) for letter in "abcdefgh"))
    resolved(disk("vda", bus_group="b", bus="pcie"), disk("vdb", bus_group="b", placement="switch"))


PINNED = [
    (Controller(type="sata", index=0, hints=Hints(placement="root-complex", hotplug="no")), "q35"),
    (Controller(type="ide", index=0, hints=Hints(bus="pci")), "pc"),
    (Controller(type="usb", index=0, model="qemu-xhci", hints=Hints(own_bus="yes")), "pc"),
    (Controller(type="sata", index=1, hints=Hints(hotplug="yes")), "q35"),
]


@pytest.mark.parametrize(("controller", "machine"), PINNED)
def test_what_the_chipset_does_not_contradict(controller: Controller, machine: str) -> None:
    assert first(resolved(controller, machine=machine)) == controller.hints


def test_pci_controllers() -> None:
    expander = Controller(type="pci", index=1, model="pcie-expander-bus", node=1, hints=Hints(node=1))
    port = Controller(
        type="pci", index=2, model="pcie-root-port", hints=Hints(node=1, root_complex="a", port_hotplug="on")
    )
    bridge = Controller(type="pci", index=3, model="pcie-to-pci-bridge", hints=Hints(node=1))
    state = resolved(expander, port, bridge)
    assert [device.hints for device in state.guest.devices[:3]] == [expander.hints, port.hints, bridge.hints]
    with pytest.raises(HintError, match='port-hotplug="on" is for devices'):
        resolved(Controller(type="pci", index=1, model="pcie-to-pci-bridge", hints=Hints(port_hotplug="on")))


def test_a_given_address_is_no_reason_to_refuse_by_itself() -> None:
    assert first(resolved(disk("vda", address=PciAddress(slot=9), placement="root-complex"))) == Hints(
        placement="root-complex"
    )
    assert first(resolved(Video(model="virtio", hints=Hints(node=1)))) == Hints(node=1)
    assert first(resolved(Interface(model="virtio", hints=Hints(root_complex="a")))) == Hints(root_complex="a")
