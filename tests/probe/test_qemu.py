"""Asking a QEMU over QMP; the QEMU is a small script that answers like one."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from devaddr_xml.model.errors import ProbeError
from devaddr_xml.probe.qemu import probe_qemu
from devaddr_xml.probe.qemu_types import ASKED_FLAGS, flags_newer_than

pytest.importorskip("qemu.qmp", reason="qemu.qmp is not installed")

SCRIPT = """#!{python}
import json, socket, sys
number = next(a.split("fd=")[1] for a in sys.argv if "fd=" in a)
connection = socket.socket(fileno=int(number))
ANSWERS = {{
    "qmp_capabilities": {{}},
    "query-target": {{"arch": "i386"}},
    "query-version": {{"qemu": {{"major": 8, "minor": 1, "micro": 2}}, "package": ""}},
    "query-machines": [
        {{"name": "pc-i440fx-8.1", "alias": "pc", "is-default": True, "cpu-max": 255, "hotpluggable-cpus": True}},
        {{"name": "isapc", "cpu-max": 1, "hotpluggable-cpus": False}},
    ],
    "qom-list-types": [{{"name": name}} for name in ("pcie-root-port", "qxl", "intel-iommu", "lsi53c895a")],
    "device-list-properties": [{{"name": "intremap", "type": "OnOffAuto"}}],
    "qom-list-properties": [{{"name": "i8042", "type": "bool"}}],
}}
def say(answer):
    connection.sendall(json.dumps(answer).encode() + b"\\n")
say({{"QMP": {{"version": {{}}, "capabilities": []}}}})
while content := connection.recv(65536):
    command = json.loads(content)
    say({{"return": ANSWERS[command["execute"]], "id": command.get("id")}})
"""


def script(folder: Path, text: str) -> Path:
    path = folder / "qemu-system-i386"
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_abilities(tmp_path: Path) -> None:
    found = probe_qemu(script(tmp_path, SCRIPT.format(python=sys.executable)))
    assert found.arch == "i686"
    assert found.flags & ASKED_FLAGS == {
        "pcie-root-port",
        "qxl",
        "intel-iommu",
        "intel-iommu.intremap",
        "lsi",
        "machine-i8042-opt",
    }
    assert found.aliases == {"pc": "pc-i440fx-8.1"}
    assert found.default_machine == "pc"
    assert found.qemu_version == (8, 1, 2)


@pytest.mark.parametrize(
    "answer",
    [
        "echo nonsense >&$fd",
        "exit 1",
        "echo '{\"QMP\": {}}' >&$fd; read line <&$fd; echo '{\"return\": 1}' >&$fd; sleep 9",
    ],
    ids=["nonsense", "end", "half"],
)
def test_what_is_no_qemu(answer: str, tmp_path: Path) -> None:
    find = "for a; do case $a in *fd=*) fd=${a##*fd=};; esac; done\n"
    with pytest.raises(ProbeError, match="qemu-system-i386"):
        probe_qemu(script(tmp_path, f"#!/bin/bash\n{find}{answer}\n"), timeout=2)


def test_qemu_that_never_answers(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(ProbeError, match=r"within 0\.3 seconds"):
        probe_qemu(script(tmp_path, "#!/bin/sh\nexec sleep 60\n"), timeout=0.3)
    assert time.monotonic() - began < 5


def test_binary_that_cannot_be_started(tmp_path: Path) -> None:
    with pytest.raises(ProbeError, match="cannot be started"):
        probe_qemu(tmp_path / "none")


def test_abilities_have_a_first_version() -> None:
    assert "igb" in flags_newer_than((7, 2, 0))
    assert "igb" not in flags_newer_than((8, 0, 0))
