"""Streams of documents: cut where one ends, and never inside one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devaddr_xml.domxml.stream import split_documents

PLAIN = b"<domain><name>a</name></domain>\n"
DECLARED = b"<?xml version='1.0' encoding='UTF-8'?>\n<domain/>\n\n"
TRICKY = b"<domain a='/>'><!-- <domain> --><![CDATA[</domain><domain>]]><domain/></domain>"


@pytest.mark.parametrize(
    "pieces",
    [
        [b""],
        [b"\n"],
        [PLAIN],
        [PLAIN, PLAIN],
        [b"<domain/>", b"<domain/>", b"<domain/>"],
        [PLAIN, DECLARED, PLAIN],
        [DECLARED, DECLARED],
        [b"\n" + PLAIN, PLAIN],
        [TRICKY, TRICKY, PLAIN],
        [b"<!DOCTYPE domain>" + PLAIN, b"<!DOCTYPE domain>\n" + PLAIN],
        [b"<!DOCTYPE domain><domain/>", b"<domain/>"],
        [PLAIN + b"<!-- of the first -->\n", PLAIN],
    ],
)
def test_cut_between_documents(pieces: list[bytes]) -> None:
    assert split_documents(b"".join(pieces)) == pieces


@pytest.mark.parametrize(
    "stream",
    [
        b"<domain><domain></domain>",
        b"<domain><?xml version='1.0'?></domain><domain/>",
        b"\n<?xml version='1.0'?><domain/><domain/>",
        b"<!DOCTYPE domain SYSTEM 'x'><domain/><domain/>",
        b"<!DOCTYPE domain [<!ENTITY a 'b'>]><domain/><domain/>",
        b"<domain>&nothing;</domain><domain/>",
    ],
)
def test_what_is_faulty_stays_one_piece(stream: bytes) -> None:
    assert split_documents(stream) == [stream]


def test_what_follows_a_fault_stays_one_piece() -> None:
    assert split_documents(PLAIN + b"<domain></name><domain/>") == [PLAIN, b"<domain></name><domain/>"]


def test_many_documents_are_cut_in_one_go() -> None:
    assert len(split_documents(PLAIN * 20_000)) == 20_000


@given(
    st.lists(st.sampled_from([PLAIN, DECLARED, TRICKY, b"<domain", b"</domain>", b"<?xml", b"<!--", b"-->", b"\xff"]))
)
def test_nothing_is_lost(parts: list[bytes]) -> None:
    stream = b"".join(parts)
    assert b"".join(split_documents(stream)) == stream
