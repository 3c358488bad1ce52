"""``devaddr-xml show``."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from devaddr_xml.cli.process import outcome

DOMAIN = """<domain type='kvm'><name>g</name><os><type arch='x86_64' machine='q35'>hvm</type></os><devices>
<disk type='file' device='disk'><target dev='vda' bus='virtio'/></disk>{}</devices></domain>"""
INTERFACE = "<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/></interface>"


@pytest.fixture
def domains(tmp_path: Path) -> tuple[str, str]:
    """A domain, and the same with an interface, which moves the disk."""
    old, new = tmp_path / "old.xml", tmp_path / "new.xml"
    old.write_text(DOMAIN.format(""))
    new.write_text(DOMAIN.format(INTERFACE))
    return str(old), str(new)


def test_text(domains: tuple[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    assert outcome(["show", domains[0]]) == 0
    text = capfd.readouterr().out
    assert "disk vda" in text
    assert "\x1b" not in text


def test_compare(domains: tuple[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    old, new = domains
    assert outcome(["show", "--compare", old, new]) == 0
    text = capfd.readouterr().out
    assert text.index("old.xml: g") < text.index("new.xml: g")
    assert "moved (was 02:00.0)" in text


@pytest.mark.parametrize("form", ["svg", "html", "json", "dot"])
def test_formats(domains: tuple[str, str], tmp_path: Path, form: str) -> None:
    target = tmp_path / "out"
    assert outcome(["show", "-f", form, "-o", str(target), "--compare", *domains]) == 0
    text = target.read_text()
    if form == "svg":
        assert ElementTree.fromstring(text).tag.endswith("svg")
    elif form == "json":
        assert [layout["title"] for layout in json.loads(text)["layouts"]] == list(domains)
    else:
        assert "vda" in text


def test_json_of_one(domains: tuple[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    assert outcome(["show", "-f", "json", domains[0]]) == 0
    (layout,) = json.loads(capfd.readouterr().out)["layouts"]
    assert layout["name"] == "g"


@pytest.mark.parametrize(("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_terminal(domains: tuple[str, str], environment: dict[str, str], coloured: bool) -> None:
    """On a terminal there are colours, and no line is longer than the terminal is wide."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", "from devaddr_xml.cli import main; main()", "show", domains[0]]
    clean = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    environment = {**clean, "COLUMNS": "60", "TERM": "xterm", **environment}
    with subprocess.Popen(command, stdout=theirs, env=environment) as process:
        os.close(theirs)
        data = b""
        while chunk := _read(ours):
            data += chunk
    os.close(ours)
    assert process.returncode == 0
    assert (b"\x1b[" in data) == coloured
    if not coloured:
        assert max(len(line) for line in data.decode().splitlines()) <= 60


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""


def test_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.xml"
    path.write_text(DOMAIN.format("<controller type='pci' index='0' model='pci-root'/>"))
    assert outcome(["show", str(path)]) == 1
    assert capfd.readouterr().out == ""


def test_standard_input_only_once() -> None:
    assert outcome(["show", "-", "--compare", "-"]) == 2
