"""Each architecture has its machines in one file, since only the first file that has some is read."""

from __future__ import annotations

import re
from collections import Counter
from importlib import import_module
from pathlib import Path

import devaddr_xml
from devaddr_xml.machines.family import FILES, every_row, rows_of

FOLDER = Path(devaddr_xml.__file__).parent / "machines"


def test_no_architecture_is_in_two_files() -> None:
    architectures = Counter(
        architecture
        for file in FILES
        for architecture in {
            name for row in import_module(f"devaddr_xml.machines.{file}").ROWS for name in row.architectures
        }
    )
    assert [name for name, count in architectures.items() if count > 1] == []
    assert set(every_row()) == set(architectures)
    assert all(rows_of(name) for name in architectures)


def test_every_file_with_machines_is_listed() -> None:
    assert {path.stem for path in FOLDER.glob("*.py") if re.search(r"^ROWS\b", path.read_text(), re.M)} == set(FILES)
