"""Golden lines: what the engine says, word for word, in texts beside the tests that ``pytest --record`` writes anew."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from devaddr_xml.model.naming import label
from devaddr_xml.model.plan import Decision, Notice
from devaddr_xml.views.explain import considered_in_words, rule_in_words

#: Between the name of a test and what is written in it.
BETWEEN = " => "


class Recorded:
    """Compares what is written in one test with what is written down for it in a file, or writes it down.

    name: of the test. recording: whether to write it down.
    """

    def __init__(self, file: Path, name: str, recording: bool) -> None:
        self._file = file
        self._name = name
        self._recording = recording

    def __call__(self, *texts: object) -> None:
        """These texts are written, and no others: exceptions with their class, anything else as text."""
        stated = [_line(text) for text in texts]
        known = _read(self._file)
        if self._recording:
            _write(self._file, {**known, self._name: stated})
        else:
            assert stated == known.get(self._name, []), f"pytest --record writes {self._file.name} anew; read it then"

    def journal(self, decisions: Sequence[Decision], warnings: Iterable[Notice] = ()) -> None:
        """These decisions are made and these warnings given; of decisions that differ only in the device the first."""
        rules: dict[str, list[Decision]] = {}
        for decision in decisions:
            rules.setdefault(_rule(decision), []).append(decision)
        counted = (
            f"{len(made)} of {label(made[0].device)} ({made[0].outcome}): {rule}" for rule, made in rules.items()
        )
        self(*counted, *map(str, warnings))


def general(text: str) -> str:
    """A sentence of the journal without what differs from guest to guest: numbers and names of regions."""
    text = re.sub(r"\b(bus group|root complex|slot group) .*", r"\1 NAME", text)
    return re.sub(r"\b\d[\d, -]*\b", "N", text)


def _rule(decision: Decision) -> str:
    looked_at = "".join(f"; not {place}: {reason}" for place, reason in map(considered_in_words, decision.considered))
    return f"{rule_in_words(decision)} ({decision.cause}){looked_at}"


def _line(text: object) -> str:
    words = f"{type(text).__name__}: {text}" if isinstance(text, Exception) else str(text)
    return words.replace("\n", "\\n")


def _read(file: Path) -> dict[str, list[str]]:
    """What is written in each test of a file."""
    found: dict[str, list[str]] = {}
    for line in file.read_text().splitlines() if file.exists() else ():
        name, _, text = line.partition(BETWEEN)
        found.setdefault(name, []).append(text)
    return found


def _write(file: Path, stated: dict[str, list[str]]) -> None:
    file.parent.mkdir(exist_ok=True)
    rows = (f"{name}{BETWEEN}{text}\n" for name, texts in sorted(stated.items()) for text in texts)
    file.write_text("".join(rows))
