"""The sidecar reads the node's facts itself, and every pass has the same tree."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from host_trees import build, facts, host
from integrations.kubevirt_launcher import Launcher
from integrations.kubevirt_machines import Machine
from properties.host_guests import HostGuest, Passed, guest_devices, guest_levels, host_levels

import devaddr_xml
from devaddr_xml.integrations.kubevirt.hook import on_define_domain
from devaddr_xml.model.host import HostFacts

NODE = """
pci0000:20
  0000:20:01.0 root-port
    0000:21:00.0 upstream-port
      0000:22:00.0 downstream-port
        0000:40:00.0 bar0=16M/32
      0000:22:01.0 downstream-port
        0000:42:00.0
  0000:20:02.0 root-port
    0000:43:00.0
pci0000:30
  0000:30:01.0 root-port
    0000:41:00.0
"""
MACHINE = Machine({"topology": "mirror"}, hostdevs=4)
GUEST = HostGuest(facts(NODE), [Passed(f"0000:{bus}:00.0", False) for bus in (40, 41, 42, 43)], [])


@pytest.mark.parametrize("launcher", [Launcher(), Launcher(keeps_targets=False), Launcher(closes_ports=False)])
@pytest.mark.parametrize("extra", [0, 3])
def test_every_pass_has_the_tree_of_the_node(launcher: Launcher, extra: int) -> None:
    def hook(domain: str) -> str:
        return on_define_domain(MACHINE.vmi, domain, lambda: GUEST.facts).xml

    results = launcher.define(MACHINE.domain, hook, MACHINE.placeholders, extra)
    places = [guest_devices(result) for result in results]
    assert all(found == places[0] for found in places)
    assert guest_levels(places[0]) == host_levels(GUEST)
    for result in results:
        assert hook(result) == result


def test_facts_are_read_only_where_the_policy_needs_them() -> None:
    def unread() -> HostFacts:
        raise AssertionError

    machine = Machine({"profile": "hotplug"}, hostdevs=1)
    assert on_define_domain(machine.vmi, machine.domain, unread).xml


def test_the_program_reads_sysfs(tmp_path: Path) -> None:
    root = build(host(NODE), tmp_path / "root")
    package = str(Path(devaddr_xml.__file__).parent.parent)
    environment = {**os.environ, "PYTHONPATH": package, "DEVADDR_XML_SYSFS_ROOT": str(root)}
    command = [sys.executable, "-m", "devaddr_xml", "kubevirt", "--vmi", MACHINE.vmi, "--domain", MACHINE.domain]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert guest_levels(guest_devices(done.stdout)) == host_levels(GUEST)
