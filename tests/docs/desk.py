"""Where the documentation is read: a folder with its files, and a terminal in which the command is this one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from docs.markdown import REPOSITORY

import devaddr_xml

#: Files that the examples of the commands speak of, and how they come to be.
COMMANDS_PAGE = "docs/reference/commands.md"
PREPARE = f"""
cp {REPOSITORY}/tests/docs/guest.xml guest.xml
sed -i s/vdb/vdc/ disk.xml
devaddr-xml assign guest.xml -o old.xml
devaddr-xml model guest.xml -o guest.json
devaddr-xml plan guest.json -o complete.json
devaddr-xml attach old.xml nic.xml disk.xml -o new.xml
mkdir domains; cp guest.xml domains/; tar -czf domains.tar.gz -C domains .
cp old.xml deployed.xml; cp guest.xml rendered.xml
cp old.xml live.xml; cp old.xml inactive.xml
cp old.xml before.xml; cp new.xml after.xml; cp new.xml now.xml; cp new.xml planned.xml; cp old.xml before-snapshot.xml
"""


class Desk:
    """A folder with the examples, and the commands in a folder beside it.

    ``client``: a program that does what the command does, in less time than a start takes.
    """

    def __init__(self, place: Path, client: Path | None = None) -> None:
        self.folder = Path(shutil.copytree(REPOSITORY / "docs" / "examples", place / "folder"))
        programs = place / "bin"
        programs.mkdir()
        package = Path(devaddr_xml.__file__).parent.parent
        command = f"-I -S {client}" if client else "-m devaddr_xml"
        for name, arguments in {"devaddr-xml": command, "python": "", "python3": ""}.items():
            program = programs / name
            program.write_text(f'#!/bin/sh\nPYTHONPATH="{package}" exec "{sys.executable}" {arguments} "$@"\n')
            program.chmod(0o755)
        path = f"{programs}:{os.environ['PATH']}"
        self._environment = {**os.environ, "PATH": path, "HOME": str(self.folder), "LC_ALL": "C.UTF-8"}
        self._environment["DEVADDR_XML_EDITOR"] = "true"  # nobody is there to edit anything
        self._environment.pop("PYTHONPATH", None)

    def prepare(self, page: str) -> None:
        """Make the files that a page takes to be there."""
        if "fixtures/" in (REPOSITORY / page).read_text(encoding="utf-8"):
            shutil.copytree(REPOSITORY / "fixtures", self.folder / "fixtures")
        if page == COMMANDS_PAGE:
            done = self.run(PREPARE)
            assert done.returncode == 0, done.stderr

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a script as a user with a new terminal would."""
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
