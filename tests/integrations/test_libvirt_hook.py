"""The qemu hook as libvirt calls it: a process for every operation, with the domain on standard input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from forked import run_forked

import devaddr_xml
from devaddr_xml import assign
from devaddr_xml.cli import libvirt_hook
from devaddr_xml.integrations.libvirt_hook import broken_promises

DOMAIN = """<domain type='kvm' id='1'>
  <name>{name}</name>
  <metadata>
    <devaddr:policy xmlns:devaddr="urn:devaddr-xml:hints:1" {policy}>{hints}</devaddr:policy>
  </metadata>
  <memory unit='GiB'>4</memory>
  <vcpu>4</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <cpu><numa><cell id='0' cpus='0-1' memory='2' unit='GiB'/><cell id='1' cpus='2-3' memory='2' unit='GiB'/></numa></cpu>
  <devices>
    <disk type='file' device='disk'>
      <source file='{source}'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <interface type='user'>
      <mac address='52:54:00:00:00:01'/>
      <model type='virtio'/>
    </interface>
  </devices>
</domain>
"""

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(devaddr_xml.__file__).parent.parent)}

CHECKED = ("prepare", "start", "migrate", "restore")
ECHOED = ("migrate", "restore")
ALWAYS_WELL = ("started", "stopped", "release", "reconnect", "attach", "something-new")
SUBOPERATIONS = {"stopped": "end", "release": "end"}


def skeleton(policy: str = 'spare-ports="2"', hints: str = "", source: str = "/var/lib/x.qcow2") -> str:
    return DOMAIN.format(name="guest", policy=policy, hints=hints, source=source)


def plain(xml: str) -> str:
    """The document without its policy."""
    start, end = xml.index("<metadata>"), xml.index("</metadata>")
    return xml[:start] + "<metadata>" + xml[end:]


def with_policy(xml: str, policy: str, hints: str = "") -> str:
    """A document with another policy, which it may well not keep."""
    start, end = xml.index("<metadata>"), xml.index("</metadata>")
    element = f'<devaddr:policy xmlns:devaddr="urn:devaddr-xml:hints:1" {policy}>{hints}</devaddr:policy>'
    return xml[:start] + "<metadata>" + element + xml[end:]


KEPT = assign(skeleton('spare-ports="2" port-hotplug="spare-only"', '<devaddr:device ref="vda" node="1"/>')).xml
UNKEPT = with_policy(assign(plain(skeleton())).xml, 'spare-ports="9"', '<devaddr:device ref="vda" node="1"/>')


def call(operation: str, document: bytes | str, guest: str = "guest") -> subprocess.CompletedProcess[bytes]:
    arguments = [guest, operation, SUBOPERATIONS.get(operation, "begin"), "-"]
    data = document if isinstance(document, bytes) else document.encode()
    return run_forked(libvirt_hook.main, arguments, stdin=data, cwd="/", env=ENVIRONMENT)


def run(arguments: list[str], data: bytes, **variables: str) -> subprocess.CompletedProcess[bytes]:
    environment = {**ENVIRONMENT, **variables}
    return subprocess.run(
        [sys.executable, *arguments], input=data, capture_output=True, check=False, env=environment, cwd="/"
    )


@pytest.mark.parametrize("operation", CHECKED + ALWAYS_WELL)
def test_layout_that_keeps_its_policy(operation: str) -> None:
    done = call(operation, KEPT)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == (KEPT.encode() if operation in ECHOED else b"")


@pytest.mark.parametrize("operation", CHECKED)
def test_layout_that_breaks_its_policy(operation: str) -> None:
    done = call(operation, UNKEPT)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"devaddr-xml: guest: ")
    assert b"vda" in done.stderr


@pytest.mark.parametrize("operation", ALWAYS_WELL)
@pytest.mark.parametrize("document", [UNKEPT, "", "<domain", "\0", b"\xff\xfe" + b"<" * 1000])
def test_operations_that_ask_nothing(operation: str, document: str | bytes) -> None:
    done = call(operation, document)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize("operation", CHECKED)
def test_guest_without_policy(operation: str) -> None:
    """Whatever is in the document: it is none of our business."""
    for document in (plain(KEPT), "no XML at all"):
        done = call(operation, document)
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout == (document.encode() if operation in ECHOED else b"")


@pytest.mark.parametrize("operation", CHECKED)
@pytest.mark.parametrize(
    "document",
    [
        KEPT[:-20],
        KEPT.replace("spare-ports", "spare-pots"),
        KEPT.replace("<domain ", "<!DOCTYPE domain [<!ENTITY a SYSTEM 'file:///etc/shadow'>]>\n<domain "),
        KEPT.replace("slot='0x00'", "slot='0xzz'"),
    ],
)
def test_document_that_cannot_be_judged(operation: str, document: str) -> None:
    done = call(operation, document)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"devaddr-xml: guest: line ")
    assert b"Traceback" not in done.stderr


def test_names_of_guests_are_no_options() -> None:
    for name in ("--help", "-h", "--version", "reconnect"):
        done = call("prepare", UNKEPT, name)
        assert done.returncode == 1
        assert done.stdout == b""


def test_the_command_answers_like_the_program() -> None:
    done = run(["-m", "devaddr_xml", "libvirt-hook", "guest", "restore", "begin", "-"], KEPT.encode())
    assert (done.returncode, done.stdout, done.stderr) == (0, KEPT.encode(), b"")
    assert run(["-m", "devaddr_xml", "libvirt-hook", "guest", "reconnect"], UNKEPT.encode()).returncode == 0


@pytest.mark.parametrize(
    ("policy", "hints", "broken"),
    [
        ('spare-ports="2"', "", ["controller pci.5 (pcie-root-port) is missing"]),
        ('port-hotplug="off"', "", ["controller pci.1 (pcie-root-port): hotplug is on"]),
        ('port-hotplug="default"', '<devaddr:device ref="vda" port-hotplug="off"/>', ["hotplug is on"]),
        ('spare-ports="0"', "", []),
        ('spare-ports="libvirt"', "", []),
    ],
)
def test_what_is_broken(policy: str, hints: str, broken: list[str]) -> None:
    """A layout of two devices and one free port against policies that it was not made for."""
    document = with_policy(assign(with_policy(skeleton(), 'spare-ports="0"')).xml, policy, hints)
    lines = broken_promises(document.encode())
    assert bool(lines) == bool(broken)
    for text in broken:
        assert any(text in line for line in lines), lines


def test_a_running_guest_may_have_used_its_spare_ports() -> None:
    """A network card in a spare port is what the port was for; no guest is kept from moving by that."""
    port = KEPT.index("<controller type='pci' index='4'")
    assert "hotplug='on'" in KEPT[port:]
    card = "<interface type='user'><mac address='52:54:00:00:00:02'/><model type='virtio'/>{}</interface>"
    free = max(
        int(controller["index"])
        for controller in json.loads(assign(KEPT).guest.to_json())["devices"]
        if controller["kind"] == "controller" and controller.get("hotplug")
    )
    place = f"<address type='pci' domain='0x0000' bus='0x{free:02x}' slot='0x00' function='0x0'/>"
    used = KEPT.replace("</devices>", card.format(place) + "</devices>")
    for operation in ECHOED:
        done = call(operation, used)
        assert (done.returncode, done.stdout, done.stderr) == (0, used.encode(), b"")
    for operation in ("prepare", "start"):
        assert call(operation, used).returncode == 1
        for mark in ("<resource><partition>/machine</partition></resource>", "<cpu check='full'/>"):
            has_run = (
                used.replace("<cpu>", "<cpu check='full'>") if "cpu" in mark else used.replace("<cpu>", mark + "<cpu>")
            )
            assert call(operation, has_run).returncode == 0


def test_a_moving_guest_keeps_its_devices_where_they_are() -> None:
    """What has no free ports may move; what is on another node than its policy says may not."""
    for operation in ECHOED:
        assert call(operation, with_policy(KEPT, 'spare-ports="9" port-hotplug="on"')).returncode == 0
        done = call(operation, UNKEPT)
        assert done.returncode == 1
        assert b"node" in done.stderr


def test_what_libvirt_leaves_out_of_moving_documents() -> None:
    """A document for migration lacks what every libvirt adds by itself; that is no breach of a policy."""
    i440fx = skeleton('spare-ports="2"').replace("q35", "pc")
    moving = assign(i440fx).xml
    for left_out in ("<controller type='pci' index='0' model='pci-root'/>", "<input type='keyboard' bus='ps2'/>"):
        assert left_out in moving
        moving = moving.replace(left_out, "")
    done = call("restore", moving)
    assert (done.returncode, done.stdout) == (0, moving.encode())


def test_the_link_leads_to_a_program(repository: Path) -> None:
    """What is linked where libvirt looks is started by Python itself, with arguments that no shell has seen."""
    metadata = (repository / "pyproject.toml").read_text()
    assert 'devaddr-xml-libvirt-hook = "devaddr_xml.cli.libvirt_hook:main"' in metadata
    told = run(["-m", "devaddr_xml", "libvirt-hook", "--help"], b"").stdout.decode()
    assert 'ln -s "$(command -v devaddr-xml-libvirt-hook)" /etc/libvirt/hooks/qemu.d/devaddr-xml' in told


WATCHED = """
import sys
seen = []
def watch(event, arguments):
    if event == "open" or event.split(".")[0] in ("socket", "subprocess", "os", "pickle", "urllib", "ctypes"):
        seen.append((event, str(arguments[0]) if arguments else ""))
    if event == "import" and arguments[0].split(".")[0] in ("libvirt", "libvirtmod", "pickle"):
        seen.append((event, arguments[0]))
sys.addaudithook(watch)
from devaddr_xml.cli.process import outcome
code = outcome(["libvirt-hook", "--", *sys.argv[1:]])
import json
print(json.dumps(seen), file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize("operation", CHECKED)
def test_touches_nothing_that_the_document_names(operation: str, tmp_path: Path) -> None:
    """No file, socket, process or pickle, whatever the document says; and never libvirt."""
    trap = tmp_path / "trap"
    trap.write_text("secret")
    document = assign(skeleton(source=str(trap))).xml
    document = document.replace("<domain ", f"<?xml-stylesheet href='{trap}'?>\n<domain ", 1)
    document = document.replace(
        "<devices>",
        f"<devices><emulator>{trap}</emulator><x:include xmlns:x='http://www.w3.org/2001/XInclude' href='{trap}'/>",
    )
    done = run(["-c", WATCHED, "guest", operation, "begin", "-"], document.encode(), PYTHONDONTWRITEBYTECODE="1")
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stderr.splitlines()[-1])
    assert str(tmp_path) not in done.stderr.decode()
    events = {event for event, _ in seen}
    assert events <= {"open", "os.listdir", "os.scandir"}, sorted(events)
