"""``devaddr-xml capacity``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from devaddr_xml.cli.process import outcome

DOMAIN = "<domain type='kvm'><os><type arch='x86_64' machine='q35'>hvm</type></os><devices>{}</devices></domain>"


@pytest.fixture
def domain(tmp_path: Path) -> str:
    path = tmp_path / "domain.xml"
    path.write_text(DOMAIN.format("<interface type='user'/>"))
    return str(path)


def test_table(domain: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert outcome(["capacity", domain]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines[0].split() == ["places", "of", "node", "used", "free", "hotpluggable"]
    assert any(line.startswith("PCIe ports") and line.split()[2:] == ["-", "3", "1", "1"] for line in lines)


def test_json(domain: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert outcome(["capacity", "--json", domain]) == 0
    rooms = json.loads(capfd.readouterr().out)["rooms"]
    assert {"kind": "sata-unit", "where": "sata.0", "node": None, "used": 0, "free": 6, "hotpluggable": 0} in rooms


def test_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.xml"
    path.write_text(DOMAIN.format("\n<controller type='pci' index='0' model='pci-root'/>"))
    assert outcome(["capacity", str(path)]) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert "bad.xml:2: " in err
