"""What our own layouts answer, and what a policy asks about."""

from __future__ import annotations

import pytest

from devaddr_xml.model.hints import Hints
from devaddr_xml.model.policy import LAYOUT_VERSION, Policy, Spare
from devaddr_xml.rules.guest import rules_of_guest, running
from devaddr_xml.rules.layout import ROWS, topics_of
from devaddr_xml.rules.libvirt import rules_of
from devaddr_xml.rules.questions import Rules

LIBVIRT = (11, 3, 0)
KINDS = ("express", "conventional", "pseries", "slotless")

#: Policies, the hints of a device, and what is asked about on a PCI Express machine.
ASKED = {
    "nothing": (Policy(), None, set()),
    "libvirt by name": (Policy(profile="libvirt"), None, set()),
    "nodes off": (Policy(numa="off"), None, {"cells"}),
    "disks of a controller": (Policy(scsi_units=7), None, set()),
    "overflow": (Policy(overflow="pack"), None, {"overflow"}),
    "no spare ports": (Policy(spare_ports=0), None, {"spares"}),
    "spare ports of a node": (Policy(spares=(Spare(node=0, ports=1),)), None, {"regions", "spares"}),
    "packing": (Policy(packing="functions"), None, {"sharing"}),
    "ports off": (Policy(port_hotplug="off"), None, {"hotplug"}),
    "switches": (Policy(pcie_placement="switch"), None, {"regions"}),
    "bus 0": (Policy(legacy_placement="root-complex"), None, {"bus-0"}),
    "node": (None, Hints(node=1), {"regions"}),
    "slot group": (None, Hints(slot_group="a"), {"sharing"}),
    "hotplug": (None, Hints(hotplug="no"), {"regions", "hotplug"}),
}


def test_rows_come_by_version() -> None:
    assert [row.since for row in ROWS] == sorted(row.since for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.question)
def test_every_row_answers_another_way_than_libvirt(row) -> None:
    assert row.question in Rules.__struct_fields__
    assert getattr(rules_of(LIBVIRT), row.question) != row.answer
    assert row.topics


def test_every_question_that_is_not_libvirts_has_a_row() -> None:
    own = {row.question for row in ROWS}
    everything = rules_of_guest(
        rules_of(LIBVIRT), LIBVIRT, Policy(version=LAYOUT_VERSION), Policy(profile="packed").tunables(), [], "express"
    )
    differing = {
        name for name in Rules.__struct_fields__ if getattr(everything, name) != getattr(rules_of(LIBVIRT), name)
    }
    assert differing <= own


@pytest.mark.parametrize(("policy", "hints", "topics"), ASKED.values(), ids=ASKED)
def test_what_is_asked_about(policy, hints, topics) -> None:
    policy = policy or Policy()
    assert topics_of(2, policy, policy.tunables(), [hints] if hints else [], "express") == topics


@pytest.mark.parametrize("kind", KINDS[1:])
@pytest.mark.parametrize("policy", [Policy(spare_ports=0), Policy(port_hotplug="on"), Policy(pcie_placement="switch")])
def test_what_a_machine_does_not_have_is_not_asked_about(kind, policy) -> None:
    assert not topics_of(2, policy, policy.tunables(), [], kind)


@pytest.mark.parametrize("policy", [Policy(numa="off"), Policy(overflow="pack"), Policy(scsi_units=7)])
def test_version_1_takes_any_tunable_for_all(policy) -> None:
    assert topics_of(1, policy, policy.tunables(), [], "express") > {"regions", "sharing", "bus-0", "spares", "hotplug"}
    assert not topics_of(1, Policy(version=1), Policy().tunables(), [], "express")


def test_a_running_guest_stays_one_whatever_is_asked() -> None:
    before = running(rules_of(LIBVIRT))
    after = rules_of_guest(before, LIBVIRT, Policy(), Policy(packing="functions").tunables(), [], "express")
    assert not before.grows
    assert not after.grows
    assert after.only_hotpluggable
    assert after.exact_trial
