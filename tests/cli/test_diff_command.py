"""``devaddr-xml diff``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import devaddr_xml
from devaddr_xml.cli.process import outcome

DOMAIN = """<domain type='kvm'>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <controller type='pci' index='0' model='pcie-root'/>
    <controller type='pci' index='1' model='pcie-root-port'>
      <target chassis='1' port='0x10'/>
      <address type='pci' bus='0x00' slot='0x02' function='0x0'/>
    </controller>
    <interface type='user'>
      <mac address='52:54:00:00:00:01'/>
      <model type='virtio'/>
      <address type='pci' bus='0x01' slot='0x00' function='0x0'/>
    </interface>
  </devices>
</domain>
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str, str]:
    """A domain, the same with its port moved, and a snapshot of the first."""
    old, new, snapshot = tmp_path / "old.xml", tmp_path / "new.xml", tmp_path / "snapshot.xml"
    old.write_text(DOMAIN)
    new.write_text(DOMAIN.replace("slot='0x02'", "slot='0x05'").replace("chassis='1'", "chassis='9'"))
    snapshot.write_text(f"<domainsnapshot><name>s</name>{DOMAIN}</domainsnapshot>")
    return str(old), str(new), str(snapshot)


def test_same(files: tuple[str, str, str], capfd: pytest.CaptureFixture[str]) -> None:
    old, _, snapshot = files
    assert outcome(["diff", old, snapshot]) == 0
    assert capfd.readouterr() == ("", "")


def test_different(files: tuple[str, str, str], capfd: pytest.CaptureFixture[str]) -> None:
    old, new, _ = files
    assert outcome(["diff", old, new]) == 1
    text = capfd.readouterr().out
    assert "moved    controller pci.1 (pcie-root-port)  0000:00:02.0 → 0000:00:05.0" in text
    assert "changed  controller pci.1 (pcie-root-port)  chassis 1 → 9" in text


def test_json(files: tuple[str, str, str], capfd: pytest.CaptureFixture[str]) -> None:
    old, new, _ = files
    assert outcome(["diff", "--json", old, new]) == 1
    found = json.loads(capfd.readouterr().out)
    assert found["same"] is False
    assert [change["change"] for change in found["changes"]] == ["moved", "changed"]


def test_guest_in_json(files: tuple[str, str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from devaddr_xml.domxml.nested import read_guest

    guest = tmp_path / "guest.json"
    guest.write_text(read_guest(DOMAIN).to_json())
    assert outcome(["diff", files[0], str(guest)]) == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot read"),
        ("<domain>", ":1: error: not well-formed"),
        ("{}x", "not valid"),
        (DOMAIN * 2, "2 documents"),
    ],
)
def test_unreadable(
    files: tuple[str, str, str],
    tmp_path: Path,
    content: str | None,
    message: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    other = tmp_path / "other"
    if content is not None:
        other.write_text(content)
    assert outcome(["diff", files[0], str(other)]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert message in err
    assert "Traceback" not in err


def test_only_one_from_standard_input() -> None:
    assert outcome(["diff", "-", "-"]) == 2


def test_function_of_the_package(files: tuple[str, str, str]) -> None:
    old, new, snapshot = (Path(name).read_text() for name in files)
    assert devaddr_xml.diff(old, snapshot).same
    assert isinstance(devaddr_xml.diff(old, new.encode()), devaddr_xml.Diff)
