"""Asking libvirt through a child process, which here is a script."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

from devaddr_xml.model.errors import ProbeError
from devaddr_xml.probe import client as asking
from devaddr_xml.probe.client import ConnectionLost, LibvirtRefusal, ask


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Have a script answer instead of the module that talks to libvirt."""

    def answers(script: str) -> None:
        path = tmp_path / "child"
        path.write_text(f"#!{sys.executable}\nimport json, sys, time\nrequest = json.load(sys.stdin)\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setattr(asking.sys, "executable", str(path))
        monkeypatch.setattr(asking.importlib.util, "find_spec", lambda _name: object())

    return answers


def test_answer(child) -> None:
    child("json.dump({'result': request}, sys.stdout)")
    assert ask("qemu:///x", "task", 5, xml="<a/>") == {"uri": "qemu:///x", "task": "task", "arguments": {"xml": "<a/>"}}


@pytest.mark.parametrize(
    ("failure", "kind", "words"),
    [
        ("unreachable", ConnectionLost, "could not be reached: why"),
        ("lost", ConnectionLost, "went away while it was asked: why"),
        ("refused", LibvirtRefusal, "why"),
    ],
)
def test_failures(child, failure: str, kind: type[ProbeError], words: str) -> None:
    child(f"print({json.dumps({'error': 'why', 'failure': failure})!r})")
    with pytest.raises(kind, match=words):
        ask("qemu:///x", "task", 5)


def test_child_that_breaks(child) -> None:
    child("raise RuntimeError('broken')")
    with pytest.raises(ProbeError, match="RuntimeError: broken"):
        ask("qemu:///x", "task", 5)


def test_child_that_waits_for_ever(child) -> None:
    child("time.sleep(60)")
    began = time.monotonic()
    with pytest.raises(ConnectionLost, match=r"within 0\.5 seconds"):
        ask("qemu:///x", "task", 0.5)
    assert time.monotonic() - began < 5


def test_without_libvirt_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(ProbeError, match=r"pip install 'devaddr-xml\[libvirt\]'"):
        ask("qemu:///x", "task", 5)
