"""A copy of the package that a recipe of CONTRIBUTING changes, and the command of that copy."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import devaddr_xml

REPOSITORY = Path(__file__).resolve().parents[2]


class Tree:
    """A copy of the sources."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copytree(Path(devaddr_xml.__file__).parent, root / "devaddr_xml")  # compiled code, too: it saves time
        shutil.copytree(REPOSITORY / "rng", root / "rng", ignore=shutil.ignore_patterns("__pycache__"))

    def write(self, file: str, text: str) -> None:
        """A new file of the package."""
        (self.root / "devaddr_xml" / file).write_text(text)

    def put(self, file: str, before: str, text: str) -> None:
        """Put ``text`` in front of the only place in a file that reads ``before``."""
        path = self.root / "devaddr_xml" / file
        source = path.read_text()
        assert source.count(before) == 1, f"{file} has {source.count(before)} times {before!r}"
        path.write_text(source.replace(before, text + before))

    def document(self, name: str, devices: str, domain: str = "", machine: str = "x86_64 q35") -> Path:
        """A domain with these devices."""
        arch, _, machine = machine.partition(" ")
        path = self.root / name
        path.write_text(
            f"<domain type='kvm'><name>n</name><memory unit='GiB'>1</memory><vcpu>1</vcpu>"
            f"<os><type arch='{arch}' machine='{machine}'>hvm</type></os>{domain}\n"
            f"  <devices>\n{devices}\n  </devices>\n</domain>\n"
        )
        return path

    def run(self, *arguments: str | Path, code: int = 0) -> str:
        """What the command prints; ``code`` is the exit code that it has."""
        done = self.python("-m", "devaddr_xml", *arguments)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def python(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """A run of Python in the copy."""
        return subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": str(self.root)},
            capture_output=True,
            text=True,
            check=False,
        )

    def assign(self, path: Path, *options: str) -> Path:
        """The document with all addresses, which ``check`` finds right and ``assign`` complete."""
        result = path.with_name(f"complete-{path.name}")
        self.run("assign", *options, "-o", result, path)
        self.run("check", "--schema", "none", *options, result)
        again = self.run("assign", *options, result)
        assert again == result.read_text()
        return result

    def devices(self, path: Path, kind: str) -> list[dict[str, Any]]:
        """The devices of one kind in the neutral guest."""
        found = json.loads(self.run("model", path))["devices"]
        return [device for device in found if device["kind"] == kind]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """The sources, to be changed."""
    return Tree(tmp_path)
