"""What the probes say is what libvirt and QEMU say of themselves."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from live.conftest import URI

from devaddr_xml.model.errors import ProbeError
from devaddr_xml.probe.libvirt import probe_host
from devaddr_xml.probe.qemu import probe_qemu
from devaddr_xml.probe.qemu_types import ASKED_FLAGS
from devaddr_xml.probe.snapshot import load_capabilities, load_host_facts

ROOT = Path(__file__).resolve().parents[2]
ARCHITECTURES = ("x86_64", "aarch64", "ppc64", "s390x", "riscv64")

#: Abilities that libvirt 9.0 knows by the name of another one, or not at all for this architecture.
NAMED_OTHERWISE = {"tpm-tis"}


def libvirts_own(arch: str) -> frozenset[str]:
    """The abilities that libvirt itself has found for the architecture and written down."""
    for path in Path("/var/cache/libvirt/qemu/capabilities").glob("*.xml"):
        text = path.read_text()
        if f"<arch>{arch}</arch>" in text:
            return frozenset(re.findall(r"<flag name='([^']+)'", text))
    pytest.skip("libvirt's own list of abilities cannot be read")


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_qemu_has_the_abilities_that_libvirt_finds(arch: str, ability: Any) -> None:
    ability(arch)
    asked = probe_qemu(f"/usr/bin/qemu-system-{arch}")
    known = libvirts_own(arch)
    assert (known & ASKED_FLAGS) - asked.flags <= NAMED_OTHERWISE
    assert asked.arch == arch
    assert asked.qemu_version is not None


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_libvirt_tells_of_machines_and_versions(arch: str, connection: Any) -> None:
    told, _ = probe_host(URI, arch)
    assert told.libvirt_version == divided(connection.getLibVersion())
    assert told.qemu_version == divided(connection.getVersion())
    binary = probe_qemu(f"/usr/bin/qemu-system-{arch}")
    assert told.aliases == binary.aliases
    assert told.default_machine is not None


def divided(version: int) -> tuple[int, int, int]:
    return version // 1000000, version // 1000 % 1000, version % 1000


def test_host_devices_are_those_of_the_host(connection: Any) -> None:
    _, host = probe_host(URI)
    own = {path.name: path.resolve() for path in Path("/sys/bus/pci/devices").glob("*")}
    assert set(host.pci) == set(own)
    for address, device in host.pci.items():
        assert device.root_complex in own[address].parts
        node = int((own[address] / "numa_node").read_text())
        assert (-1 if device.numa_node is None else device.numa_node) == node
    assert sum(len(cpus) for cpus in host.cpus.values()) == os.cpu_count()


def test_binary_that_is_no_qemu() -> None:
    with pytest.raises(ProbeError, match="does not answer like a QEMU"):
        probe_qemu("/bin/true")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as a user runs it."""
    return subprocess.run(
        [sys.executable, "-c", "from devaddr_xml.cli import main; main()", *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_snapshot_serves_elsewhere(connection: Any, tmp_path: Path) -> None:
    """What is assigned with a snapshot is what is assigned with the connection."""
    snapshot, guest = tmp_path / "host.json", tmp_path / "guest.xml"
    guest.write_text(
        "<domain type='qemu'><name>g</name><memory>524288</memory><os><type arch='x86_64' machine='q35'>hvm</type></os>"
        "<devices><video><model type='qxl'/></video></devices></domain>"
    )
    machine = ("--connect", URI, "--arch", "x86_64", "--machine", "q35")
    assert run("probe", *machine, "-o", str(snapshot)).returncode == 0
    assert run("probe", *machine).stdout == snapshot.read_text()
    assert load_capabilities(snapshot).libvirt_version == divided(connection.getLibVersion())
    assert load_host_facts(snapshot).pci
    offline = run("assign", "--capabilities", str(snapshot), "--host", str(snapshot), str(guest))
    online = run("assign", "--connect", URI, str(guest))
    assert offline.returncode == online.returncode == 0, offline.stderr + online.stderr
    assert offline.stdout == online.stdout
    assert "itco" not in offline.stdout


def test_qemu_snapshot(tmp_path: Path) -> None:
    snapshot = tmp_path / "qemu.json"
    made = run("probe", "--qemu", "/usr/bin/qemu-system-s390x", "-o", str(snapshot))
    assert made.returncode == 0, made.stderr
    assert load_capabilities(snapshot) == probe_qemu("/usr/bin/qemu-system-s390x")


def test_verify_tells_of_every_device(connection: Any, tmp_path: Path) -> None:
    guest = tmp_path / "guest.xml"
    guest.write_text(
        "<domain type='kvm'><name>g</name><memory unit='TiB'>2</memory><vcpu>2</vcpu>"
        "<os firmware='efi'><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/></features>"
        "<cpu mode='host-passthrough'/><devices>"
        "<disk type='file' device='disk'><source file='/nowhere/a.img'/><target dev='vda' bus='virtio'/></disk>"
        "<interface type='network'><mac address='52:54:00:00:00:01'/><source network='gone'/><model type='virtio'/>"
        "</interface><hostdev mode='subsystem' type='pci'>"
        "<source><address domain='0' bus='0x99' slot='0' function='0'/></source></hostdev>"
        "<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>"
        "<filesystem type='mount'><driver type='virtiofs'/><source dir='/nowhere'/><target dir='t'/></filesystem>"
        "<graphics type='spice'/></devices></domain>"
    )
    shown = run("verify", "--connect", URI, str(guest))
    assert shown.returncode == 0, shown.stderr + shown.stdout
    for device in ("disk vda", "interface 52:54:00:00:00:01", "hostdev pci (tried as interface)", "filesystem t"):
        assert re.search(rf"^ok +{re.escape(device)} +pci \S+ += +=$", shown.stdout, re.MULTILINE), shown.stdout
    assert [domain.name() for domain in connection.listAllDomains() if domain.name().startswith("devaddr-verify")] == []


def test_verify_of_a_domain_that_libvirt_refuses(connection: Any, tmp_path: Path) -> None:
    guest = tmp_path / "guest.xml"
    guest.write_text(
        "<domain type='qemu'><name>g</name><memory>524288</memory><os><type arch='x86_64' machine='q35'>hvm</type></os>"
        "<features><gic version='x'/></features><devices><interface type='user'/></devices></domain>"
    )
    shown = run("verify", "--connect", URI, str(guest))
    assert shown.returncode == 1
    assert "libvirt refuses the domain" in shown.stderr
