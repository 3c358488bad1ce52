"""The qemu hook, called by a libvirtd of the test's own: every operation that libvirt has."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from live import own_libvirt
from live.own_libvirt import OwnLibvirt

from devaddr_xml import assign
from devaddr_xml.probe.libvirt import probe_host

NAMESPACE = "urn:devaddr-xml:hints:1"

GUEST = """<domain type='qemu'>
  <name>{name}</name>
  <metadata><devaddr:policy xmlns:devaddr="urn:devaddr-xml:hints:1" {policy}/></metadata>
  <memory unit='MiB'>64</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <interface type='user'>
      <mac address='52:54:00:00:00:01'/>
      <model type='virtio'/>
    </interface>
  </devices>
</domain>
"""
POLICY = 'spare-ports="2" port-hotplug="spare-only"'

#: The first network card must be on the root complex; no layout of these tests has it there.
BROKEN = '<policy><device ref="52:54:00:00:00:01" placement="root-complex"/></policy>'

CARD = """<interface type='user'>
  <mac address='52:54:00:00:00:02'/><model type='virtio'/>
</interface>"""


@pytest.fixture(scope="module")
def folders() -> Iterator[Path]:
    """A folder with a name so short that sockets can be in it."""
    made = Path(tempfile.mkdtemp(prefix="dx"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def here(folders: Path) -> Iterator[OwnLibvirt]:
    """A libvirt with the hook."""
    if reason := own_libvirt.why_not():
        pytest.skip(reason)
    with own_libvirt.own_libvirt(folders / "1", "here", "8f7c66bc-10f4-4d9c-a1f3-ed9f3bd7a3a1") as opened:
        opened.install_hook()
        yield opened


@pytest.fixture(scope="module")
def there(folders: Path) -> Iterator[OwnLibvirt]:
    """Another one."""
    with own_libvirt.own_libvirt(folders / "2", "there", "8f7c66bc-10f4-4d9c-a1f3-ed9f3bd7a3a2") as opened:
        opened.install_hook()
        yield opened


@pytest.fixture
def guest(here: OwnLibvirt, request: pytest.FixtureRequest) -> Iterator[str]:
    """A guest that keeps its policy, defined and not running; its name."""
    name = request.node.name[5:30].rstrip("_")
    capabilities, host = probe_host(here.uri, "x86_64")
    define(here, assign(GUEST.format(name=name, policy=POLICY), capabilities=capabilities, host=host).xml)
    here.calls()
    yield name
    here.virsh("destroy", name, check=False)
    here.virsh("undefine", name, check=False)


def define(libvirt: OwnLibvirt, xml: str) -> None:
    path = libvirt.folder / "domain.xml"
    path.write_text(xml)
    libvirt.virsh("define", str(path))


def break_policy(libvirt: OwnLibvirt, guest: str, *, live: bool) -> None:
    """Put a policy into the metadata that the layout does not keep."""
    where = "--live" if live else "--config"
    libvirt.virsh("metadata", guest, NAMESPACE, where, "--key", "devaddr", "--set", BROKEN)


def plug_card(libvirt: OwnLibvirt, guest: str) -> None:
    path = libvirt.folder / "card.xml"
    path.write_text(CARD)
    libvirt.virsh("attach-device", guest, str(path), "--live")


def state(libvirt: OwnLibvirt, guest: str) -> str:
    return libvirt.virsh("domstate", guest, check=False).stdout.strip()


def operations(libvirt: OwnLibvirt, guest: str) -> list[str]:
    return [line.split()[1] for line in libvirt.calls() if line.split()[0] == guest]


def comes(libvirt: OwnLibvirt, guest: str, operation: str) -> bool:
    """Whether the hook is called for the operation within a minute: a daemon answers before it has found its guests."""
    for _ in range(300):
        if operation in operations(libvirt, guest):
            return True
        time.sleep(0.2)
    return False


def test_start(here: OwnLibvirt, guest: str) -> None:
    here.virsh("start", guest, "--paused")
    assert operations(here, guest) == ["prepare", "start", "started"]
    here.virsh("destroy", guest)
    assert operations(here, guest) == ["stopped", "release"]


def test_start_with_a_broken_policy(here: OwnLibvirt, guest: str) -> None:
    break_policy(here, guest, live=False)
    refused = here.virsh("start", guest, "--paused", check=False)
    assert refused.returncode != 0
    assert "52:54:00:00:00:01" in refused.stderr
    assert state(here, guest) == "shut off"
    assert operations(here, guest)[0] == "prepare"


def test_start_without_the_free_ports(here: OwnLibvirt, guest: str) -> None:
    xml = here.virsh("dumpxml", "--inactive", guest).stdout
    define(here, xml.replace("spare-ports='2'", "spare-ports='9'").replace('spare-ports="2"', 'spare-ports="9"'))
    refused = here.virsh("start", guest, "--paused", check=False)
    assert "is missing" in refused.stderr
    assert "devaddr-xml assign" in refused.stderr


def test_save_and_restore(here: OwnLibvirt, guest: str) -> None:
    """Also after a card was plugged into a spare port."""
    here.virsh("start", guest, "--paused")
    plug_card(here, guest)
    saved = str(here.folder / "saved")
    here.virsh("save", guest, saved)
    here.calls()
    here.virsh("restore", saved, "--paused")
    assert operations(here, guest) == ["restore", "prepare", "start", "started"]
    assert "52:54:00:00:00:02" in here.virsh("dumpxml", guest).stdout


def test_restore_with_a_broken_policy(here: OwnLibvirt, guest: str) -> None:
    here.virsh("start", guest, "--paused")
    break_policy(here, guest, live=True)
    saved = str(here.folder / "saved")
    here.virsh("save", guest, saved)
    here.calls()
    refused = here.virsh("restore", saved, "--paused", check=False)
    assert "52:54:00:00:00:01" in refused.stderr
    assert operations(here, guest)[0] == "restore"
    assert state(here, guest) == "shut off"


def test_reconnect(here: OwnLibvirt, guest: str) -> None:
    """A guest that runs goes on, whatever its policy says."""
    here.virsh("start", guest, "--paused")
    break_policy(here, guest, live=True)
    here.calls()
    here.restart()
    assert comes(here, guest, "reconnect")
    assert state(here, guest) == "paused"


def migrate(here: OwnLibvirt, there: OwnLibvirt, guest: str) -> str:
    """Move the guest; what was said against it."""
    moved = here.virsh("migrate", guest, there.uri, "--migrateuri", f"unix://{here.folder}/move", check=False)
    return moved.stderr


def test_migrate(here: OwnLibvirt, there: OwnLibvirt, guest: str) -> None:
    """Also after a card was plugged into a spare port."""
    here.virsh("start", guest, "--paused")
    plug_card(here, guest)
    there.calls()
    assert migrate(here, there, guest) == ""
    assert operations(there, guest) == ["migrate", "prepare", "start", "started"]
    assert state(there, guest) == "paused"
    there.virsh("destroy", guest)


def test_migrate_with_a_broken_policy(here: OwnLibvirt, there: OwnLibvirt, guest: str) -> None:
    here.virsh("start", guest, "--paused")
    break_policy(here, guest, live=True)
    assert "52:54:00:00:00:01" in migrate(here, there, guest)
    assert operations(there, guest)[0] == "migrate"
    assert state(here, guest) == "paused"
    assert state(there, guest) == ""
