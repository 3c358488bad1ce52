"""Devices attached to a running guest and to its definition get one place, which is free in both."""

from __future__ import annotations

import random
from typing import Any

import pytest

import devaddr_xml
from devaddr_xml import DevaddrError, Policy
from devaddr_xml.operations.attach import attach_both

DOMAIN = """<domain type='kvm'><name>both</name><memory unit='GiB'>1</memory>
  <os><type arch='x86_64' machine='{}'>hvm</type></os><features><acpi/></features>
  <devices><controller type='scsi' model='virtio-scsi'/>
    <interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/></interface></devices></domain>"""
NIC = "<interface type='user'><mac address='52:54:00:00:00:{:02x}'/><model type='virtio'/></interface>"
DISK = "<disk type='file' device='disk'><source file='/{0}'/><target dev='sd{0}' bus='scsi'/></disk>"
TABLET = "<input type='tablet' bus='usb'><alias name='ua-{}'/></input>"


def guest(machine: str, spares: int = 6) -> str:
    return devaddr_xml.assign(DOMAIN.format(machine), policy=Policy(spare_ports=spares)).xml


def places(xml: str) -> dict[str, str]:
    found = devaddr_xml.read_guest(xml)
    return {
        str(getattr(d, "mac", None) or getattr(d, "target", None) or d.alias): str(d.address) for d in found.devices
    }


@pytest.mark.parametrize("machine", ["q35", "pc"])
@pytest.mark.parametrize("seed", range(4))
def test_one_place_that_is_free_in_both(machine: str, seed: int) -> None:
    """The two have come apart: each got devices, at the lowest places, that the other does not have."""
    rest = random.Random(seed)
    live = config = guest(machine)
    pool = [*(NIC.format(n) for n in range(2, 8)), *map(DISK.format, "abcd"), *map(TABLET.format, "uv")]
    rest.shuffle(pool)
    for device in pool[:3]:
        live = devaddr_xml.attach(live, device, live=True).xml
    for device in pool[3:6]:
        config = devaddr_xml.attach(config, device).xml
    new = pool[6:8]
    found = attach_both(live, config, [("new", text) for text in new])
    before, after = places(live) | {}, places(found.live.xml)
    assert {name: after[name] for name in before} == before
    was, now = places(config), places(found.config.xml)
    assert {name: now[name] for name in was} == was
    added = after.keys() - before.keys()
    assert len(added) == len(new)
    assert {name: after[name] for name in added} == {name: now[name] for name in added}
    assert found.live.device_xml == found.config.device_xml


def test_command_writes_both(command: Any) -> None:
    text = guest("q35")
    live, config, nic = (command.folder / name for name in ("live.xml", "config.xml", "nic.xml"))
    live.write_text(text)
    config.write_text(devaddr_xml.attach(text, NIC.format(9)).xml)
    nic.write_text(NIC.format(4))
    line = ("attach", "--live", "--config", live.name, config.name, nic.name)
    assert "52:54:00:00:00:04" in command(*line).stdout
    assert live.read_text() == text
    assert command(*line, "--in-place").returncode == 0
    assert places(live.read_text())["52:54:00:00:00:04"] == places(config.read_text())["52:54:00:00:00:04"]
    for wrong in (line[:-1], (*line, "--print", "domain"), (*line, "--like", live.name), ("attach", "-i", *line[3:])):
        assert command(*wrong).returncode == 2


def test_refused_where_one_has_no_place() -> None:
    text = guest("q35", 0)
    with pytest.raises(DevaddrError, match="no free hotpluggable port"):
        attach_both(text, text, [("new", NIC.format(4))])
