"""``show --host``: the host's tree beside the guest's, with what differs marked on both."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from host_trees import facts, hgx
from hypothesis import given
from properties.host_guests import HostGuest, Passed, guest_devices, guest_levels, host_guests, host_levels

import devaddr_xml
from devaddr_xml.cli.process import outcome

HOST = facts("""
cpus 0 0-3
pci0000:10
  0000:10:01.0 root-port node=0
    0000:11:00.0 upstream-port node=0
      0000:12:00.0 downstream-port node=0
        0000:13:00.0 node=0
      0000:12:01.0 downstream-port node=0
        0000:14:00.0 node=0
pci0000:80
  0000:80:01.0 root-port node=1
    0000:81:00.0 node=1
    0000:81:00.1 node=1
""")
MADE = HostGuest(HOST, [Passed(a, False) for a in ("0000:13:00.0", "0000:14:00.0", "0000:81:00.0")], [1, 0])
MIRRORED = devaddr_xml.assign(MADE.xml(), host=HOST).xml
FLAT = devaddr_xml.assign(MADE.xml(policy='numa="off"')).xml


SVG = "{http://www.w3.org/2000/svg}"


def shown(xml: str, form: str = "text") -> str:
    return devaddr_xml.show(xml, form, host=HOST)  # type: ignore[arg-type]


def test_both_trees_are_side_by_side() -> None:
    lines = shown(MIRRORED).splitlines()
    assert lines[0].startswith("host ")
    assert "g  x86_64 q35" in lines[0]
    left = [line[: lines[0].index("g  x86_64")].rstrip() for line in lines]
    assert "├── pci0000:10, host node 0  guest cell 1" in left
    assert "│   └── 10:01.0  root-port" in left
    assert "│               └── 14:00.0  hostdev" in left
    assert any("81:00.0  hostdev" in line for line in left)
    assert not any("81:00.1" in line for line in lines)


def test_a_mirrored_guest_has_no_mark() -> None:
    text = shown(MIRRORED)
    assert "differs" not in text
    assert "closer" not in text
    assert "notes" not in json.loads(shown(MIRRORED, "json"))["layouts"][1]


def test_pairs_that_differ_are_marked_on_both_sides_and_listed() -> None:
    text = shown(FLAT)
    assert "13:00.0  hostdev  differs (below one switch with 0000:14:00.0, and 2 more)" in text
    assert "hostdev 0000:13:00.0  differs (below one root complex with 0000:14:00.0, and 2 more)" in text
    assert "hostdev 0000:13:00.0 and hostdev 0000:81:00.0: closer than on the host" in text
    assert "hostdev 0000:81:00.0: it is on no cell, and its host NUMA node 1 is guest cell 0" in text


@given(host_guests(most=8))
def test_exactly_the_pairs_that_differ_have_a_note(guest: HostGuest) -> None:
    xml = devaddr_xml.assign(guest.xml(policy='profile="hotplug" numa="off"')).xml
    notes = json.loads(devaddr_xml.show(xml, "json", host=guest.facts))["layouts"][-1].get("notes", [])
    levels, wanted = guest_levels(guest_devices(xml)), host_levels(guest)
    address = r"[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]"
    macs = {f"52:54:00:00:00:{at:02x}": each.address for at, each in enumerate(guest.passed) if each.interface}
    found = set()
    for note in notes:
        words = re.findall(rf"{address}|52:54(?::[0-9a-f]{{2}}){{4}}", note.split(": closer")[0].split(": farther")[0])
        if len(words) == 2:
            found.add(frozenset(macs.get(word, word) for word in words))
    assert found == {pair for pair in levels if levels[pair] != wanted[pair]}


def test_a_narrow_terminal_has_one_below_the_other() -> None:
    from devaddr_xml.operations.guests import read_guest
    from devaddr_xml.operations.plan import plan
    from devaddr_xml.operations.show import show
    from devaddr_xml.operations.target import Target

    lines = show([plan(read_guest(FLAT))], width=80, target=Target(host=HOST)).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("host ")
    assert any(line.startswith("g  x86_64 q35") for line in lines)


def test_a_drawing_has_both_at_one_height() -> None:
    root = ElementTree.fromstring(shown(FLAT, "svg"))
    heads = {text.text: text for text in root.iter(f"{SVG}text") if text.get("class") == "t"}
    assert set(heads) == {"host", "g"}
    assert heads["host"].get("y") == heads["g"].get("y")
    assert float(heads["host"].get("x", "0")) < float(heads["g"].get("x", "0")) < float(root.get("width", "0"))
    assert "card differs" in shown(FLAT, "svg")
    assert "card differs" not in shown(MIRRORED, "svg")


@pytest.mark.parametrize("form", ["html", "dot", "json"])
def test_other_forms_have_both(form: str) -> None:
    text = shown(FLAT, form)
    assert "pci0000:80" in text
    assert "pcie-root-port" in text
    assert "differs" in text


def test_a_page_has_both_trees_and_the_notes() -> None:
    """Each tree is in the drawing and in the list beside it; the notes are in the drawing."""
    page = shown(FLAT, "html")
    assert page.count("<svg ") == 1
    drawing, _, listed = page.partition("</main>")
    references = [set(re.findall(r'data-ref="(\d:[^"]+)"', part)) for part in (drawing, listed)]
    assert references[1]
    assert references[1] <= references[0]
    for number, layout in enumerate(json.loads(shown(FLAT, "json"))["layouts"]):
        devices = set(re.findall(r'"ref": ?"([^"]+)"', json.dumps(layout)))
        assert {f"{number}:{ref}" for ref in devices} == {ref for ref in references[1] if ref.startswith(f"{number}:")}
        for note in layout.get("notes", ()):
            assert note in drawing
    marked = re.findall(r'<li [^>]*data-ref="(\d):[^>]*data-mark="differs"', listed)
    assert sorted(set(marked)) == ["0", "1"]
    assert "differs" not in shown(MIRRORED, "html").partition("</main>")[2].partition("<script>")[0]


def test_a_large_server_is_drawn() -> None:
    host = facts(hgx())
    made = HostGuest(host, [Passed(a, False) for a, device in host.pci.items() if device.kind is None], [0, 1])
    xml = devaddr_xml.assign(made.xml(policy='numa="off"')).xml
    notes = json.loads(devaddr_xml.show(xml, "json", host=host))["layouts"][1]["notes"]
    assert len(notes) == 41
    assert notes[-1].endswith("check --host lists all")


def test_devices_that_the_facts_do_not_know() -> None:
    xml = FLAT.replace('bus="0x14"', 'bus="0x99"')
    assert "unknown to the host facts" in shown(xml)
    assert "hostdev 0000:99:00.0" in shown(xml)


def test_a_guest_without_host_devices_is_shown_alone() -> None:
    xml = HostGuest(HOST, [], []).xml(policy="")
    assert shown(xml) == devaddr_xml.show(xml)


def test_the_command(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "host.json").write_text(HOST.to_json())
    (tmp_path / "guest.xml").write_text(FLAT)
    assert outcome(["show", "--host", str(tmp_path / "host.json"), str(tmp_path / "guest.xml")]) == 0
    assert capfd.readouterr().out == shown(FLAT)


def test_notes_are_below_both_trees_and_many_of_one_kind_are_one_row() -> None:
    host = facts(hgx())
    devices = [a for a, device in host.pci.items() if device.kind is None]
    drawn = {}
    for count in (2, len(devices)):
        made = HostGuest(host, [Passed(a, False) for a in devices[:count]], [0, 1])
        xml = devaddr_xml.assign(made.xml(policy='numa="off"')).xml
        notes = json.loads(devaddr_xml.show(xml, "json", host=host))["layouts"][1]["notes"]
        root = ElementTree.fromstring(devaddr_xml.show(xml, "svg", host=host))
        heights = {text.text or "": float(text.get("y", "0")) for text in root.iter(f"{SVG}text")}
        drawn[count] = [words for words in heights if words in notes or words.startswith("… ")]
        assert drawn[count]
        assert min(heights[words] for words in drawn[count]) > max(heights[w] for w in heights.keys() - drawn[count])
    assert any(words.startswith("… ") for words in drawn[len(devices)])
    assert len(drawn[len(devices)]) < 30
