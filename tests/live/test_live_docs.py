"""The code blocks of README and the documentation that need a libvirt, as far as they stay on this machine."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from docs.desk import Desk
from docs.markdown import ALL, Block

import devaddr_xml

#: What a block says that asks another host, changes this one beyond its domains, or waits for a person.
ELSEWHERE = re.compile(r"ssh://|/etc/|pip install|less$", re.MULTILINE)

BLOCKS = [
    block
    for block in ALL
    if block.notes.get("not run") == "needs a host with libvirt" and not ELSEWHERE.search(block.text)
]

#: The domains that the blocks define.
NAMES = ("guest", "web")

RUNNING = """
<domain type='qemu'>
  <name>guest</name>
  <memory unit='MiB'>64</memory>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
  </os>
  <devices>
    <interface type='user'>
      <mac address='52:54:00:11:22:33'/>
      <model type='virtio'/>
    </interface>
  </devices>
</domain>
"""


@pytest.fixture
def guest(connection: Any, ability: Callable[[str], Any]) -> Iterator[Callable[[str, Block], None]]:
    """Define the domain that a block speaks of, and start it where the block is about a guest that runs."""
    import libvirt

    there = {domain.name() for domain in connection.listAllDomains()} & set(NAMES)
    if there:
        pytest.fail(f"this libvirt has a domain of that name already, and the test would undefine it: {there}")

    def define(skeleton: str, block: Block) -> None:
        if not re.search("virsh (dumpxml|edit)", block.text):
            return
        capabilities, host = ability("x86_64")
        running = "--live" in block.text
        assignment = devaddr_xml.assign(RUNNING if running else skeleton, capabilities=capabilities, host=host)
        domain = connection.defineXML(assignment.xml)
        if running:
            domain.createWithFlags(libvirt.VIR_DOMAIN_START_PAUSED)

    yield define
    for domain in connection.listAllDomains():
        if domain.name() in NAMES:
            if domain.isActive():
                domain.destroy()
            domain.undefineFlags(libvirt.VIR_DOMAIN_UNDEFINE_NVRAM)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.name)
def test_block(block: Block, guest: Callable[[str, Block], None], tmp_path: Path) -> None:
    """The block does its work, after those before it on its page that need no libvirt."""
    if missing := [name for name in ("virsh", "virt-install", "virt-xml") if shutil.which(name) is None]:
        pytest.skip(f"{', '.join(missing)} is not installed")
    desk = Desk(tmp_path)
    desk.prepare(block.page)
    skeleton = (desk.folder / "guest.xml").read_text()
    for earlier in ALL:
        if earlier.page == block.page and earlier.line < block.line and "not run" not in earlier.notes:
            if "file" in earlier.notes:
                (desk.folder / earlier.notes["file"]).write_text(earlier.text)
            elif earlier.language == "sh" and "output" not in earlier.notes:
                desk.run(earlier.text)
    guest(skeleton, block)
    if block.language == "python":
        (desk.folder / "block.py").write_text(block.text)
        done = desk.run("python block.py")
    else:
        done = desk.run(block.text)
    assert done.returncode == int(block.notes.get("fails", 0)), f"{done.stderr}{done.stdout}"
