"""What usability.md found of explain: finished documents, addresses, element names, misspellings, exit codes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import devaddr_xml
from devaddr_xml import ValueInvalid
from devaddr_xml.model.naming import preferred_references
from tests.findings.test_documents_in_and_out import COMPLETE, SKELETON


def test_a_finished_document_is_explained_by_the_rules() -> None:
    (before,) = devaddr_xml.explain(SKELETON, "vda")
    (after,) = devaddr_xml.explain(COMPLETE, "vda")
    assert after.reasons[-1].rule == f"the document says so, and the rules agree: {before.reasons[-1].rule}"


def test_an_address_that_the_rules_would_not_choose() -> None:
    moved = COMPLETE.replace("bus='0x03' slot='0x00'", "bus='0x06' slot='0x00'", 1)
    ((reason,),) = [one.reasons[-1:] for one in devaddr_xml.explain(moved, "vda")]
    assert reason.rule.startswith("the document says so; without that, it would be at 0000:03:00.0: ")


def test_all_devices_of_a_finished_document() -> None:
    """Nothing is written to be so only because the document says it, where a rule places such a device."""
    for found in devaddr_xml.explain(COMPLETE):
        assert found.reasons, found.device
    rules = [reason.rule for found in devaddr_xml.explain(COMPLETE) for reason in found.reasons]
    assert sum("the rules agree" in rule for rule in rules) >= 8


def _names(guest: devaddr_xml.Guest) -> list[str]:
    names = preferred_references(guest.devices)
    return [names[id(device)] for device in guest.devices]


SKELETONS = sorted((Path(__file__).resolve().parents[2] / "fixtures" / "skeletons").glob("*.xml"))


def test_every_kind_of_bus_has_its_rules() -> None:
    """Whatever bus a device of a finished document is on, the explanation says what the rules say of its address."""
    explained, alone = set(), set()
    for path in SKELETONS:
        made = devaddr_xml.assign(path.read_bytes())
        devices = {name: made.guest.devices[at] for at, name in enumerate(_names(made.guest))}
        for found in devaddr_xml.explain(made.xml):
            device = devices[found.ref]
            bus = None if device.address is None else type(device.address).__name__
            for reason in found.reasons:
                (alone if reason.rule == "the document says so" else explained).add(bus)
    kinds = ["Pci", "Drive", "Usb", "VirtioSerial", "Ccid", "Ccw", "SpaprVio", "VirtioMmio", "Dimm"]
    assert explained >= {f"{kind}Address" for kind in kinds}
    assert alone <= {"PciAddress", "VirtioMmioAddress"}


@pytest.mark.parametrize("ref", ["0000:03:00.0", "03:00.0", "vda", "disk", "disk[1]"])
def test_one_device_in_many_ways(ref: str) -> None:
    ((device,)) = [one.device for one in devaddr_xml.explain(COMPLETE, ref)]
    assert device == "disk vda"


def test_an_element_names_all_of_them() -> None:
    assert len(devaddr_xml.explain(COMPLETE, "controller")) > 5


def test_did_you_mean() -> None:
    with pytest.raises(ValueInvalid, match='Did you mean "vda"'):
        devaddr_xml.explain(COMPLETE, "vdaa")
    with pytest.raises(ValueInvalid, match='Did you mean "interface"'):
        devaddr_xml.explain(COMPLETE, "interfase")


@pytest.mark.parametrize("name", ["explain", "detach"])
def test_the_same_exit_code_for_an_unknown_device(command: Any, name: str) -> None:
    done = command(name, "-", "vdaa", stdin=COMPLETE)
    assert (done.returncode, done.stdout) == (1, "")
    assert """<stdin>: error: 'vdaa' names no device. Did you mean "vda"?""" in done.stderr


@pytest.mark.parametrize("words", ["disk", "disk vda", "controller sata.0", "0000:00:1f.2"])
def test_words_of_show_in_detach(words: str) -> None:
    """detach takes references, and says which one the words of show and of explain mean."""
    placed = COMPLETE
    assert devaddr_xml.explain(placed, words)
    with pytest.raises(devaddr_xml.ValueInvalid, match=r"is no reference\. Did you mean \"(vda|sata\.0)"):
        devaddr_xml.detach(placed, words)


def test_an_address_without_a_device_is_like_no_mac_address() -> None:
    with pytest.raises(devaddr_xml.ValueInvalid, match="There is"):
        devaddr_xml.explain(COMPLETE, "0000:03:00.1")
