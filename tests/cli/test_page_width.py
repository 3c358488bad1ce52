"""Text for people fits the page that COLUMNS names, and rows that are alike are one."""

from __future__ import annotations

from typing import Any

import pytest

import devaddr_xml
from devaddr_xml.cli.page import page_width, wrapped
from tests.findings.test_documents_in_and_out import COMPLETE, SKELETON

CONTROLLERS = "".join(f"<controller type='virtio-serial' index='{index}'/>" for index in range(6))
LARGE = SKELETON.replace("<interface", f"{CONTROLLERS}<interface", 1).replace(
    "small", "a-domain-with-quite-a-long-name"
)
OTHER = devaddr_xml.assign(LARGE).xml


@pytest.mark.parametrize("columns", [60, 80])
@pytest.mark.parametrize("words", [["show"], ["show", "--all"], ["capacity"], ["explain"], ["diff", "-", "other.xml"]])
def test_every_line_fits(command: Any, tmp_path: Any, columns: int, words: list[str]) -> None:
    command.environment["COLUMNS"] = str(columns)
    (tmp_path / "other.xml").write_text(OTHER)
    lines = command(*words, stdin=LARGE if words[0] != "diff" else COMPLETE).stdout.splitlines()
    assert lines
    assert max(map(len, lines)) <= columns


def test_capacity_folds_rows(command: Any) -> None:
    lines = command("capacity", stdin=LARGE).stdout.splitlines()
    (row,) = [line for line in lines if "virtio-serial" in line]
    assert "virtio-serial.0-5 each" in row


@pytest.mark.parametrize(("columns", "expected"), [("60", 60), ("7", 20), ("", None), ("wide", None), ("0", None)])
def test_who_names_the_width(monkeypatch: pytest.MonkeyPatch, columns: str, expected: int | None) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr("devaddr_xml.cli.page.is_terminal", lambda: False)
    assert page_width() == expected
    assert page_width("-") == expected
    assert page_width("layout.txt") is None


def test_a_broken_line_keeps_its_margin_and_its_words() -> None:
    text = "head\n  " + "word " * 30 + "end\n"
    lines = wrapped(text, 40).splitlines()
    assert " ".join(lines).split() == text.split()
    assert [len(line) - len(line.lstrip()) for line in lines] == [0, 2, *([4] * (len(lines) - 2))]
    assert wrapped(text, None) == text
