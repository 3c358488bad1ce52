"""Selectors in documents and policy files: they stay as they are written, and faults name their file and line."""

from __future__ import annotations

import pytest

import devaddr_xml
from devaddr_xml.domxml.policy_file import read_policy_file
from devaddr_xml.model.errors import HintError

POLICY = """<devaddr:policy xmlns:devaddr='urn:devaddr-xml:hints:1' version='1'>
  {entry}
</devaddr:policy>"""

DOMAIN = """<domain type='kvm'>
  <name>d</name>
  <metadata>
    {policy}
  </metadata>
  <memory unit='GiB'>4</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'><source file='/a'/><target dev='vda' bus='virtio'/></disk>
    <disk type='file' device='disk'><source file='/b'/><target dev='vdb' bus='virtio'/></disk>
  </devices>
</domain>
"""


def policy(entry: str) -> str:
    return POLICY.format(entry=entry)


@pytest.mark.parametrize("outside", [True, False])
def test_a_selector_stays_one_entry(outside: bool) -> None:
    text = policy("<devaddr:device ref='disk[*]' hotplug='yes'/>")
    if outside:
        found = devaddr_xml.assign(DOMAIN.format(policy=""), policy=read_policy_file(text))
    else:
        found = devaddr_xml.assign(DOMAIN.format(policy=text))
    assert found.xml.count("<devaddr:device ") == 1
    assert "ref='disk[*]'" in found.xml
    assert devaddr_xml.assign(found.xml).xml == found.xml


def test_optional_entries_stay() -> None:
    text = policy("<devaddr:device ref='sound[1]' optional='yes' hotplug='yes'/>")
    found = devaddr_xml.assign(DOMAIN.format(policy=text))
    assert found.xml.count("<devaddr:device ") == 1
    assert devaddr_xml.assign(found.xml).xml == found.xml
    placed = devaddr_xml.assign(DOMAIN.format(policy=""), policy=read_policy_file(text))
    assert "ref='sound[1]' optional='yes'" in placed.xml
    assert devaddr_xml.assign(placed.xml).xml == placed.xml


def test_slots_that_are_none() -> None:
    with pytest.raises(HintError, match='"03:00 3:0" is not a list of BB:SS'):
        devaddr_xml.assign(DOMAIN.format(policy=policy("<devaddr:used slots='03:00 3:0'/>")))


@pytest.mark.parametrize("ref", ["vdz", "sound[*]"])
def test_faults_of_a_policy_file_name_it_and_its_line(ref: str) -> None:
    outside = read_policy_file(policy(f"<devaddr:device ref='{ref}' hotplug='yes'/>"), "fleet.xml")
    with pytest.raises(HintError) as caught:
        devaddr_xml.assign(DOMAIN.format(policy=""), policy=outside)
    assert str(caught.value).startswith("line 2 of fleet.xml: ")
