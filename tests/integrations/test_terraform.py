"""The program for the ``external`` data source, as Terraform and OpenTofu call it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import devaddr_xml

FOLDER = Path(__file__).resolve().parents[2] / "integrations" / "terraform"
NIC = (
    "<interface type='network'><mac address='52:54:00:00:00:%02x'/><source network='n'/>"
    "<model type='virtio'/></interface>"
)


def skeleton(*networks: int) -> str:
    """What the template gives for so many networks."""
    text = re.sub(r"%\{ for .*?%\{ endfor ~\}\n", "NICS", (FOLDER / "web.xml.tftpl").read_text(), flags=re.DOTALL)
    return text.replace("${name}", "web").replace("NICS", "".join(NIC % number for number in networks))


def call(query: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(FOLDER / "devaddr_xml_external.py")]
    return subprocess.run(command, input=json.dumps(query), capture_output=True, text=True, timeout=60)


def answer(**query: str) -> dict[str, str]:
    done = call(query)
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    assert all(isinstance(value, str) for value in found.values())
    return found


def test_one_more_network_moves_nothing() -> None:
    """The whole job: apply, apply again, apply with one more network in front of the others."""
    first = answer(xml=skeleton(1, 2), like="", profile="hotplug")
    assert first["changes"] == ""
    assert answer(xml=skeleton(1, 2), like=first["xml"], profile="hotplug")["xml"] == first["xml"]
    second = answer(xml=skeleton(3, 1, 2), like=first["xml"], profile="hotplug")
    changes = devaddr_xml.diff(first["xml"], second["xml"]).changes
    assert "moved" not in {change.change for change in changes}
    assert "52:54:00:00:00:03" in second["changes"]


def test_policy_and_target() -> None:
    found = answer(xml=skeleton(1), policy='{"spare-ports": 3}', libvirt="9.0.0", qemu="7.2")
    assert "spare-ports='3'" in found["xml"]
    assert "itco" not in found["xml"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({}, "xml is missing"),
        ({"xml": "<domain/>", "lik": ""}, "unknown: lik"),
        ({"xml": "<domain"}, "the domain is refused: line 1"),
        ({"xml": "<domain/>", "policy": "{"}, "not JSON"),
        ({"xml": "<domain/>", "profile": "hotplugg"}, "hotplugg"),
    ],
)
def test_errors_are_one_line(query: dict[str, str], words: str) -> None:
    done = call(query)
    assert done.returncode == 1
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
