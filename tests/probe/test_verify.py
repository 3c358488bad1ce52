"""What a trial shows, with answers of libvirt and QEMU that were made up."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from devaddr_xml.model.errors import ProbeError
from devaddr_xml.probe import verify as verifying
from devaddr_xml.probe.client import ConnectionLost, LibvirtRefusal
from devaddr_xml.probe.trial_copy import trial_copy
from devaddr_xml.probe.verify import verify

DOMAIN = """
<domain type='kvm'><name>g</name><memory>524288</memory><os><type arch='x86_64' machine='q35'>hvm</type></os><devices>
  <controller type='pci' index='0' model='pcie-root'/>
  <controller type='pci' index='1' model='pcie-root-port'><target chassis='1' port='0x8'/>
    <address type='pci' domain='0x0000' bus='0x00' slot='0x01' function='0x0'/></controller>
  <interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='b'/><model type='virtio'/>
    <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></interface>
  <memballoon model='none'/></devices></domain>"""

QEMU: dict[str, Any] = {
    "pci.1": {"type": "pcie-root-port", "parent_bus": "/machine/q35/pcie.0", "addr": 8, "chassis": 1, "port": 8},
    "ua-devaddr-2": {"type": "virtio-net-pci", "parent_bus": "/machine/peripheral/pci.1/pci.1", "addr": 0},
}


def answer(xml: str, **changes: Any) -> dict[str, Any]:
    live = xml.replace("<target chassis", "<alias name='pci.1'/><target chassis")
    version = {"qemu": {"major": 7, "minor": 2, "micro": 22}}
    given = {"inactive": xml, "live": live, "peripherals": QEMU, "unnamed": {}, "pci": []}
    return given | {"libvirt-version": 9000000, "qemu-version": version} | changes


@pytest.fixture
def libvirt(monkeypatch: pytest.MonkeyPatch):
    """Answer each task with what a function makes of the copy, or raise what it raises; returns the tasks asked."""
    asked: list[str] = []

    def replies(**tasks: Any) -> list[str]:
        def ask(uri: str, task: str, timeout: float = 30.0, **arguments: Any) -> Any:
            asked.append(task)
            reply = tasks[task.replace("-", "_")]
            if isinstance(reply, Exception):
                raise reply
            return reply(arguments["xml"])

        monkeypatch.setattr(verifying, "ask", ask)
        monkeypatch.setattr(verifying, "remove_leftovers", lambda uri, uuid: asked.append("remove"))
        return asked

    return replies


def test_agreement(libvirt: Any) -> None:
    asked = libvirt(try_domain=answer)
    found = verify(DOMAIN)
    assert found.agrees
    assert b'"added"' not in msgspec.json.encode(found)
    assert [(device.device, device.wanted) for device in found.devices] == [
        ("controller pci.1 (pcie-root-port)", "pci 0000:00:01.0 (chassis 1, port 8)"),
        ("interface 52:54:00:00:00:01", "pci 0000:01:00.0"),
    ]
    assert all(device.wanted == device.libvirt == device.qemu for device in found.devices)
    assert (found.libvirt_version, found.qemu_version) == ((9, 0, 0), (7, 2, 22))
    assert asked == ["try-domain"]


def test_copy_is_another_guest(libvirt: Any) -> None:
    names: list[str] = []

    def note(xml: str) -> dict[str, Any]:
        names.append(xml.partition("<name>")[2].partition("</name>")[0])
        return answer(xml)

    libvirt(try_domain=note)
    verify(DOMAIN)
    verify(DOMAIN)
    assert len(set(names)) == 2
    assert all(name.startswith("devaddr-verify-") for name in names)


def test_libvirt_moves_a_device(libvirt: Any) -> None:
    libvirt(try_domain=lambda xml: answer(xml.replace("bus='0x01'", "bus='0x02'").replace('bus="0x01"', 'bus="0x02"')))
    found = verify(DOMAIN)
    assert not found.agrees
    assert [device.libvirt for device in found.devices if not device.agrees] == ["pci 0000:02:00.0"]


def test_qemu_has_another_number(libvirt: Any) -> None:
    other = QEMU | {"pci.1": QEMU["pci.1"] | {"chassis": 9}}
    libvirt(try_domain=lambda xml: answer(xml, peripherals=other))
    found = verify(DOMAIN)
    assert [device.qemu for device in found.devices if not device.agrees] == ["pci 0000:00:01.0 (chassis 9, port 8)"]


def test_libvirt_adds_a_device(libvirt: Any) -> None:
    added = "<rng><address type='pci' bus='0' slot='9'/></rng></devices>"
    libvirt(try_domain=lambda xml: answer(xml.replace("</devices>", added)))
    found = verify(DOMAIN)
    assert not found.agrees
    assert found.added == ("rng at pci 0000:00:09.0",)


def test_firmware_does_not_find_a_device(libvirt: Any) -> None:
    bridge = {"bus": {"number": 0, "secondary": 1, "subordinate": 1}, "devices": []}
    root = {"bus": 0, "slot": 1, "function": 0, "qdev_id": "pci.1", "pci_bridge": bridge}
    tree = [{"bus": 0, "devices": [root]}]
    libvirt(try_domain=lambda xml: answer(xml, **{"pci-after-firmware": tree}))
    found = verify(DOMAIN, run_seconds=5)
    assert [(device.device, device.lost) for device in found.devices] == [
        ("controller pci.1 (pcie-root-port)", False),
        ("interface 52:54:00:00:00:01", True),
    ]
    assert not found.agrees


def test_qemu_does_not_start(libvirt: Any) -> None:
    asked = libvirt(
        try_domain=LibvirtRefusal("process exited"),
        look_at_definition=lambda xml: {"inactive": xml, "libvirt-version": 9000000},
    )
    found = verify(DOMAIN)
    assert found.refusal == "process exited"
    assert not found.agrees
    assert all(device.libvirt == device.wanted and device.qemu is None for device in found.devices)
    assert asked == ["try-domain", "look-at-definition"]


def test_libvirt_refuses(libvirt: Any) -> None:
    refusal = LibvirtRefusal("XML error")
    asked = libvirt(try_domain=refusal, look_at_definition=refusal)
    with pytest.raises(ProbeError, match="libvirt refuses the domain: XML error"):
        verify(DOMAIN)
    assert asked[-1] == "remove"


@pytest.mark.parametrize("failure", [ConnectionLost("gone"), KeyboardInterrupt()])
def test_whatever_happens_nothing_stays(libvirt: Any, failure: BaseException) -> None:
    def fail(_xml: str) -> None:
        raise failure

    asked = libvirt(try_domain=fail)
    with pytest.raises(type(failure)):
        verify(DOMAIN)
    assert asked == ["try-domain", "remove"]


def test_usb_companions_are_found_without_a_name() -> None:
    xml = """<domain type='qemu'><name>g</name><devices>
      <controller type='usb' index='0' model='ich9-uhci2'><master startport='2'/>
        <address type='pci' domain='0' bus='0' slot='0x1d' function='1'/></controller></devices></domain>"""
    copy = trial_copy(xml, "n", "11111111-2222-4333-8444-555555555555")
    unnamed = {"device[0]": {"type": "ich9-usb-uhci2", "parent_bus": "/machine/q35/pcie.0", "addr": 0xE9}}
    found = verifying._verification(copy, answer(copy.xml, unnamed=unnamed, peripherals={}), None)
    assert [device.qemu for device in found.devices] == ["pci 0000:00:1d.1"]
