"""More devices than PCI has buses: with ``overflow="pack"`` libvirt and QEMU take them, and firmware maps them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from itertools import islice, product
from math import isqrt
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import pytest
from live.conftest import URI
from live.signature import difference
from live.test_live_qemu import FIRMWARE, TRIAL, problems

from devaddr_xml import Assignment, Policy, assign
from devaddr_xml.probe.trial_copy import trial_copy
from devaddr_xml.probe.verify import verify


def disks(count: int) -> str:
    """A guest with so many virtio disks."""
    names = islice(("".join(letters) for letters in product(ascii_lowercase, repeat=3)), count)
    each = (
        f"<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/none/{name}.img'/>"
        f"<target dev='vd{name}' bus='virtio'/></disk>"
        for name in names
    )
    return f"""<domain type='qemu'><name>overflow</name><memory unit='MiB'>1024</memory><vcpu>1</vcpu>
      <os><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/></features>
      <devices>{"".join(each)}</devices></domain>"""


@pytest.fixture
def packed(ability: Any) -> Callable[[int], Assignment]:
    """The layout of so many disks."""
    capabilities, host = ability("x86_64")
    return lambda count: assign(disks(count), policy=Policy(overflow="pack"), capabilities=capabilities, host=host)


@pytest.fixture
def running(connection: Any) -> Iterator[Callable[[str], Any]]:
    """Starts a copy without disk images of a domain, firmware and all, and destroys it in the end."""
    started = []

    def start(xml: str) -> Any:
        copy = trial_copy(xml, "devaddr-live-overflow", "7d0ab4a4-4d7e-4be1-9b0b-5a3b2f0d1c11")
        started.append(connection.createXML(copy.xml, 0))
        return started[-1]

    yield start
    for domain in started:
        domain.destroy()


#: Since this version QEMU takes so many bytes of memory times the square of the number of virtio disks.
GROWS_SINCE = 10_000_000
BYTES_A_SQUARE = 75_000


def most_disks(connection: Any, wanted: int) -> int:
    """As many disks as are wanted, or as half of the free memory of the machine allows with this QEMU."""
    if connection.getVersion() < GROWS_SINCE:
        return wanted
    free = int(re.search(r"MemAvailable: +(\d+) kB", Path("/proc/meminfo").read_text())[1]) * 1024
    return min(wanted, isqrt(free // 2 // BYTES_A_SQUARE))


def test_five_hundred_disks(
    packed: Callable[[int], Assignment], running: Callable[[str], Any], define: Any, connection: Any
) -> None:
    """Every disk is where it was wanted after the firmware's numbering, and every BAR of it is mapped."""
    import libvirt_qemu

    count = most_disks(connection, 500)
    layout = packed(count)
    assert difference(layout.xml, define(layout.xml)) == []
    found = verify(layout.xml, URI, FIRMWARE, timeout=TRIAL)
    assert found.refusal is None
    assert problems(found) == []
    domain = running(layout.xml)
    end = time.monotonic() + FIRMWARE
    while True:
        stated = libvirt_qemu.qemuMonitorCommand(domain, "info pci", libvirt_qemu.VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP)
        mapped = re.findall(r"BAR\d: .* at 0x([0-9a-f]+) \[", stated)
        unmapped = [start for start in mapped if start.startswith("ffffffff")]
        if (len(mapped) >= 2 * count and not unmapped) or time.monotonic() > end:
            break
        time.sleep(1)
    assert stated.count("PCI device 1af4:") == count + 1
    assert unmapped == []
    assert len(mapped) >= 2 * count, "two of each disk"


def test_a_thousand_disks(packed: Callable[[int], Assignment], define: Any, connection: Any) -> None:
    """libvirt takes them and QEMU starts, paused; that it stops when firmware maps them is warned of."""
    layout = packed(1000)
    for words in ("memory sections", "of the host's memory", "interrupts (MSI-X)"):
        assert [words in str(warning) for warning in layout.warnings].count(True) == 1, words
    assert len(layout.warnings) == 3
    assert difference(layout.xml, define(layout.xml)) == []
    if most_disks(connection, 1000) < 1000:
        return
    found = verify(layout.xml, URI, 0.0, timeout=TRIAL)
    assert found.refusal is None
    assert problems(found) == []
