"""What docs/threat-model.md says is held by the tests that it names; and what a command does to its machine."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from forked import run_forked

import devaddr_xml.cli

PACKAGE = Path(devaddr_xml.__file__).parent
REFERENCE = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")

#: A document whose every part names something on this machine, in places that libvirt knows and in others.
DOCUMENT = """<?xml version='1.0'?>
<?xml-stylesheet href='{bait}/style'?>
<domain type='kvm' xmlns:xi='http://www.w3.org/2001/XInclude' xmlns:devaddr='urn:devaddr-xml:hints:1'>
  <name>{bait}/name</name>
  <xi:include href='{bait}/include'/>
  <metadata><devaddr:policy spare-ports='2'><devaddr:device ref='vda' hotplug='yes'/></devaddr:policy></metadata>
  <memory>1048576</memory>
  <os firmware='efi'>
    <type arch='x86_64' machine='q35'>hvm</type>
    <loader readonly='yes' type='pflash'>{bait}/loader</loader>
    <nvram template='{bait}/template'>{bait}/nvram</nvram>
    <kernel>{bait}/kernel</kernel>
    <dtb>{bait}/dtb</dtb>
  </os>
  <devices>
    <emulator>{bait}/qemu-system-{arch}</emulator>
    <disk type='file'><driver type='qcow2'/><source file='{bait}/disk'/><target dev='vda' bus='virtio'/></disk>
    <disk type='block'><source dev='{bait}/block'/><target dev='vdb' bus='virtio'/></disk>
    <disk type='network'>
      <source protocol='nbd' name='x'><host name='127.0.0.1' port='9'/></source><target dev='vdc' bus='virtio'/>
    </disk>
    <interface type='ethernet'><script path='{bait}/script'/><mac address='52:54:00:00:00:01'/></interface>
    <hostdev mode='subsystem' type='pci'><source><address domain='0' bus='1' slot='0' function='0'/></source></hostdev>
    <serial type='unix'><source mode='connect' path='{bait}/socket'/></serial>
    <channel type='spicevmc'><target type='virtio' name='{bait}/channel'/></channel>
    <tpm model='tpm-tis'><backend type='passthrough'><device path='{bait}/tpm'/></backend></tpm>
    <rng model='virtio'><backend model='random'>{bait}/random</backend></rng>
  </devices>
</domain>
"""

#: Audit events of Python that concern files and other programs.
WATCHED = ("open", "os.", "socket.", "subprocess.", "pickle.", "ctypes.", "shutil.", "tempfile.", "urllib.", "ftplib.")


def watched_main(log: Path) -> Callable[[], None]:
    """Record the audit events of Python in a run of the command."""

    def main() -> None:
        events = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

        def watch(event: str, arguments: tuple[Any, ...]) -> None:
            if event.startswith(WATCHED):
                what = os.fsdecode(arguments[0]) if arguments and isinstance(arguments[0], (str, bytes)) else ""
                os.write(events, (json.dumps([event, what]) + "\n").encode())

        sys.addaudithook(watch)
        devaddr_xml.cli.main()

    return main


COMMANDS = {
    "assign": ["assign", "guest.xml"],
    "assign to a file": ["assign", "guest.xml", "-o", "out.xml"],
    "assign in place": ["assign", "--in-place", "guest.xml"],
    "show": ["show", "guest.xml"],
    "show as a picture": ["show", "guest.xml", "--format", "svg"],
    "capacity": ["capacity", "guest.xml"],
    "explain": ["explain", "guest.xml"],
    "diff": ["diff", "guest.xml", "guest.xml"],
    "model": ["model", "guest.xml"],
    "attach": ["attach", "guest.xml", "guest.xml"],
    "libvirt-hook prepare": ["libvirt-hook", "guest", "prepare", "begin", "-"],
    "libvirt-hook migrate": ["libvirt-hook", "guest", "migrate", "begin", "-"],
}

#: What happens to files, beside opening them, when a result is put in the place of another.
REPLACING = {"os.rename", "os.chown", "os.chmod", "os.remove"}


def references() -> list[tuple[str, str]]:
    text = (Path(__file__).resolve().parents[1] / "docs" / "threat-model.md").read_text()
    return REFERENCE.findall(text)


def test_every_line_names_a_test(repository: Path) -> None:
    text = (repository / "docs" / "threat-model.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| what holds")]
    assert len(rows) > 10
    assert [row for row in rows if not REFERENCE.search(row)] == []


@pytest.mark.parametrize(("file", "name"), sorted(set(references())))
def test_the_tests_that_are_named_are_there(repository: Path, file: str, name: str) -> None:
    assert re.search(rf"^ *(async )?def {name}\(", (repository / file).read_text(), re.MULTILINE)


@pytest.mark.parametrize("arch", ["x86_64", "../../../etc/passwd", "other"])
@pytest.mark.parametrize("name", COMMANDS)
def test_commands_touch_only_what_the_command_line_names(command: Any, tmp_path: Path, name: str, arch: str) -> None:
    """No file that a document names is opened, no program started, no connection made, nothing unpickled."""
    bait = tmp_path / "bait"
    document = DOCUMENT.format(bait=bait, arch=arch)
    bait.mkdir()
    for path in set(re.findall(rf"{bait}/(\w+)", document)):
        (bait / path).write_text("x")
    work = tmp_path / "work"
    work.mkdir()
    (work / "guest.xml").write_text(document)
    log = tmp_path / "events"
    environment = {**command.environment, "HOME": str(tmp_path / "home")}
    done = run_forked(watched_main(log), COMMANDS[name], stdin=document.encode(), cwd=work, env=environment)
    assert b"Traceback" not in done.stderr
    assert b"internal error" not in done.stderr
    seen = [tuple(json.loads(row)) for row in log.read_text().splitlines()]
    assert "guest.xml" not in COMMANDS[name] or ("open", "guest.xml") in seen
    caches = os.environ.get("PYTHONPYCACHEPREFIX", "")
    places = [Path(place) for place in (*sys.path, sys.prefix, sys.base_prefix, PACKAGE, work, caches) if place]
    for event, target in seen:
        if event in {"open", "os.listdir", "os.scandir"}:
            assert not target.startswith("/") or any(Path(target).is_relative_to(place) for place in places)
            assert not Path(work, target).resolve().is_relative_to(bait)
        else:
            assert event in REPLACING
            assert "-o" in COMMANDS[name] or "--in-place" in COMMANDS[name]
    assert sorted(os.listdir(work)) in (["guest.xml"], ["guest.xml", "out.xml"])


#: Words that let a program do what a document says, and where they may be: what asks this machine's libvirt and QEMU,
#: the service that listens on a Unix socket, and the editor that the person names in EDITOR.
POWERS = re.compile(
    r"^\s*(?:import|from) (pickle|shelve|marshal|subprocess|socket|urllib\.request|http|ctypes)\b"
    r"|\b(shell=True|os\.system\(|os\.popen\(|eval\(|exec\()",
    re.MULTILINE,
)
POWERFUL = {
    ("cli/edit.py", "subprocess"),
    ("probe/client.py", "subprocess"),
    ("probe/qemu.py", "socket"),
    ("integrations/serve/service.py", "socket"),
}


def test_no_other_module_has_such_powers() -> None:
    """Shells, pickles and evaluated text are nowhere in the package; programs and sockets are in few modules."""
    found = {
        (path.relative_to(PACKAGE).as_posix(), match[1] or match[2])
        for path in PACKAGE.rglob("*.py")
        for match in POWERS.finditer(path.read_text())
    }
    assert found == POWERFUL
