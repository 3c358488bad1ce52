"""virt-install and virt-xml in pipes with the command, and virsh at the end, as people type them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from live.signature import difference, signature
from lxml import etree

import devaddr_xml

SYSTEM = os.environ.get("DEVADDR_XML_LIVE_URI", "qemu:///system")

#: The driver of libvirt that has everything but a hypervisor.
TEST = "test:///default"

#: What virt-install would need a host, a disk image or an operating system's name for.
MINIMAL = "--memory 256 --import --disk none --osinfo detect=off,require=off --dry-run --noautoconsole"

ASSIGN = f"devaddr-xml assign --connect {SYSTEM}"
DEFINE = f"virsh --quiet --connect {SYSTEM} define /dev/stdin"
DUMP = f"virsh --quiet --connect {SYSTEM} dumpxml --inactive"

MACHINES = {
    "q35": "--virt-type qemu --arch x86_64 --machine q35",
    "pc": "--virt-type qemu --arch x86_64 --machine pc",
    "virt": "--virt-type qemu --arch aarch64 --machine virt --features acpi=off",
    "s390x": "--virt-type qemu --arch s390x --machine s390-ccw-virtio",
}


@pytest.fixture(autouse=True)
def _virtinst() -> None:
    missing = [program for program in ("virt-install", "virt-xml", "virsh") if shutil.which(program) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} is not installed; Debian has it in virtinst and libvirt-clients")


@pytest.fixture
def shell(tmp_path: Path) -> Any:
    """Run a pipe in a shell where ``devaddr-xml`` is this one; what it prints. It fails when any part of it does."""
    programs = tmp_path / "bin"
    programs.mkdir()
    path = Path(devaddr_xml.__file__).parent.parent
    program = programs / "devaddr-xml"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{path}" exec "{sys.executable}" -m devaddr_xml "$@"\n')
    program.chmod(0o755)
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}

    def run(line: str) -> str:
        command = ["bash", "-o", "pipefail", "-ec", line]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def name(connection: Any, request: pytest.FixtureRequest) -> Iterator[str]:
    """A name for a domain, which is undefined at the end."""
    import libvirt

    chosen = f"pipe-{request.node.callspec.id}" if hasattr(request.node, "callspec") else "pipe"
    yield chosen
    try:
        connection.lookupByName(chosen).undefineFlags(libvirt.VIR_DOMAIN_UNDEFINE_NVRAM)
    except libvirt.libvirtError:
        return


def unplaced(xml: str) -> list[str]:
    """The devices that still wait for an address."""
    return [one[0] for one in signature(xml) if one[0] in ("interface", "disk", "memballoon") and one[-1] == "nowhere"]


def test_with_the_test_driver(shell: Any) -> None:
    """The line of the documentation; this driver takes a domain as it is, so what it has is what we gave it."""
    defined = shell(
        f"virt-install --connect {TEST} --name pipe {MINIMAL} --network user --print-xml 1"
        " | tee given.xml | devaddr-xml assign - | tee ours.xml"
        f" | virsh --quiet --connect {TEST} 'define /dev/stdin; dumpxml --inactive pipe'"
    )
    ours = shell("cat ours.xml")
    assert unplaced(shell("cat given.xml"))
    assert not unplaced(ours)
    assert difference(ours, defined) == []


@pytest.mark.parametrize("machine", MACHINES)
def test_with_qemu(shell: Any, name: str, machine: str) -> None:
    """libvirt takes the result, and adds and moves nothing."""
    shell(
        f"virt-install --connect {SYSTEM} --name {name} {MINIMAL} {MACHINES[machine]}"
        " --network user,model=virtio --network user,model=virtio --print-xml 1"
        f" | tee given.xml | {ASSIGN} - | tee ours.xml"
        f" | {DEFINE}"
    )
    given, ours = shell("cat given.xml"), shell("cat ours.xml")
    assert given != ours
    assert not unplaced(ours)
    assert difference(ours, shell(f"{DUMP} {name}")) == []


def test_with_a_policy(shell: Any, name: str) -> None:
    """The free ports that were asked for survive virt-install's own and libvirt's."""
    shell(
        f"virt-install --connect {SYSTEM} --name {name} {MINIMAL} {MACHINES['q35']} --network user --print-xml 1"
        f" | {ASSIGN} --set port-hotplug=spare-only --set spare-ports=20 -"
        f" | {DEFINE}"
    )
    defined = shell(f"{DUMP} {name}")
    ports = etree.fromstring(defined).xpath("//controller[@model='pcie-root-port']/target/@hotplug")
    assert ports.count("on") == 20
    assert ports.count("off") > 0


def test_virt_xml_adds_a_device(shell: Any, name: str) -> None:
    """What was there stays; what virt-xml added gets a place."""
    shell(
        f"virt-install --connect {SYSTEM} --name {name} {MINIMAL} {MACHINES['q35']} --network user --print-xml 1"
        f" | {ASSIGN} - | tee before.xml | {DEFINE}"
    )
    shell(
        f"{DUMP} {name}"
        f" | virt-xml --connect {SYSTEM} --add-device --network user,model=virtio,mac=52:54:00:aa:bb:cc"
        f" | {ASSIGN} - | tee after.xml | {DEFINE}"
    )
    after = shell("cat after.xml")
    changed = difference(shell("cat before.xml"), after)
    assert any("52:54:00:aa:bb:cc" in line and "nowhere" not in line for line in changed)
    assert all(line.startswith("+ ") for line in changed)
    assert difference(after, shell(f"{DUMP} {name}")) == []


def test_both_documents_of_an_installation(shell: Any) -> None:
    """Without a step, virt-install prints one document for the installation and one for afterwards."""
    line = f"virt-install --connect {TEST} --name pipe --memory 256 --pxe --disk none --network user --dry-run"
    line += " --osinfo detect=off,require=off --print-xml"
    assigned = shell(f"{line} | devaddr-xml assign -")
    first, second, end = assigned.split("</domain>")
    assert end.strip() == ""
    for document in (first, second):
        assert not unplaced(document.strip() + "</domain>")
