"""OVMF maps the BARs that we say fit, and leaves out those that we say do not, at the edge of what it has."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from devaddr_xml import assign
from devaddr_xml.model.host import Bar, HostFacts, HostPciDevice

QEMU = "qemu-system-x86_64"
FIRMWARE = Path("/usr/share/OVMF/OVMF_CODE_4M.fd")
VARIABLES = Path("/usr/share/OVMF/OVMF_VARS_4M.fd")
MIB, GIB = 1 << 20, 1 << 30

#: Address bits of the guest CPU (none: what QEMU says by itself), and the BARs, one a device.
CASES: list[tuple[int | None, tuple[int, ...]]] = [
    (None, (32 * GIB,)),
    (None, (16 * GIB, 16 * GIB)),
    (None, (32 * GIB, 2 * MIB)),
    (None, (16 * GIB, 16 * GIB, GIB)),
    (None, (64 * GIB,)),
    (39, (64 * GIB,)),
    (39, (32 * GIB, 32 * GIB)),
    (39, (64 * GIB, 2 * MIB)),
    (39, (32 * GIB, 16 * GIB, 16 * GIB, GIB)),
    (39, (128 * GIB,)),
]


@pytest.mark.parametrize(("bits", "sizes"), CASES)
def test_what_fits_is_mapped(bits: int | None, sizes: tuple[int, ...], tmp_path: Path) -> None:
    if shutil.which(QEMU) is None or not FIRMWARE.exists():
        pytest.skip(f"there is no {QEMU}, or no {FIRMWARE}")
    with firmware_run(bits, sizes, tmp_path) as mapped:
        assert all(mapped) == fits(bits, sizes)


def fits(bits: int | None, sizes: tuple[int, ...]) -> bool:
    """Whether assign warns of nothing for a domain with such a CPU and devices of the host with such BARs."""
    pci = {
        f"0000:{at + 1:02x}:00.0": HostPciDevice(
            express=True, root_complex="pci0000:00", bars=(Bar(index=2, size=size, bits=64, prefetchable=True),)
        )
        for at, size in enumerate(sizes)
    }
    devices = "".join(
        "<hostdev mode='subsystem' type='pci'><source>"
        f"<address domain='0' bus='{at + 1}' slot='0' function='0'/></source></hostdev>"
        for at in range(len(sizes))
    )
    width = f"<maxphysaddr mode='emulate' bits='{bits}'/>" if bits else ""
    xml = (
        "<domain type='qemu'><name>g</name><memory unit='MiB'>512</memory><vcpu>1</vcpu>"
        "<os firmware='efi'><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/></features>"
        f"<cpu mode='custom'><model>Skylake-Client</model>{width}</cpu><devices>{devices}</devices></domain>"
    )
    told = assign(xml, policy="hotplug", host=HostFacts(pci=pci)).warnings
    return not any("BARs" in str(warning) for warning in told)


@contextmanager
def firmware_run(bits: int | None, sizes: tuple[int, ...], folder: Path) -> Iterator[list[bool]]:
    """Whether each BAR has an address once the firmware has numbered the buses and changes nothing any more."""
    shutil.copy(VARIABLES, folder / "vars.fd")
    cpu = "Skylake-Client" + (f",phys-bits={bits}" if bits else "")
    command = [QEMU, "-machine", "q35,accel=tcg", "-cpu", cpu, "-m", "512", "-nodefaults", "-display", "none"]
    command += ["-drive", f"if=pflash,format=raw,readonly=on,file={FIRMWARE}"]
    command += ["-drive", f"if=pflash,format=raw,file={folder / 'vars.fd'}", "-qmp", "stdio"]
    for at, size in enumerate(sizes):
        port = f"pcie-root-port,id=port{at},chassis={at + 1},bus=pcie.0,addr={16 + at:#x}"
        command += ["-device", port, "-device", f"pci-testdev,id=test{at},bus=port{at},membar={size}"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        process.stdout.readline()  # type: ignore[union-attr]
        ask(process, "qmp_capabilities")
        yield settled(process)
    finally:
        process.kill()
        process.communicate()


def ask(process: subprocess.Popen[str], command: str) -> Any:
    """What QEMU answers to a command; events are passed over."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps({"execute": command}) + "\n")
    process.stdin.flush()
    for line in process.stdout:
        answer = json.loads(line)
        if "return" in answer:
            return answer["return"]
    raise AssertionError("QEMU has ended")


def settled(process: subprocess.Popen[str], timeout: float = 300.0) -> list[bool]:
    """Which BARs are mapped when the firmware is done: it has given numbers, and nothing has changed for a while."""
    end = time.monotonic() + timeout
    last, same = None, 0
    while time.monotonic() < end:
        devices = ask(process, "query-pci")[0]["devices"]
        ports = [device for device in devices if "pci_bridge" in device]
        now = [
            region["address"] not in (-1, 0)
            for port in ports
            for device in port["pci_bridge"].get("devices", ())
            for region in device["regions"]
            if region["bar"] == 2
        ]
        numbered = all(port["pci_bridge"]["bus"]["secondary"] for port in ports)
        same = same + 1 if numbered and devices == last else 0
        if same >= 8 or (numbered and all(now)):
            return now
        last = devices
        time.sleep(1)
    raise AssertionError(f"the firmware was not done within {timeout} s")
