"""What came of every document: JSON lines for programs, and a table."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from collections.abc import Iterable

import msgspec

from devaddr_xml.integrations.fleet.document import Outcome
from devaddr_xml.integrations.fleet.outputs import replace_file

COLUMNS = ("name", "status", "devices", "placed", "moved", "added", "warnings", "line", "error")


class Line(msgspec.Struct, kw_only=True):
    """One document in the report; skipped says that an earlier run had done it."""

    name: str
    status: str
    skipped: bool
    devices: int
    placed: int
    moved: int
    added: list[str]
    warnings: list[str]
    error: str | None
    line: int | None


class Report:
    """The outcomes of a batch, in the order of its documents."""

    def __init__(self) -> None:
        self._lines: dict[int, Line] = {}
        self.counts: Counter[str] = Counter()

    def add(self, position: int, outcome: Outcome, skipped: bool = False) -> None:
        """Take in the outcome of the document at this position in the batch."""
        self.counts[outcome.status] += 1
        self.counts["skipped"] += skipped
        self._lines[position] = Line(
            name=outcome.name,
            status=outcome.status,
            skipped=skipped,
            devices=outcome.devices,
            placed=outcome.placed,
            moved=outcome.moved,
            added=outcome.added,
            warnings=outcome.warnings,
            error=outcome.error,
            line=outcome.line,
        )

    def __len__(self) -> int:
        return len(self._lines)

    def write(self, path: str) -> None:
        """Write the report to path: a table where its name ends in .csv, else lines of JSON; raises OutputError."""
        lines = [self._lines[position] for position in sorted(self._lines)]
        if is_table(path):
            replace_file(path, _table(lines).encode())
        else:
            replace_file(path, b"".join(msgspec.json.encode(line) + b"\n" for line in lines))


def is_table(path: str) -> bool:
    """Whether a report at this path is a table."""
    return os.path.splitext(path)[1].lower() == ".csv"


def _table(lines: Iterable[Line]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for line in lines:
        row = [getattr(line, column) for column in COLUMNS]
        writer.writerow([len(value) if isinstance(value, list) else _inert(value) for value in row])
    return text.getvalue()


def _inert(value: object) -> object:
    """Text that a spreadsheet would take for a formula, made plain text; documents choose their names themselves."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t") else value
