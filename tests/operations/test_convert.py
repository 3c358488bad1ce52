"""Documents on another machine: only what must change does, and a second run changes nothing."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

import devaddr_xml
from devaddr_xml import DevaddrError
from devaddr_xml.domxml.nested import read_guest
from devaddr_xml.engine.finished.network_names import network_names
from devaddr_xml.engine.finished.topology import Topology
from devaddr_xml.model.device import Interface
from devaddr_xml.model.errors import Unsupported
from devaddr_xml.operations.convert import Conversion, convert

DOMAIN = """<domain type='kvm' xmlns:devaddr='urn:devaddr-xml:hints:1'>
  <name>office</name>
  <metadata>
    <devaddr:policy version='1'>
      <devaddr:device ref='ide.0' hotplug='no'/>
    </devaddr:policy>
  </metadata>
  <memory unit='GiB'>4</memory>
  <os><type arch='x86_64' machine='pc'>hvm</type>{loader}</os>
  <devices>
    <!-- the system -->
    <disk type='file' device='disk'><source file='/a'/><target dev='hda' bus='ide'/><boot order='1'/></disk>
    <controller type='usb' index='0' model='piix3-uhci'/>
    <interface type='user'><mac address='52:54:00:01:00:01'/><model type='e1000'/><boot order='2'/></interface>
  </devices>
</domain>
"""


def to(machine: str, text: str, drop: bool = False) -> Conversion:
    return convert(text, machine, drop=drop)


def test_only_what_must_change() -> None:
    found = to("q35", DOMAIN.format(loader=""))
    assert "machine='q35'" in found.xml
    assert "<!-- the system -->" in found.xml
    assert "<target dev='sda' bus='sata'/><boot order='1'/>" in found.xml
    assert "'ide" not in found.xml
    assert "piix3" not in found.xml
    assert "hda" not in found.xml
    assert devaddr_xml.assign(found.xml).xml == found.xml
    assert [str(replaced) for replaced in found.replaced] == [
        "controller usb.0 (piix3-uhci): piix3-uhci becomes its own USB controller",
        "disk hda: ide hda becomes sata sda",
    ]
    assert any(change.attribute == "machine" for change in found.diff.changes)


def test_secure_boot_is_that_of_q35() -> None:
    text = DOMAIN.format(loader="<loader secure='yes'>/l</loader>")
    with pytest.raises(Unsupported, match="secure boot"):
        to("pc", text.replace("machine='pc'", "machine='q35'").replace("'ide'", "'sata'").replace("ide.0", "sata.0"))
    assert to("q35", text).xml


@pytest.mark.parametrize("target", ["q35", "pc"])
def test_recorded_domains(shared: Path, target: str) -> None:
    """Every second of a sample goes to the other machine, complete and not; all do, in some minutes."""
    count = 0
    with gzip.open(shared / "conformance" / "upstream.jsonl.gz", "rt") as file:
        cases = [case for case in map(json.loads, file) if case["expect"] == "ok" and case["arch"] == "x86_64"]
    for case in cases[::9]:
        machine = read_guest(case["in"]).machine or "pc"
        source = "q35" if "q35" in machine else "pc" if machine == "pc" or "i440fx" in machine else target
        if source == target or "secure='yes'" in case["in"]:
            continue
        try:
            complete = devaddr_xml.assign(case["in"])
        except DevaddrError:
            continue  # it depends on facts of the host
        for text in (case["in"], complete.xml):
            found = to(target, text, drop=True)
            assert devaddr_xml.assign(found.xml).xml == found.xml, case["id"]
            there = sorted(d.kind for d in found.guest.devices if d.kind not in ("controller", "watchdog"))
            was = [d.kind for d in complete.guest.devices if d.kind not in ("controller", "watchdog")]
            assert sorted(there + [missing.device.split()[0] for missing in found.missing]) == sorted(was), case["id"]
        count += 1
    assert count > 10


CARDS = """<domain type='kvm'><name>cards</name><memory unit='GiB'>1</memory>
  <os><type arch='x86_64' machine='{machine}'>hvm</type></os><features><acpi/></features>
  <devices>{cards}</devices></domain>"""


def cards(*models: str, rest: str = "") -> str:
    return "".join(
        f"<interface type='user'><mac address='52:54:00:00:00:{at:02x}'/><model type='{model}'/>{rest}</interface>"
        for at, model in enumerate(models, 1)
    )


def names(guest: devaddr_xml.Guest) -> list[str | None]:
    found = network_names(Topology(guest))
    return [found[id(d)].name if id(d) in found else None for d in guest.devices if isinstance(d, Interface)]


@pytest.mark.parametrize("count", [1, 3, 9])
def test_names_are_kept_on_slots_of_a_bridge(count: int) -> None:
    text = CARDS.format(machine="pc", cards=cards(*(["virtio", "e1000", "rtl8139"] * 3)[:count]))
    found = convert(text, "q35", keep_names=True)
    assert names(found.guest) == names(found.before)
    assert found.renamed == ()
    assert devaddr_xml.assign(found.xml).xml == found.xml
    assert "devaddr" not in found.xml


def test_names_of_the_firmware_stay_as_they_are() -> None:
    text = CARDS.format(machine="pc", cards=cards("virtio", rest="<acpi index='4'/>"))
    assert names(convert(text, "q35", keep_names=True).guest) == ["eno4"]


def test_a_name_that_cannot_be_kept_is_listed() -> None:
    text = CARDS.format(machine="pc", cards=cards("virtio", "e1000e", "virtio"))
    found = convert(text, "q35", keep_names=True)
    before, after = names(found.before), names(found.guest)
    assert [before[0], before[2]] == [after[0], after[2]]
    (renamed,) = found.renamed
    assert (renamed.old, renamed.new) == (before[1], after[1])
    assert f"interface 52:54:00:00:00:02: {before[1]} becomes {after[1]}" in str(renamed)
    assert str(before[1]) in renamed.reason


def test_from_q35_to_pc_names_of_ports_are_listed() -> None:
    found = convert(CARDS.format(machine="q35", cards=cards("virtio", "virtio")), "pc", keep_names=True)
    assert [renamed.old for renamed in found.renamed] == names(found.before)


def test_a_policy_stays_what_it_was() -> None:
    policy = "<metadata><d:policy xmlns:d='urn:devaddr-xml:hints:1' version='2' slot-reuse='never'/></metadata>"
    text = CARDS.format(machine="pc", cards=cards("virtio", "virtio")).replace("<memory", f"{policy}<memory")
    found = convert(text, "q35", keep_names=True)
    assert names(found.guest) == names(found.before)
    assert found.guest.policy is not None
    assert found.guest.policy.devices == ()
    assert devaddr_xml.assign(found.xml).xml == found.xml
