"""Parsing: what is refused, with which line, and what becomes of encodings."""

from __future__ import annotations

import resource

import pytest

from devaddr_xml.domxml.document import MAX_BYTES, MAX_DEPTH, parse
from devaddr_xml.model.errors import DocumentError

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))

HOSTILE = {
    "nothing": "",
    "white space": " \n ",
    "no XML": "hello",
    "not closed": "<domain>\n<devices>\n</domain>",
    "ends too early": "<domain>\n<devices/>\n",
    "ends in the last of many lines": "<domain>\n\n\n",
    "ends with a carriage return": "<domain>\r\n<devices/>\r",
    "junk behind": "<domain/>\n<domain/>",
    "attribute twice": "<domain>\n<a b='1' b='2'/></domain>",
    "attribute twice by namespace": "<domain xmlns:a='u' xmlns:b='u'>\n<x a:c='1' b:c='2'/></domain>",
    "prefix without namespace": "<domain>\n<qemu:commandline/></domain>",
    "unknown entity": "<domain>\n&nbsp;</domain>",
    "NUL": "<domain>\n\0</domain>",
    "NUL reference": "<domain>\n&#0;</domain>",
    "lone surrogate": "<domain>\n\ud800</domain>",
    "not UTF-8": b"<domain>\n\xff</domain>",
    "not ASCII": b"<?xml version='1.0' encoding='us-ascii'?>\n<domain>\n\xc3\xa4</domain>",
    "half of UTF-16": "<domain/>".encode("utf-16")[:-1],
    "unknown encoding": b"<?xml version='1.0' encoding='rot13'?><domain/>",
    "codec that is none": b"<?xml version='1.0' encoding='idna'?><domain/>",
    "less than in an attribute": "<domain>\n<a b='<'/></domain>",
    "attribute without quotes": "<domain>\n<a b=1/></domain>",
    "document type": "<!DOCTYPE domain SYSTEM 'x'>\n<domain/>",
    "billion laughs": f'<!DOCTYPE domain [<!ENTITY l0 "ha">{LAUGHS}]>\n<domain>&l9;</domain>',
    "external entity": '<!DOCTYPE domain [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n<domain><name>&x;</name></domain>',
    "external document type": '<!DOCTYPE domain SYSTEM "http://localhost:1/x.dtd">\n<domain/>',
    "parameter entity": '<!DOCTYPE d [<!ENTITY % p SYSTEM "file:///dev/zero"> %p;]><domain/>',
    "too deep": "<domain>" + "<a>" * 300 + "</a>" * 300 + "</domain>",
    "far too deep": "<domain>" + "<a>" * 5_000_000,
    "too many elements": "<domain>" + "<a/>" * 300_000 + "</domain>",
    "too large": b"<" * (MAX_BYTES + 1),
    "other root": "<network/>",
    "domain of another namespace": "<domain xmlns='urn:other'/>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_refused_in_one_line(name: str) -> None:
    with pytest.raises(DocumentError) as caught:
        parse(HOSTILE[name])
    text = str(caught.value)
    assert text
    assert "\n" not in text
    assert len(text) < 300


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("not closed", 3),
        ("ends too early", 3),
        ("ends in the last of many lines", 4),
        ("junk behind", 2),
        ("attribute twice", 2),
        ("prefix without namespace", 2),
        ("NUL", 2),
        ("lone surrogate", 2),
        ("not UTF-8", 2),
        ("not ASCII", 3),
        ("document type", 1),
        ("other root", 1),
    ],
)
def test_the_line_is_named(name: str, line: int) -> None:
    with pytest.raises(DocumentError) as caught:
        parse(HOSTILE[name])
    assert caught.value.line == line


def test_hundred_megabytes_of_nesting_cost_little() -> None:
    document = b"<domain>" + b"<a>" * (100 * 1024 * 1024 // 3)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DocumentError):
        parse(document)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


def test_the_deepest_document() -> None:
    levels = MAX_DEPTH - 2
    assert parse("<domain>" + "<a>" * levels + "</a>" * levels + "</domain>").root.tag == "domain"


def test_a_ten_megabyte_attribute() -> None:
    value = "x" * (10 * 1024 * 1024)
    document = parse(f"<domain><description a='{value}'/><name>n</name></domain>")
    name = document.root.first("name")
    assert name is not None
    assert document.content(name) == "n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings_of_unicode(encoding: str) -> None:
    text = "<domain><name>Grüße €𝄞</name></domain>\n"
    assert parse(text.encode(encoding)).original == text


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("iso-8859-1", "ISO-8859-1"), ("iso-8859-15", "iso-8859-15"), ("cp1252", "windows-1252"), ("koi8-r", "KOI8-R")],
)
def test_encodings_of_one_byte(encoding: str, name: str) -> None:
    word = "жук" if encoding == "koi8-r" else "grün"
    text = f"<?xml version='1.0' encoding='{name}'?>\n<domain><name>{word}</name></domain>"
    document = parse(text.encode(encoding))
    assert document.original == text.replace(name, "UTF-8"), "a declaration must not lie about the text"
    assert document.content(document.root.children[0]) == word


@pytest.mark.parametrize("name", ["UTF-8", "utf8", "US-ASCII", "ISO-8859-1"])
def test_a_declaration_that_holds_stays(name: str) -> None:
    text = f"<?xml version='1.0' encoding='{name}'?>\n<domain/>"
    assert parse(text).original == text
    assert parse(text.encode()).original == text


def test_text_may_declare_any_encoding() -> None:
    text = '<?xml version="1.0" encoding="UTF-16"?><domain><name>ä</name></domain>'
    assert parse(text).original == text.replace("UTF-16", "UTF-8")


@pytest.mark.parametrize(
    ("written", "content"),
    [
        ("<name>a</name>", "a"),
        ("<name>\n  a b \t</name>", "a b"),
        ("<name/>", ""),
        ("<name></name>", ""),
        ("<name x='>'>a</name>", "a"),
        ("<name>a&amp;b&lt;&#65;&#x20ac;&apos;&quot;&gt;</name>", "a&b<A€'\">"),
        ("<name><![CDATA[a&amp;<b>]]>c</name>", "a&amp;<b>c"),
        ("<name>a<!-- <b> & -->b<?pi x>y?>c</name>", "abc"),
        ("<name>ä€</name>", "ä€"),
    ],
)
def test_content(written: str, content: str) -> None:
    document = parse(f"<domain>{written}</domain>")
    assert document.content(document.root.children[0]) == content


def test_offsets() -> None:
    text = "<domain ü='>'>\n <a/><b></b ><c x = 'ä/>'\n/>tail<d>/></d></domain>"
    document = parse(text)
    a, b, c, d = document.root.children
    pieces = [document.as_text(document.text[node.start : document.end(node)]) for node in (a, b, c, d)]
    assert pieces == ["<a/>", "<b></b >", "<c x = 'ä/>'\n/>", "<d>/></d>"]
    assert [document.line(node) for node in (a, b, c, d)] == [2, 2, 2, 3]
    assert document.as_text(document.text[document.root.start : document.end(document.root)]) == text


def test_nothing_is_fetched() -> None:
    include = "<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='/etc/hostname' parse='text'/>"
    document = parse(f"<domain><name>{include}</name></domain>")
    assert document.content(document.root.children[0]) == ""
