"""``devaddr-xml edit`` with scripted editors, also below virsh."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import devaddr_xml
from devaddr_xml.cli.edit import _with_reason, _without_reason
from devaddr_xml.domxml.encoding import decode

SKELETON = """<domain type='test'>
  <name>edited</name>
  <memory unit='GiB'>4</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'><source file='/a'/><target dev='vda' bus='virtio'/></disk>
    <disk type='file' device='disk'><source file='/b'/><target dev='vdb' bus='virtio'/></disk>
  </devices>
</domain>
"""
BEFORE = devaddr_xml.assign(SKELETON.replace("'test'", "'kvm'")).xml
NIC = "<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/></interface>"

#: An editor that does one of these to the file at each call, and counts its calls in a file beside itself.
EDITOR = """#!{python}
import pathlib, sys
count = pathlib.Path({folder!r}, "count")
number = int(count.read_text()) if count.exists() else 0
count.write_text(str(number + 1))
file = pathlib.Path(sys.argv[-1])
pathlib.Path({folder!r}, f"seen{{number}}").write_text(file.read_text())
old, new = {steps!r}[number]
file.write_text(file.read_text().replace(old, new, 1))
"""


@pytest.fixture
def edit(command: Any, tmp_path: Path) -> Any:
    """Runs the command with an editor that takes these steps."""
    (tmp_path / "guest.xml").write_text(BEFORE)

    def run(*steps: tuple[str, str], variable: str = "EDITOR", **environment: str) -> Any:
        editor = script(tmp_path, *steps)
        return command("edit", "guest.xml", env={**command.environment, variable: str(editor), **environment})

    return run


def script(folder: Path, *steps: tuple[str, str]) -> Path:
    editor = folder / "editor"
    editor.write_text(EDITOR.format(python=sys.executable, folder=str(folder), steps=steps))
    editor.chmod(0o755)
    return editor


ADD = ("</devices>", f"{NIC}</devices>")
REMOVE = ("<target dev='vda' bus='virtio'/>", "<target dev='vdc' bus='virtio'/>")
BREAK = ("</devices>", f"{NIC}{NIC.replace('/>', '', 1)}</devices>")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig", "koi8-r", "utf-8"])
def test_the_reason_is_in_the_encoding_of_the_document(encoding: str) -> None:
    mark = b"\xff\xfe" if encoding == "utf-16-le" else b""
    given = mark + f"<?xml version='1.0' encoding='{encoding[:6].upper()}'?>\n<domain>\u0416</domain>".encode(encoding)
    told = _with_reason(given, "line 1: \u0416 -- wrong")
    assert "<!-- devaddr-xml: line 1: \u0416 - - wrong -->" in decode(told)
    assert decode(_without_reason(told)).replace("\n\n", "\n") == decode(given)


def test_a_new_device_moves_nothing(edit: Any, tmp_path: Path) -> None:
    done = edit(ADD)
    assert done.returncode == 0
    result = (tmp_path / "guest.xml").read_text()
    assert result == devaddr_xml.assign(BEFORE.replace(*ADD), like=BEFORE).xml
    assert {change.change for change in devaddr_xml.diff(BEFORE, result).changes} == {"added"}
    assert "added    interface 52:54:00:00:00:01" in done.stderr


def test_nothing_was_edited(edit: Any, tmp_path: Path) -> None:
    done = edit(("", ""))
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "guest.xml").read_text() == BEFORE


def test_the_editor_comes_back_with_the_reason(edit: Any, tmp_path: Path) -> None:
    wrong = ("</devices>", f"{NIC.replace('</interface>', WRONG_ADDRESS)}</devices>")
    done = edit(wrong, (WRONG_ADDRESS, "</interface>"))
    assert done.returncode == 0, done.stderr
    seen = (tmp_path / "seen1").read_text()
    assert seen.startswith("<!-- devaddr-xml: ")
    assert "there is no bus" in seen.partition("-->")[0] or "PCI address" in seen.partition("-->")[0]
    result = (tmp_path / "guest.xml").read_text()
    assert "devaddr-xml:" not in result
    assert "52:54:00:00:00:01" in result, done.stdout[:300] + done.stderr


WRONG_ADDRESS = "<address type='pci' domain='0x0000' bus='0x00' slot='0x1f' function='0x0'/></interface>"


def test_stopping_restores_the_file(edit: Any, tmp_path: Path) -> None:
    done = edit(("</devices>", "</device>"), ("", ""))
    assert done.returncode == 1
    assert (tmp_path / "guest.xml").read_text() == BEFORE
    assert "as it was before" in done.stderr


@pytest.mark.parametrize(
    ("editor", "code", "told"),
    [
        ("sh -c ': > $0'", 1, "the document is empty"),
        ("sh -c 'echo garbage > $0'", 1, "as it was before"),
        ("sed -i s/memory/memoryy/", 1, "as it was before"),
        ("sh -c 'echo garbage > $0; exit 3'", 2, "ended with code 3"),
        ("rm -f", 2, "cannot read guest.xml"),
        ("sh -c 'kill -9 $$'", 2, "ended with code -9"),
        ("'unclosed", 2, "cannot run the editor"),
    ],
)
def test_an_editor_that_nobody_is_at_ends_and_leaves_the_file(
    edit: Any, tmp_path: Path, editor: str, code: int, told: str
) -> None:
    """It does the same at each turn, or something that is refused again and again, or fails."""
    done = edit(VISUAL=editor)
    assert (done.returncode, told in done.stderr) == (code, True), done.stderr[-300:]
    assert (tmp_path / "guest.xml").read_text() == BEFORE


def test_which_editor(edit: Any, tmp_path: Path) -> None:
    done = edit(ADD, variable="DEVADDR_XML_EDITOR", EDITOR="false", VISUAL="false")
    assert done.returncode == 0
    assert "52:54:00:00:00:01" in (tmp_path / "guest.xml").read_text()
    done = edit(variable="EDITOR", VISUAL="devaddr-xml edit", DEVADDR_XML_EDITOR="no-such-editor")
    assert done.returncode == 2
    assert "cannot run the editor no-such-editor" in done.stderr
    assert edit(variable="EDITOR", VISUAL="false").returncode == 2


#: The command, told that the domain of libvirt's test driver is one of QEMU's.
VIRSH_EDITOR = """#!/bin/sh
sed -i "s/type='test'/type='kvm'/" "$2"
PYTHONPATH={root} {python} -m devaddr_xml "$@" || exit $?
sed -i "s/type='kvm'/type='test'/" "$2"
"""


@pytest.mark.skipif(shutil.which("virsh") is None, reason="virsh is not installed")
def test_below_virsh(command: Any, tmp_path: Path) -> None:
    """A real virsh, whose libvirt is the test driver: it starts the command as its editor."""
    domain = devaddr_xml.assign(SKELETON.replace("'q35'", "'pc'").replace("'test'", "'kvm'")).xml.replace(
        "'kvm'", "'test'"
    )
    (tmp_path / "node.xml").write_text(f"<node>{domain}</node>")
    editor = script(tmp_path, ADD)
    program = tmp_path / "devaddr-xml"
    root = Path(devaddr_xml.__file__).resolve().parents[1]
    program.write_text(VIRSH_EDITOR.format(root=root, python=sys.executable))
    program.chmod(0o755)
    environment = {
        **command.environment,
        "PATH": f"{tmp_path}:/usr/bin:/bin",
        "EDITOR": "devaddr-xml edit",
        "DEVADDR_XML_EDITOR": str(editor),
    }
    environment.pop("VISUAL", None)
    done = subprocess.run(
        ["virsh", "-c", f"test://{tmp_path}/node.xml", "edit edited; dumpxml --inactive edited"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result = done.stdout[done.stdout.index("<domain") :]
    assert "52:54:00:00:00:01" in result, done.stdout[:300] + done.stderr
    changes = devaddr_xml.diff(domain, result).changes
    assert [change for change in changes if change.change in ("moved", "removed")] == []
    assert [change.ref for change in changes if change.kind == "interface"] == ["52:54:00:00:00:01"]
