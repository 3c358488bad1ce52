"""The journal in sentences."""

from __future__ import annotations

import pytest

import devaddr_xml
from devaddr_xml.domxml.nested import read_guest
from devaddr_xml.model.address import DriveAddress, PciAddress
from devaddr_xml.model.device import Disk, Rng
from devaddr_xml.model.errors import DevaddrError
from devaddr_xml.model.events import Chosen, Considered, Decision, Obstacle, Rule
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.plan import Plan
from devaddr_xml.views.explain import WORDS, explain, sentence

DOMAIN = """<domain type='kvm'>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'><source file='/srv/disk.img'/><target dev='vda' bus='virtio'/></disk>
    <interface type='user'><mac address='52:54:00:AA:00:01'/><model type='virtio'/></interface>
  </devices>
</domain>"""


PORT = PciAddress(bus=1)
UNIT = DriveAddress(unit=2)


@pytest.mark.parametrize(
    ("decision", "text"),
    [
        (Decision(Disk(), PORT, Rule.EMPTY_PORT), "At 0000:01:00.0: the lowest-numbered empty port."),
        (
            Decision(Disk(), "added", Rule.SPARE_USB_PORTS, "policy"),
            "Added: spare-usb-ports asks for free USB 3 ports (as the policy asks).",
        ),
        (
            Decision(Disk(), UNIT, Rule.FIRST_FREE_UNIT, "hint"),
            f"Drive address {UNIT}: lowest free unit of the lowest SCSI controller that has one "
            "(as a hint on the device asks).",
        ),
        (
            Decision(Disk(), PORT, Rule.ROOT_PORT_SLOT, about="node 0"),
            "At 0000:01:00.0: root ports share the lowest slot of node 0 with root ports, else the lowest free one.",
        ),
        (
            Decision(
                Disk(),
                Chosen("model", "virtio"),
                Rule.MACHINE_DEFAULT,
                considered=(
                    Considered((1, 2, 3, 7), Obstacle.OCCUPIED),
                    Considered((8,), Obstacle.ELSEWHERE, "on node 1"),
                    Considered(UNIT, Obstacle.HELD, "disk sda"),
                    Considered(UNIT, Obstacle.NO_CONTROLLER, "3"),
                ),
            ),
            "Model virtio: the machine's default. Not buses 1-3, 7: occupied. Not bus 8: free, but on node 1. "
            f"Not drive address {UNIT}: disk sda has it. "
            f"Not drive address {UNIT}: the running guest does not have SCSI controllers up to 3.",
        ),
        (
            Decision(Disk(), UNIT, Rule.PLACE_OF_NAME, "given"),
            f"At {UNIT}: the document says so, and the rules agree: its target name gives the place.",
        ),
        (
            Decision(Disk(), PORT, Rule.EMPTY_PORT, "given", about="node 0", instead=PciAddress(bus=2)),
            "At 0000:01:00.0: the document says so; without that, it would be at 0000:02:00.0: the lowest-numbered "
            "empty port of node 0.",
        ),
        (Decision(Disk(), (), Rule.HOST_PLACE), f"No place of its own: {WORDS[Rule.HOST_PLACE]}."),
    ],
)
def test_sentences(decision: Decision, text: str) -> None:
    assert sentence(decision) == text


def test_every_rule_has_its_words() -> None:
    assert set(WORDS) == set(Rule)


def test_every_device_is_explained() -> None:
    plan = devaddr_xml.plan(read_guest(DOMAIN))
    found = explain(plan)
    assert len(found) == len(plan.guest.devices)
    assert all(explanation.reasons for explanation in found)
    assert {e.ref for e in found} >= {"vda", "52:54:00:aa:00:01", "pci.0", "usb.0", "sata.0"}


def test_a_complete_document_is_given() -> None:
    complete = devaddr_xml.assign(DOMAIN).xml
    found = explain(devaddr_xml.plan(read_guest(complete)))
    placed = [e for e in found if e.ref in ("vda", "pci.1", "usb.0")]
    assert len(placed) == 3
    for explanation in placed:
        (reason,) = explanation.reasons
        assert reason.cause == "given"
        assert reason.sentence.endswith("the document says so.")


@pytest.mark.parametrize("ref", ["52:54:00:aa:00:01", "52:54:00:AA:00:01", "interface[1]"])
def test_one_device(ref: str) -> None:
    plan = devaddr_xml.plan(read_guest(DOMAIN))
    (found,) = explain(plan, [ref])
    assert found.line == 5
    assert any("0000:01:00.0" in reason.outcome for reason in found.reasons)


def test_unknown_device() -> None:
    with pytest.raises(DevaddrError, match=r"'vdz' names no device.*vda"):
        explain(devaddr_xml.plan(read_guest(DOMAIN)), ["vdz"])


def test_without_decisions() -> None:
    plan = Plan(guest=Guest(devices=[Rng(model="virtio")]))
    (found,) = explain(plan)
    assert str(found) == "rng virtio, rng[1]\n  No address: devices like it have none."
