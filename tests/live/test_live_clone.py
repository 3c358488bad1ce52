"""virt-clone copies a completed domain with its layout."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

import devaddr_xml

DOMAIN = """<domain type='qemu'><name>guest</name><memory unit='MiB'>512</memory>
  <os><type arch='x86_64' machine='{}'>hvm</type></os><features><acpi/></features>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='{}'/>
      <target dev='vda' bus='virtio'/></disk>
    <interface type='user'><mac address='52:54:00:11:22:33'/><model type='virtio'/></interface>
    <interface type='user'><mac address='52:54:00:11:22:34'/><model type='e1000'/></interface>
  </devices></domain>"""


@pytest.mark.parametrize("machine", ["q35", "pc"])
def test_clone_keeps_the_layout(machine: str, tmp_path: Path) -> None:
    program = shutil.which("virt-clone")
    if program is None:
        pytest.skip("there is no virt-clone; .ci/live installs it")
    images = [tmp_path / "guest.img", tmp_path / "clone.img"]
    for image in images:
        image.touch()
    original = devaddr_xml.assign(DOMAIN.format(machine, images[0]))
    (tmp_path / "guest.xml").write_text(original.xml)
    options = ["--original-xml", str(tmp_path / "guest.xml"), "--name", "clone", "--file", str(images[1])]
    done = subprocess.run(
        [program, "--connect", "test:///default", *options, "--preserve-data", "--print-xml"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    clone = devaddr_xml.assign(done.stdout)
    assert clone.xml == done.stdout
    places = [[str(device.address) for device in each.guest.devices] for each in (original, clone)]
    assert sorted(places[0]) == sorted(places[1])
