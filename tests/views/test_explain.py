"""The journal in sentences."""

from __future__ import annotations

import pytest

import devaddr_xml
from devaddr_xml.domxml.nested import read_guest
from devaddr_xml.model.device import Disk, Rng
from devaddr_xml.model.errors import DevaddrError
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.plan import Decision, Plan
from devaddr_xml.views.explain import explain, sentence

DOMAIN = """<domain type='kvm'>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'><source file='/srv/disk.img'/><target dev='vda' bus='virtio'/></disk>
    <interface type='user'><mac address='52:54:00:AA:00:01'/><model type='virtio'/></interface>
  </devices>
</domain>"""


@pytest.mark.parametrize(
    ("decision", "text"),
    [
        (Decision(Disk(), "0000:01:00.0", "the lowest port"), "At 0000:01:00.0: the lowest port."),
        (Decision(Disk(), "added", "it is needed", "policy"), "Added: it is needed (as the policy asks)."),
        (Decision(Disk(), "at x", "so", "hint"), "At x: so (as a hint on the device asks)."),
        (
            Decision(Disk(), "x", "so", "default", (("y", "it is taken"), ("z", "it is off"))),
            "X: so. Not y: it is taken. Not z: it is off.",
        ),
    ],
)
def test_sentences(decision: Decision, text: str) -> None:
    assert sentence(decision) == text


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
