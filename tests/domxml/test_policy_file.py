"""Policies in files: the same one in either form, and what is none."""

from __future__ import annotations

from pathlib import Path

import pytest

import devaddr_xml
from devaddr_xml.domxml.policy_file import read_policy_file
from devaddr_xml.model.errors import DevaddrError
from devaddr_xml.model.policy import DeviceHints, Policy, Spare

XML = b"""<?xml version="1.0"?>
<devaddr:policy xmlns:devaddr="urn:devaddr-xml:hints:1" profile="hotplug" spare-ports="4">
  <devaddr:spare node="1" ports="2"/>
  <devaddr:device ref="vda" hotplug="no"/>
</devaddr:policy>
"""
JSON = b"""
{"profile": "hotplug", "spare-ports": 4,
 "spares": [{"node": 1, "ports": 2}], "devices": [{"ref": "vda", "hotplug": "no"}]}
"""


def test_both_forms_say_the_same() -> None:
    wanted = Policy(
        profile="hotplug",
        spare_ports=4,
        spares=(Spare(node=1, ports=2),),
        devices=(DeviceHints(ref="vda", hotplug="no"),),
    )
    assert read_policy_file(JSON) == wanted
    from_xml = read_policy_file(XML)
    assert (from_xml.profile, from_xml.spare_ports) == ("hotplug", 4)
    assert from_xml.spares == (Spare(node=1, ports=2, line=3),)
    assert from_xml.devices == (DeviceHints(ref="vda", hotplug="no", line=4),)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"", "not valid JSON"),
        (b"spare-ports=4", "not valid JSON"),
        (b"<spare-ports", "not well-formed"),
        (b"<domain/>", "not a policy"),
        (b"<policy/>", "not a policy"),
        (b'<p:policy xmlns:p="urn:devaddr-xml:hints:2"/>', "not a policy"),
        (XML.replace(b"spare-ports", b"spare-port"), '"spare-port"'),
        (JSON.replace(b"spare-ports", b"spare-port"), '"spare-port"'),
        (XML.replace(b'"4"', b'"-4"'), '"-4"'),
        (JSON.replace(b"4,", b"-4,"), '"-4"'),
        (b"{", "JSON"),
    ],
)
def test_what_is_no_policy_is_refused(content: bytes, named: str) -> None:
    with pytest.raises(DevaddrError, match=named):
        read_policy_file(content)


def test_both_forms_know_the_lines_of_their_file() -> None:
    """As errors that come later name them; texts in braces and other members do not count."""
    text = """{"profile": "hotplug",
  "devices": [
    {"ref": "vda", "slot-group": "{[\\"{"},

    {"ref": "vdb",
     "hotplug": "no"}, {"ref": "vdc", "hotplug": "no"}],
  "spares": [{"node": 1, "ports": 2},
             {"node": 0, "ports": 2}]}"""
    policy = read_policy_file(text, "p.json")
    assert [str(entry.line) for entry in policy.devices] == ["3 of p.json", "5 of p.json", "6 of p.json"]
    assert [str(spare.line) for spare in policy.spares] == ["7 of p.json", "8 of p.json"]
    assert [str(entry.line) for entry in read_policy_file(XML, "p.xml").devices] == ["4 of p.xml"]


@pytest.mark.parametrize("entry", ["<d:device ref='vdz' hotplug='no'/>", "<d:device ref='vda' hotplug='maybe'/>"])
def test_an_error_names_the_file_in_python_too(tmp_path: Path, entry: str) -> None:
    path = tmp_path / "own.xml"
    path.write_text(f"<d:policy xmlns:d='urn:devaddr-xml:hints:1'>\n{entry}\n</d:policy>")
    with pytest.raises(DevaddrError, match=r"^line 2 of .*own\.xml: vd"):
        devaddr_xml.assign("<domain type='kvm'><name>g</name><devices/></domain>", policy=path)
