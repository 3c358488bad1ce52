"""Functions of one slot are plugged into a running QEMU in the order that ``attach --live`` gives, and in no other."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from devaddr_xml import assign, attach
from devaddr_xml.operations.attach import Attachment
from devaddr_xml.probe.trial_copy import trial_copy

HINTS = "urn:devaddr-xml:hints:1"
DOMAIN = """<domain type='qemu'><name>functions</name>
  <metadata><d:policy xmlns:d='urn:devaddr-xml:hints:1' version='2' spare-ports='3'/></metadata>
  <memory unit='MiB'>128</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='{machine}'>hvm</type></os><features><acpi/></features>
  <devices><interface type='user'><model type='virtio'/></interface></devices></domain>"""
CARD = "<interface type='user' d:slot-group='g'><mac address='52:54:00:00:09:{:02x}'/><model type='{}'/></interface>"
MODELS = ("virtio", "virtio", "e1000e", "virtio")


def several(machine: str, models: tuple[str, ...]) -> str:
    cards = "".join(CARD.format(at, "e1000" if machine == "pc" and m == "e1000e" else m) for at, m in enumerate(models))
    return f"<devices xmlns:d='{HINTS}'>{cards}</devices>"


@contextmanager
def running(connection: Any, xml: str) -> Iterator[Any]:
    import libvirt

    copy = trial_copy(xml, "live-functions", str(uuid.uuid5(uuid.NAMESPACE_URL, "live-functions")))
    domain = connection.createXML(copy.xml, libvirt.VIR_DOMAIN_START_PAUSED | libvirt.VIR_DOMAIN_START_AUTODESTROY)
    try:
        yield domain
    finally:
        domain.destroy()


def monitor(domain: Any, command: str) -> dict[str, Any]:
    libvirt_qemu = pytest.importorskip("libvirt_qemu")
    answer: dict[str, Any] = json.loads(libvirt_qemu.qemuMonitorCommand(domain, command, 0))
    return answer


def placed(machine: str, ability: Any) -> tuple[str, Attachment]:
    capabilities, host = ability("x86_64")
    xml = assign(DOMAIN.format(machine=machine), capabilities=capabilities, host=host).xml
    return xml, attach(xml, several(machine, MODELS), live=True, capabilities=capabilities, host=host)


def functions(domain: Any, names: set[str]) -> set[int]:
    """The functions at which QEMU has the devices of these names."""
    found: set[int] = set()
    waiting = [device for bus in monitor(domain, '{"execute":"query-pci"}')["return"] for device in bus["devices"]]
    while waiting:
        device = waiting.pop()
        waiting += device.get("pci_bridge", {}).get("devices", [])
        if device["qdev_id"] in names:
            found.add(device["function"])
    return found


@pytest.mark.parametrize("machine", ["q35", "pc"])
def test_highest_first(machine: str, connection: Any, ability: Any) -> None:
    xml, found = placed(machine, ability)
    names = {json.loads(command)["arguments"]["id"] for command in found.commands}
    with running(connection, xml) as domain:
        for command in found.commands:
            assert "error" not in monitor(domain, command), command
        if machine == "pc":  # the buses behind ports have no numbers before the guest boots
            assert functions(domain, names) == set(range(len(MODELS)))
        path = {f"/machine/peripheral/{name}" for name in names}
        for one in path:
            assert "error" not in monitor(domain, json.dumps({"execute": "qom-list", "arguments": {"path": one}}))


@pytest.mark.parametrize("machine", ["q35", "pc"])
def test_function_0_first_is_refused_by_qemu(machine: str, connection: Any, ability: Any) -> None:
    xml, found = placed(machine, ability)
    with running(connection, xml) as domain:
        answers = [monitor(domain, command) for command in reversed(found.commands)]
    assert "error" not in answers[0]
    assert all("error" in answer for answer in answers[1:])
