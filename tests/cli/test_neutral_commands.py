"""``devaddr-xml model``, ``plan`` and ``render``: guests without XML."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import devaddr_xml
from devaddr_xml.cli.process import outcome

DOMAIN = """<domain type='kvm'><name>g</name><os><type arch='x86_64' machine='q35'>hvm</type></os><devices>
<disk type='file' device='disk'><source file='/x'/><target dev='vda' bus='virtio'/></disk></devices></domain>
"""


@pytest.fixture
def domain(tmp_path: Path) -> Path:
    path = tmp_path / "domain.xml"
    path.write_text(DOMAIN)
    return path


def test_the_whole_way(domain: Path, tmp_path: Path) -> None:
    guest, complete, result = (str(tmp_path / name) for name in ("guest.json", "complete.json", "result.xml"))
    assert outcome(["model", str(domain), "-o", guest]) == 0
    assert outcome(["plan", guest, "-o", complete]) == 0
    assert outcome(["render", "--template", str(domain), complete, "-o", result]) == 0
    assert Path(result).read_text() == devaddr_xml.assign(DOMAIN).xml


def test_without_a_template(domain: Path, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    complete = tmp_path / "complete.json"
    assert outcome(["plan", str(domain), "-o", str(complete)]) == 0
    assert outcome(["render", str(complete)]) == 0
    text = capfd.readouterr().out
    assert devaddr_xml.diff(text, devaddr_xml.assign(DOMAIN).xml).same
    assert devaddr_xml.assign(text).xml == text


def test_schema(capfd: pytest.CaptureFixture[str]) -> None:
    assert outcome(["model", "--schema"]) == 0
    schema = json.loads(capfd.readouterr().out)
    assert "$defs" in schema
    assert "Controller" in schema["$defs"]


def test_policy(domain: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert outcome(["plan", "--set", "spare-ports=3", str(domain)]) == 0
    guest = json.loads(capfd.readouterr().out)
    used = {device["address"]["bus"] for device in guest["devices"] if "bus" in device.get("address", {})}
    ports = [device["index"] for device in guest["devices"] if device.get("model") == "pcie-root-port"]
    assert len(set(ports) - used) == 3


@pytest.mark.parametrize(
    ("command", "content", "code"),
    [
        ("plan", "{", 1),
        ("plan", '{"devices": [{"kind": "toaster"}]}', 1),
        ("plan", '{"arch": "x86_64", "machine": "q35", "devices": [{"kind": "disk", "bus": "virtio"}]}', 1),
        ("render", "<domain>", 1),
        ("model", "<nonsense/>", 1),
    ],
)
def test_refused(tmp_path: Path, command: str, content: str, code: int, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "file"
    path.write_text(content)
    assert outcome([command, str(path)]) == code
    out, err = capfd.readouterr()
    assert out == ""
    assert "error" in err
    assert "Traceback" not in err


def test_template_with_another_device(domain: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    guest = tmp_path / "guest.json"
    guest.write_text('{"devices": []}')
    assert outcome(["render", "--template", str(domain), str(guest)]) == 1
    assert "disk vda: the template has it" in capfd.readouterr().err
