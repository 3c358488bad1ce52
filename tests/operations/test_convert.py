"""Documents on another machine: only what must change does, and a second run changes nothing."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

import devaddr_xml
from devaddr_xml import DevaddrError
from devaddr_xml.domxml.nested import read_guest
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
