"""The command ``hints``: all of the vocabulary, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from devaddr_xml.cli.process import outcome
from devaddr_xml.model.policy import PROFILES
from devaddr_xml.model.vocabulary import HINTS, MACHINE_KINDS, SPARE, TUNABLES


def test_text_names_everything(capfd: pytest.CaptureFixture[str]) -> None:
    assert outcome(["hints"]) == 0
    text = capfd.readouterr().out
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 110
    words = " ".join(text.split())
    for term in (*TUNABLES, *HINTS, *SPARE):
        assert f"{term.name} {term.values}" in words
        assert term.meaning[1:] in words
        assert all(meaning in words for meaning in term.where.values())
    for machines in MACHINE_KINDS.values():
        assert machines in words
    assert " ".join(PROFILES) in words


def test_the_default_and_the_machines_of_a_tunable(capfd: pytest.CaptureFixture[str]) -> None:
    outcome(["hints"])
    text = capfd.readouterr().out
    assert "  port-hotplug      default, on, off or spare-only (default default)\n" in text
    assert "  spare-ports       libvirt       kubevirt      0             0\n" in text
    place = text.index("  slot-group ")
    assert "pseries: functions of one slot" in text[place : text.index("  bus-group ")]


def test_json(capfd: pytest.CaptureFixture[str]) -> None:
    assert outcome(["hints", "--json"]) == 0
    data = json.loads(capfd.readouterr().out)
    assert [term["name"] for term in data["tunables"]] == [term.name for term in TUNABLES]
    assert data["hints"][0] == {
        "name": "node",
        "meaning": HINTS[0].meaning,
        "words": [],
        "numbers": [0, 65535],
        "text": False,
        "default": None,
        "machines": HINTS[0].where,
    }
    assert data["profiles"]["hotplug"]["spare-ports"] == "kubevirt"
    assert data["machines"] == MACHINE_KINDS


DOMAIN = """<domain type="kvm">
  <name>guest</name>
  <memory>4194304</memory>
  <os><type arch="x86_64" machine="q35">hvm</type></os>
  <devices>
    <disk type="file"><source file="/a"/><target dev="vda" bus="virtio"/></disk>
  </devices>
</domain>
"""


@pytest.mark.parametrize(
    ("options", "policy", "expected"),
    [
        (["--profile", "packed"], None, 'version="2" profile="packed"/>'),
        (["--set", "spare-ports=3", "--set", "numa=prefer"], None, 'version="2" spare-ports="3" numa="prefer"/>'),
        ([], '{"profile": "hotplug", "spare-ports": 2}', 'version="2" profile="hotplug" spare-ports="2"/>'),
        (
            ["--set", "spare-ports=5"],
            '<devaddr:policy xmlns:devaddr="urn:devaddr-xml:hints:1" profile="hotplug" spare-ports="2"/>',
            'version="2" profile="hotplug" spare-ports="5"/>',
        ),
        (
            [],
            '{"devices": [{"ref": "vda", "hotplug": "no"}]}',
            'version="2">\n      <devaddr:device ref="vda" hotplug="no"/>\n    </devaddr:policy>',
        ),
    ],
)
def test_options_of_assign_are_kept_in_the_document(
    options: list[str], policy: str | None, expected: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path
    (folder / "guest.xml").write_text(DOMAIN)
    if policy is not None:
        (folder / "policy").write_text(policy)
        options = [*options, "--policy", str(folder / "policy")]
    assert outcome(["assign", str(folder / "guest.xml"), *options]) == 0
    assert f'<devaddr:policy xmlns:devaddr="urn:devaddr-xml:hints:1" {expected}\n' in capfd.readouterr().out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--set", "spare-port=3"], 'Did you mean "spare-ports"'),
        (["--set", "numa=stric"], 'Did you mean "strict"'),
        (["--set", "numa"], "NAME=VALUE"),
        (["--set", "spare-ports=2", "--set", "port-hotplug=off"], "no free port would be hotpluggable"),
    ],
)
def test_mistakes_in_options(options: list[str], words: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "guest.xml"
    path.write_text(DOMAIN)
    assert outcome(["assign", str(path), *options]) in (1, 2)
    written = capfd.readouterr()
    assert words in written.err
    assert not written.out
