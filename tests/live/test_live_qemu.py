"""QEMU starts with our layouts, and has every device where we say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from live.adapt import adapted
from live.conftest import URI
from live.generate import AARCH64, PC, PSERIES, Q35, RISCV64, S390X, Board, generate

from devaddr_xml import DevaddrError, assign
from devaddr_xml.probe.verify import Verification, verify

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
HINTED = sorted(FIXTURES.glob("hinted/*.xml")) or sorted(FIXTURES.glob("skeletons/*expanders.xml"))

#: Boards, and how many domains of each QEMU must start with.
STARTED = {"q35": (Q35, 14), "i440fx": (PC, 14), "aarch64": (AARCH64, 10), "riscv64": (RISCV64, 10)}
STARTED |= {"ppc64": (PSERIES, 10), "s390x": (S390X, 8)}

#: What QEMU 7.2 cannot do although libvirt lays it out so, ours and its own layout alike.
REFUSED_BY_QEMU = {
    "bad scsi device lun": "the emulated SAS controllers have one unit, libvirt gives them seven",
    r"Bus 'pci\.\d+' not found": "a bridge that was given a lower index than the port that libvirt adds for it",
    "speed mismatch": "an EHCI controller without companions takes no slow devices, but libvirt puts them there",
}

#: Seconds that the firmware of x86 guests may take to number the buses, and a trial altogether; both end when done.
FIRMWARE = 120.0
TRIAL = 300.0


def problems(found: Verification) -> list[str]:
    """What is not as wanted, or on a PCI bus and not seen in QEMU at all."""
    wrong = [f"libvirt added {addition}" for addition in found.added]
    for device in found.devices:
        unseen = device.qemu is None and (device.wanted or "").startswith("pci ") and device.note is None
        if not device.agrees or unseen:
            wrong.append(str(device))
    return wrong


@pytest.mark.parametrize("name", STARTED)
def test_generated_domains_start(name: str, connection: Any, ability: Any) -> None:
    board, number = STARTED[name]
    started = 0
    for seed in range(1000, 1000 + 3 * number):
        started += _starts(seed, board, ability)
        if started == number:
            return
    pytest.fail(f"only {started} domains could be started")


@pytest.mark.parametrize("board", [Q35, PC, AARCH64], ids=lambda board: f"{board.arch}-{board.machine}")
def test_generated_domains_with_hints_start(board: Board, connection: Any, ability: Any) -> None:
    started = sum(_starts(seed, board, ability, hinted=True) for seed in range(6000, 6024))
    assert started >= 6


def _starts(seed: int, board: Board, ability: Any, hinted: bool = False) -> bool:
    """Whether QEMU starts with the domain; fails if it has anything elsewhere than wanted."""
    capabilities, host = ability(board.arch)
    try:
        complete = assign(generate(seed, board, hinted), capabilities=capabilities, host=host).xml
    except DevaddrError:
        return False
    found = verify(complete, URI, FIRMWARE if board.arch == "x86_64" else 0.0, timeout=TRIAL)
    if found.refusal is not None:
        assert any(re.search(pattern, found.refusal) for pattern in REFUSED_BY_QEMU), f"{seed}: {found.refusal}"
        return False
    assert problems(found) == [], f"seed {seed}"
    return True


@pytest.mark.parametrize("path", HINTED, ids=lambda path: path.stem)
def test_hinted_fixtures_start(path: Path, connection: Any, ability: Any) -> None:
    """Every fixture with hints starts, and its firmware finds every device."""
    xml = adapted(path.read_text())
    found = re.search(r"<type[^>]*arch=[\"']([^\"']+)", xml)
    arch = found[1] if found else "x86_64"
    capabilities, host = ability(arch)
    complete = assign(xml, capabilities=capabilities, host=host).xml
    result = verify(complete, URI, FIRMWARE if arch == "x86_64" else 0.0, timeout=TRIAL)
    assert result.refusal is None
    assert problems(result) == []


def test_a_wrong_place_is_told(define: Any, ability: Any) -> None:
    """Bus numbers that collide are seen, and so are devices that libvirt has elsewhere."""
    crowded = """
    <domain type='qemu'><name>crowded</name><memory unit='MiB'>512</memory><vcpu>2</vcpu>
      <os><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/></features>
      <cpu><numa><cell id='0' cpus='0-1' memory='512' unit='MiB'/></numa></cpu>
      <devices>
        <controller type='pci' index='0' model='pcie-root'/>
        <controller type='usb' index='0' model='none'/><memballoon model='none'/>
        <controller type='pci' index='1' model='pcie-expander-bus'>
          <target busNr='250'><node>0</node></target>
          <address type='pci' domain='0' bus='0' slot='2' function='0'/></controller>
        <controller type='pci' index='2' model='pcie-expander-bus'>
          <target busNr='251'><node>0</node></target>
          <address type='pci' domain='0' bus='0' slot='3' function='0'/></controller>
        <controller type='pci' index='3' model='pcie-root-port'>
          <address type='pci' domain='0' bus='1' slot='0' function='0'/></controller>
        <controller type='pci' index='4' model='pcie-root-port'>
          <address type='pci' domain='0' bus='2' slot='0' function='0'/></controller>
        <interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/>
          <address type='pci' domain='0' bus='3' slot='0' function='0'/></interface>
        <interface type='user'><mac address='52:54:00:00:00:02'/><model type='virtio'/>
          <address type='pci' domain='0' bus='4' slot='0' function='0'/></interface>
      </devices></domain>"""
    found = verify(define(crowded), URI, FIRMWARE, timeout=TRIAL)
    lost = {device.device for device in found.devices if device.lost}
    assert lost == {"controller pci.4 (pcie-root-port)", "interface 52:54:00:00:00:01"}
