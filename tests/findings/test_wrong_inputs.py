"""Every wrong input of the table is refused or warned of, by name: line, device, cause and remedy."""

from __future__ import annotations

import re
from typing import Any

import pytest

import devaddr_xml
from tests.findings.wrong_inputs import WRONG_INPUTS, Wrong, document

#: Words that a reader would stumble over.
_RETIRED = re.compile(r"\b(wish|seat|settled|pressed|circle|relay|honour|giving|nature|survival|noticed)\b|  |\.\.$")


def said(text: str) -> devaddr_xml.DevaddrError | Any:
    """The error for a document, or its first warning."""
    try:
        return devaddr_xml.assign(text).warnings[0]
    except devaddr_xml.DevaddrError as error:
        return error


@pytest.mark.parametrize("wrong", WRONG_INPUTS, ids=lambda wrong: wrong.name)
def test_wrong_input(wrong: Wrong) -> None:
    found = said(document(wrong))
    kind = type(found).__name__ if isinstance(found, devaddr_xml.DevaddrError) else "warning"
    assert (kind, found.line, found.device) == (wrong.kind, wrong.line, wrong.device)
    assert found.message.startswith(wrong.cause)
    assert (found.remedy or "").startswith(wrong.remedy)
    assert wrong.remedy
    assert not _RETIRED.search(str(found))


@pytest.mark.parametrize("wrong", WRONG_INPUTS[::6], ids=lambda wrong: wrong.name)
def test_check_says_the_same(wrong: Wrong) -> None:
    report = devaddr_xml.check(document(wrong))
    severity = "warning" if wrong.kind == "warning" else "error"
    assert any(
        each.line == wrong.line and each.severity == severity and each.message.startswith(wrong.cause)
        for each in report.findings
    )
    assert all(each.line for each in report.findings)


def test_the_table_is_large_and_says_each_thing_once() -> None:
    assert len(WRONG_INPUTS) >= 120
    assert len({wrong.name for wrong in WRONG_INPUTS}) == len(WRONG_INPUTS)
