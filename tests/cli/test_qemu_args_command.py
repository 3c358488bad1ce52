"""``devaddr-xml qemu-args``."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from devaddr_xml.cli.process import outcome

DOMAIN = """<domain type='kvm'><os><type arch='x86_64' machine='q35'>hvm</type></os><devices>
<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/></interface></devices></domain>"""


@pytest.fixture
def domain(tmp_path: Path) -> str:
    path = tmp_path / "domain.xml"
    path.write_text(DOMAIN)
    return str(path)


def test_lines_for_a_shell(domain: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert outcome(["qemu-args", domain]) == 0
    lines = capfd.readouterr().out.splitlines()
    words = shlex.split("\n".join(lines), comments=True)
    assert words[0] == "-device"
    assert json.loads(words[1])["driver"] == "pcie-root-port"
    assert '# interface 52:54:00:00:00:01: {"id":"net0","bus":"pci.1","addr":"0x0"}' in lines


def test_json(domain: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert outcome(["qemu-args", "--json", domain]) == 0
    found = json.loads(capfd.readouterr().out)
    assert {placed["ref"] for placed in found["devices"]} >= {"52:54:00:00:00:01"}
    assert [one["id"] for one in found["controllers"]][:2] == ["pci.1", "pci.2"]
