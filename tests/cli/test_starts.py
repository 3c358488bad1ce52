"""Every command starts in a process of its own, and does there what it does in a fork of the tests.

In the fork everything is imported already. A module that a command forgets to import is noticed here only.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from examples import sampled
from host_trees import build, host

from devaddr_xml.cli.group import COMMANDS, commands

#: One way or more to call each command. ``{}`` is the domain of ``old.xml`` itself.
CALLS: dict[str, list[list[str]]] = {
    "assign": [["guest.xml"], ["--like", "old.xml", "guest.xml", "--diff"], ["--set", "numa=of", "guest.xml"]],
    "check": [["old.xml"], ["--json", "broken.xml"]],
    "batch": [["in", "--out", "out", "--jobs", "1"]],
    "attach": [["old.xml", "nic.xml"]],
    "detach": [["old.xml", "vda"]],
    "migrate": [["--profile", "hotplug", "old.xml"]],
    "convert": [["--machine", "pc", "old.xml"]],
    "edit": [["guest.xml"]],
    "diff": [["guest.xml", "old.xml"]],
    "show": [["old.xml"], ["--format", "svg", "old.xml"], ["--format", "html", "old.xml"]],
    "explain": [["guest.xml"], ["--device", "vda", "old.xml"]],
    "capacity": [["old.xml"]],
    "probe": [["--qemu", "missing"], ["--sysfs", "host"]],
    "verify": [["--connect", "nothing://", "old.xml"]],
    "model": [["guest.xml"]],
    "plan": [["guest.json"]],
    "render": [["guest.json"]],
    "qemu-args": [["old.xml"]],
    "serve": [["--schema"]],
    "kubevirt": [["--vmi", '{"spec": {}}', "--domain", "{}"]],
    "libvirt-hook": [["guest", "migrate", "begin", "-"]],
    "hints": [[]],
    "completion": [["zsh"]],
}

HOST = """
pci0000:20
  0000:20:01.0 root-port
    0000:21:00.0
"""


@pytest.fixture(scope="module")
def folder(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the calls name."""
    place = tmp_path_factory.mktemp("files")
    skeleton = (repository / "fixtures" / "skeletons" / "q35-web-server.xml").read_text()
    (place / "in").mkdir()
    for name in ("guest.xml", "in/a.xml"):
        (place / name).write_text(skeleton)
    (place / "broken.xml").write_text(skeleton.replace("</domain>", ""))
    (place / "nic.xml").write_text("<interface type='user'><model type='virtio'/></interface>")
    build(host(HOST), place / "host")
    for file, words in {"old.xml": ["assign"], "guest.json": ["model"]}.items():
        made = CliRunner().invoke(commands, [*words, str(place / "guest.xml"), "-o", str(place / file)])
        assert made.exit_code == 0, made.output
    return place


def test_every_command_is_called() -> None:
    assert set(CALLS) == set(COMMANDS)


@pytest.mark.parametrize("name", CALLS)
def test_a_start_does_what_a_fork_does(command: Any, folder: Path, tmp_path: Path, name: str) -> None:
    command.environment["DEVADDR_XML_EDITOR"] = "true"
    for number, call in enumerate(sampled(CALLS[name], 3)):
        ends = []
        for kind, run in (("fork", command), ("start", command.started)):
            place = shutil.copytree(folder, tmp_path / f"{kind}{number}" / "files", symlinks=True)
            domain = (place / "old.xml").read_text()
            arguments = [domain if argument == "{}" else argument for argument in call]
            done = run(name, *arguments, stdin=domain, cwd=place)
            ends.append((done.returncode, done.stdout, done.stderr))
        assert ends[0] == ends[1]
        assert "internal error" not in ends[1][2]
        assert "Traceback" not in ends[1][2]
        assert any(ends[1][1:]) or name in {"batch", "edit"}
