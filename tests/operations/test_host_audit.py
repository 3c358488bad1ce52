"""A finished domain beside its host: check, migrate, and facts without an effect."""

from __future__ import annotations

import re

import msgspec
import pytest
from host_trees import facts
from properties.host_guests import HostGuest, Passed, guest_devices, guest_levels, host_levels

import devaddr_xml
from devaddr_xml.model.host import HostFacts
from devaddr_xml.model.policy import Policy

HOST = facts("""
pci0000:10
  0000:10:01.0 root-port node=0
    0000:11:00.0 upstream-port node=0
      0000:12:00.0 downstream-port node=0
        0000:13:00.0 node=0
      0000:12:01.0 downstream-port node=0
        0000:14:00.0 node=0
  0000:10:02.0 root-port node=0
    0000:18:00.0 node=0
pci0000:80
  0000:80:01.0 root-port node=1
    0000:81:00.0 node=1
    0000:81:00.1 node=1
""")
ADDRESSES = ("0000:13:00.0", "0000:14:00.0", "0000:18:00.0", "0000:81:00.0", "0000:81:00.1")
MADE = HostGuest(HOST, [Passed(address, False) for address in ADDRESSES], [0, 1])


def finished(policy: str) -> str:
    return devaddr_xml.assign(MADE.xml(policy=policy), host=HOST if "mirror" in policy else None).xml


def findings(xml: str) -> list[devaddr_xml.operations.check.Finding]:  # type: ignore[name-defined]
    report = devaddr_xml.check(xml, host=HOST)
    assert report.ok
    return [finding for finding in report.findings if finding.subject == "host"]


def test_a_mirrored_guest_is_clean() -> None:
    assert findings(finished('topology="mirror"')) == []


@pytest.mark.parametrize("policy", ['numa="off"', 'profile="hotplug"', 'spare-ports="2"'])
def test_every_pair_and_every_wrong_cell_whatever_the_policy(policy: str) -> None:
    xml = finished(policy)
    found = findings(xml)
    wrong = {pair for pair, level in guest_levels(guest_devices(xml)).items() if host_levels(MADE)[pair] != level}
    listed = {
        frozenset((finding.device.split()[-1], finding.other.split()[-1]))  # type: ignore[union-attr]
        for finding in found
        if finding.other
    }
    assert listed == wrong
    assert {finding.device for finding in found if not finding.other} == {f"hostdev {a}" for a in ADDRESSES}
    assert all(finding.severity == "warning" and finding.line for finding in found)
    text = "\n".join(finding.explanation for finding in found)
    assert "farther than on the host: in one slot there, below one root complex in the guest" in text
    assert "closer than on the host: apart there, below one root complex in the guest" in text
    assert "it is on no cell, and its host NUMA node 1 is guest cell 1" in text


def test_hints_in_the_policy_and_devices_on_other_lines() -> None:
    """What is recorded in the policy is no change, wherever the devices are."""
    xml = finished('topology="mirror"').replace("<hostdev", "\n<hostdev").replace("<d:device", "\n<d:device")
    assert [finding for finding in devaddr_xml.check(xml).findings if finding.severity != "note"] == []


def test_without_facts_nothing_is_compared() -> None:
    report = devaddr_xml.check(finished('numa="off"'))
    assert not [finding for finding in report.findings if finding.subject == "host"]


def test_migrate_lists_what_it_cannot_keep_and_lays_out_anew() -> None:
    xml = re.sub(r"(?s)<metadata>.*?</metadata>", "", finished('profile="hotplug"'))
    policy = Policy(topology="mirror")
    kept = devaddr_xml.migrate(xml, policy, host=HOST)
    assert any("farther than on the host" in str(each) for each in kept.unmet)
    anew = devaddr_xml.migrate(xml, policy, keep="none", host=HOST)
    assert not anew.unmet
    assert guest_levels(guest_devices(anew.xml)) == host_levels(MADE)
    again = devaddr_xml.migrate(anew.xml, policy, keep="none", host=HOST)
    assert guest_devices(again.xml) == guest_devices(anew.xml)


def test_from_nodes_alone_to_the_whole_tree() -> None:
    """Hints that an earlier run without mirroring left say the same as the host, and do not stand in its way."""
    nodes = devaddr_xml.assign(MADE.xml(policy='numa="strict"'), host=HOST).xml
    anew = devaddr_xml.migrate(nodes, Policy(topology="mirror"), keep="none", host=HOST)
    assert guest_levels(guest_devices(anew.xml)) == host_levels(MADE)


def test_facts_that_are_used_for_nothing() -> None:
    plain = MADE.xml(policy="").replace('<d:policy xmlns:d="urn:devaddr-xml:hints:1" />', "")
    told = [str(warning) for warning in devaddr_xml.assign(plain, host=HOST).warnings]
    assert any("had no effect" in text for text in told)
    for policy in (Policy(numa="strict"), Policy(topology="mirror")):
        told = [str(warning) for warning in devaddr_xml.assign(plain, policy=policy, host=HOST).warnings]
        assert not any("had no effect" in text for text in told)


@pytest.mark.parametrize(
    ("policy", "cells", "reason"),
    [
        (Policy(numa="off"), True, 'numa="off" ignores the nodes'),
        (Policy(slot_reuse="never"), True, "the policy uses none of them"),
        (Policy(spare_ports=3), False, "the guest has no NUMA cells"),
        (Policy(numa="off", mmio_window="fit"), True, None),
        (Policy(spare_ports=3), True, None),
    ],
)
def test_a_policy_that_has_no_use_for_the_facts(policy: Policy, cells: bool, reason: str | None) -> None:
    plain = MADE.xml(policy="").replace('<d:policy xmlns:d="urn:devaddr-xml:hints:1" />', "")
    if not cells:
        plain = re.sub(r"(?s)<numa>.*?</numa>|<numatune>.*?</numatune>", "", plain)
    told = [
        str(each) for each in devaddr_xml.assign(plain, policy=policy, host=HOST).warnings if "no effect" in str(each)
    ]
    assert len(told) == (reason is not None)
    assert all(reason in text for text in told if reason)


@pytest.mark.parametrize("policy", [Policy(numa="strict"), Policy(profile="hotplug")])
def test_facts_of_no_device_are_those_of_another_host(policy: Policy) -> None:
    plain = MADE.xml(policy="").replace('<d:policy xmlns:d="urn:devaddr-xml:hints:1" />', "")
    for host in (HostFacts(), msgspec.structs.replace(HOST, pci={})):
        with pytest.raises(devaddr_xml.HintError, match="do not know the host device"):
            devaddr_xml.assign(plain, policy=policy, host=host)
    devaddr_xml.assign(plain, policy=policy)
