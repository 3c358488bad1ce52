"""libvirt's answers by release."""

from __future__ import annotations

import pytest

from devaddr_xml.rules.libvirt import ROWS, rules_of
from devaddr_xml.rules.questions import Rules


def test_rows_come_by_release() -> None:
    assert [row.since for row in ROWS] == sorted(row.since for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.question)
def test_every_row_changes_its_question(row) -> None:
    major, minor, micro = row.since
    before = (major, minor, micro - 1) if micro else (major, minor - 1, 99) if minor else (major - 1, 99, 0)
    assert row.question in Rules.__struct_fields__
    assert getattr(rules_of(row.since), row.question) == row.answer
    assert getattr(rules_of(before), row.question) != row.answer
