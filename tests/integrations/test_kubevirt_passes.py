"""The hook through all of KubeVirt's passes: what is started has the layout of a single pass."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from examples import sampled, scaled
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from integrations.kubevirt_launcher import Launcher, is_placeholder, with_ports, without
from integrations.kubevirt_machines import Machine, machines

import devaddr_xml
from devaddr_xml import DevaddrError
from devaddr_xml.integrations.kubevirt.hook import on_define_domain
from devaddr_xml.views.diff import Diff

LAUNCHERS = [Launcher(targets, closes) for targets in (True, False) for closes in (True, False)]


def hook_of(machine: Machine) -> Callable[[str], str]:
    return lambda domain: on_define_domain(machine.vmi, domain).xml


def passes(machine: Machine, launcher: Launcher, extra: int) -> list[str]:
    """The results of all passes; each of them stays as it is when it is passed in again."""
    hook = hook_of(machine)
    results = launcher.define(machine.domain, hook, machine.placeholders, extra)
    for result in results:
        assert hook(result) == result
        if "placeholder-" not in result:
            assert devaddr_xml.assign(result).xml == result
    return results


def single_pass(machine: Machine, first: str, extra: int) -> str:
    """The domain of one pass, with what KubeVirt takes away and adds afterwards, and nothing lost."""
    hook = hook_of(machine)
    return hook(with_ports(without(first, is_placeholder), extra))


def unexpected(found: Diff) -> list[str]:
    """Everything but additions, and what follows from fewer devices and more ports: open ports, and shared slots."""
    follows = ("hotplug", "multifunction")
    return [str(change) for change in found.changes if change.change != "added" and change.attribute not in follows]


def check(machine: Machine, launcher: Launcher, extra: int) -> None:
    results = passes(machine, launcher, extra)
    first, last = without(results[0], is_placeholder), results[-1]
    found = devaddr_xml.diff(first, last)
    assert unexpected(found) == []
    added = [change for change in found.changes if change.change == "added"]
    assert all("pcie-root-port" in change.device for change in added), added
    assert len(added) <= extra
    differences = devaddr_xml.diff(single_pass(machine, results[0], extra), last).changes
    if launcher.closes_ports:  # only those of devices whose addresses it knows
        differences = tuple(change for change in differences if change.attribute != "hotplug")
    assert differences == ()


@pytest.mark.parametrize("launcher", sampled(LAUNCHERS, 2))
@pytest.mark.parametrize(
    "machine",
    [
        Machine({"profile": "libvirt"}),
        Machine({"profile": "libvirt"}, filesystems=2, extras=("vsock", "sound", "redirection", "tablet")),
        Machine({"profile": "hotplug"}, interfaces=2, hostdevs=2, extras=("rng", "serial", "vsock")),
        Machine({"profile": "packed"}, interfaces=1, disks=6, filesystems=3, extras=("vsock", "rng")),
        Machine({"profile": "integrated"}, interfaces=3, extras=("watchdog", "ac97")),
        Machine({"spare-ports": 4, "port-hotplug": "spare-only"}, interfaces=0),
        Machine({"spare-ports": 4, "port-hotplug": "spare-only"}, interfaces=5, scsi_disks=9, sata_disks=2),
        Machine(
            {
                "spares": [{"node": 1, "ports": 2}],
                "devices": [{"ref": "ua-net0", "node": 1}, {"ref": "ua-gpu0", "node": 0}],
            },
            nodes=2,
            hostdevs=2,
        ),
        Machine({"devices": [{"ref": name, "slot-group": "a"} for name in ("ua-disk0", "ua-net0", "ua-disk1")]}),
        Machine({"profile": "hotplug"}, machine="virt", filesystems=1, extras=("vsock", "rng")),
        Machine({"pcie-placement": "switch"}, interfaces=2, filesystems=1),
        Machine({"profile": "hotplug"}, given=(("ua-disk1", "0000:00:0a.0"), ("ua-net0", "0000:00:0b.0"))),
    ],
)
def test_the_layout_is_that_of_a_single_pass(machine: Machine, launcher: Launcher) -> None:
    check(machine, launcher, extra=7)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=scaled(60))
@given(machines(), st.sampled_from(LAUNCHERS), st.integers(0, 10))
def test_any_machine(machine: Machine, launcher: Launcher, extra: int) -> None:
    try:
        on_define_domain(machine.vmi, machine.domain)
    except DevaddrError:
        assume(False)
    check(machine, launcher, extra)
