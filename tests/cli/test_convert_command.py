"""``devaddr-xml convert`` from outside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import devaddr_xml

PC = """<domain type='kvm'>
  <name>office</name>
  <memory unit='GiB'>4</memory>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'><source file='/a'/><target dev='hda' bus='ide'/></disk>
    <sound model='ac97'/>
  </devices>
</domain>
"""
Q35 = (
    PC.replace("'pc'", "'q35'")
    .replace("hda", "sda")
    .replace("'ide'", "'sata'")
    .replace("<sound model='ac97'/>", "<iommu model='intel'/>")
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pc.xml").write_text(PC)
    (tmp_path / "q35.xml").write_text(Q35)
    return tmp_path


def test_converted(command: Any, folder: Path) -> None:
    done = command("convert", "pc.xml", "--machine", "q35")
    assert done.returncode == 0
    assert done.stdout == devaddr_xml.convert(PC, "q35").xml
    assert "devaddr-xml: disk hda: ide hda becomes sata sda" in done.stderr
    assert "devaddr-xml: sound ac97: ac97 becomes ich9" in done.stderr
    assert "machine" in done.stderr


def test_what_has_no_counterpart(command: Any, folder: Path) -> None:
    done = command("convert", "q35.xml", "--machine", "pc")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("q35.xml:7: error: machine pc has nothing for 1 devices: iommu intel")
    done = command("convert", "q35.xml", "--machine", "pc", "--drop", "-o", "out.xml")
    assert (done.returncode, done.stdout) == (0, "")
    assert "dropped: iommu intel" in done.stderr
    assert "<iommu" not in (folder / "out.xml").read_text()


@pytest.mark.parametrize("machine", ["virt", "toaster"])
def test_machines_of_other_architectures(command: Any, folder: Path, machine: str) -> None:
    done = command("convert", "pc.xml", "--machine", machine)
    assert done.returncode == 1
    assert "There is" in done.stderr
