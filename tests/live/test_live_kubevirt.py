"""KubeVirt's passes with a real libvirt between them: what it defines and prints is what comes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from integrations.kubevirt_launcher import Launcher, is_placeholder, without
from integrations.kubevirt_machines import Machine
from live.signature import difference
from lxml import etree

from devaddr_xml.integrations.kubevirt.hook import on_define_domain

MACHINES = {
    "libvirt": Machine(
        {"profile": "libvirt"}, filesystems=1, extras=("vsock", "rng", "sound", "tablet", "redirection")
    ),
    "hotplug": Machine({"profile": "hotplug"}, interfaces=2, extras=("vsock", "rng", "serial")),
    "packed": Machine({"profile": "packed"}, disks=6, filesystems=2, extras=("vsock",)),
    "nodes": Machine(
        {
            "spares": [{"node": 1, "ports": 2}],
            "devices": [{"ref": "ua-net0", "node": 1}, {"ref": "ua-disk1", "node": 0}],
        },
        nodes=2,
        extras=("vsock",),
    ),
}

#: Since this version libvirt knows the watchdog of q35's chipset.
WATCHDOG_OF_THE_CHIPSET = 9_001_000


@pytest.mark.parametrize("launcher", [Launcher(True, True), Launcher(False, False)])
@pytest.mark.parametrize("name", MACHINES)
def test_passes(name: str, launcher: Launcher, define: Callable[[str], str], connection: Any) -> None:
    """libvirt changes nothing in any pass, and the last one has everything of the first at its place."""
    machine = MACHINES[name]
    domain = machine.domain.replace('<domain type="kvm"', '<domain type="qemu"')
    domain = domain.replace("<cpu mode='host-model'", "<cpu")
    domain = domain.replace("<cpu/>", "<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>")
    printed: list[str] = []

    def hook(given: str) -> str:
        ours = on_define_domain(machine.vmi, given).xml
        if connection.getLibVersion() < WATCHDOG_OF_THE_CHIPSET:
            ours = without(ours, is_too_new)
        printed.append(define(ours))
        assert difference(without(ours, is_placeholder), without(printed[-1], is_placeholder)) == []
        return printed[-1]

    launcher.define(domain, hook, machine.placeholders, 6)
    moved = difference(without(printed[0], is_placeholder), printed[-1])
    assert [line for line in moved if "pcie-root-port" not in line] == []
    assert len([line for line in moved if line.startswith("+")]) >= 6


def is_too_new(device: etree._Element) -> bool:
    """The watchdog of the chipset: Debian's libvirt does not know it, those of KubeVirt do."""
    return device.tag == "watchdog" and device.get("model") == "itco"
