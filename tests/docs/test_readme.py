"""README is true: its commands, its example, its program and its error message are run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import devaddr_xml

README = Path(__file__).resolve().parents[2] / "README.md"
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    """The code blocks in a language, in their order."""
    return [text for found, text in BLOCKS if found == language]


def test_the_two_commands_stand_at_the_top() -> None:
    assert blocks("sh")[:2] == [
        "pip install . && devaddr-xml assign fixtures/skeletons/q35-web-server.xml\n",
        "pip install -e '.[test]' && pytest\n",
    ]


def test_before_becomes_after() -> None:
    before, after, *_ = blocks("xml")
    result = iter(devaddr_xml.assign(before).xml.splitlines())
    assert [line for line in after.splitlines() if line not in result] == []


def test_the_program_runs(repository: Path, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.chdir(repository)
    (program,) = blocks("python")
    exec(compile(program, "README.md", "exec"), {})
    assert "the lowest-numbered empty port" in capsys.readouterr().out


def test_the_error_message(command: Any, tmp_path: Path) -> None:
    before = blocks("xml")[0].replace("    <!-- the root disk -->\n", "")
    disk = before[before.index("    <disk") : before.index("  </devices>")]
    placed = disk.replace(
        "    </disk>", "      <address type='pci' bus='0x02' slot='0x00' function='0x0'/>\n    </disk>"
    )
    (tmp_path / "guest.xml").write_text(before.replace(disk, placed + placed.replace("vda", "vdb")))
    done = command("assign", "guest.xml")
    assert done.returncode == 1
    assert blocks("") == [done.stderr]
