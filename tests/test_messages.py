"""What is written of documents that are refused, word for word: ``tests/record_messages.py`` records it anew."""

from __future__ import annotations

import pytest
from record_messages import REFUSED, message, messages, recorded


@pytest.mark.parametrize("name", sorted(recorded()))
def test_message(name: str) -> None:
    assert message(REFUSED / f"{name}.xml") == recorded()[name]


def test_every_document_is_recorded() -> None:
    assert set(messages()) == set(recorded())
