"""``devaddr-xml explain``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from devaddr_xml.cli.process import outcome

DOMAIN = """<domain type='kvm'><os><type arch='x86_64' machine='q35'>hvm</type></os><devices>
<disk type='file' device='disk'><target dev='vda' bus='virtio'/></disk></devices></domain>"""


@pytest.fixture
def domain(tmp_path: Path) -> str:
    path = tmp_path / "domain.xml"
    path.write_text(DOMAIN)
    return str(path)


def test_one_device(domain: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert outcome(["explain", domain, "vda"]) == 0
    text = capfd.readouterr().out
    assert text.startswith("disk vda (line 2)\n")
    assert "0000:02:00.0" in text


def test_policy_is_named(domain: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert outcome(["explain", "--profile", "integrated", domain, "vda"]) == 0
    assert "as the policy asks" in capfd.readouterr().out


def test_json(domain: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert outcome(["explain", "--json", domain]) == 0
    devices = json.loads(capfd.readouterr().out)["devices"]
    assert devices[0]["ref"] == "vda"
    assert devices[0]["reasons"][-1]["cause"] == "default"


def test_unknown_device(domain: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert outcome(["explain", domain, "vdb"]) == 1
    assert "names no device" in capfd.readouterr().err
