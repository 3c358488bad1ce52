"""A document comes out in the encoding in which it came in, byte order mark and declaration included."""

from __future__ import annotations

import codecs
import gzip
import lzma
from pathlib import Path

import pytest
from click.testing import CliRunner

from devaddr_xml.cli.group import commands
from devaddr_xml.domxml.document import parse
from devaddr_xml.domxml.encoding import decode, encoded_like
from devaddr_xml.model.errors import DocumentError

#: Encodings as a declaration names them, and words that they have.
DECLARED = [
    ("UTF-8", "Grüße €𝄞"),
    ("ISO-8859-1", "Grüße"),
    ("iso-8859-15", "Grüße €"),
    ("windows-1252", "Grüße €"),
    ("windows-1251", "жук"),
    ("KOI8-R", "жук"),
    ("Shift_JIS", "仮想"),
    ("EUC-JP", "仮想"),
    ("GB18030", "虚拟机𝄞"),
    ("Big5", "虛擬"),
    ("cp437", "Grüße"),
    ("mac-roman", "Grüße"),
]
MARKED = [
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (b"", "utf-16-le"),
    (b"", "utf-16-be"),
]
DOCUMENT = """<domain type='kvm'><title>{word}</title><os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/></interface>
  </devices>
</domain>
"""


def declared(name: str, word: str) -> bytes:
    text = f'<?xml version="1.0" encoding="{name}"?>\n{DOCUMENT.format(word=word)}'
    return text.encode(name)


@pytest.mark.parametrize(("name", "word"), DECLARED)
def test_a_declared_encoding_stays(name: str, word: str) -> None:
    given = declared(name, word)
    document = parse(given)
    assert encoded_like(document.original, given) == given
    assert word in document.original


@pytest.mark.parametrize(("mark", "name"), MARKED)
@pytest.mark.parametrize("declaration", ["", "<?xml version='1.0' encoding='UTF-16'?>\n", "<?xml version='1.0'?>"])
def test_a_mark_stays(mark: bytes, name: str, declaration: str) -> None:
    given = mark + (declaration + DOCUMENT.format(word="Grüße €𝄞")).encode(name)
    assert encoded_like(parse(given).original, given) == given


def test_what_the_encoding_does_not_have_becomes_a_reference() -> None:
    given = declared("ISO-8859-1", "ü")
    assert b"<title>&#8364;</title>" in encoded_like(decode(given).replace("ü", "€"), given)


@pytest.mark.parametrize("name", ["rot13", "idna", "utf-7", "unicode_escape", "punycode", "utf-16", "base64", "cp037"])
def test_declarations_that_do_not_hold(name: str) -> None:
    with pytest.raises(DocumentError, match="not supported"):
        decode(f"<?xml version='1.0' encoding='{name}'?><domain/>".encode())


@pytest.mark.parametrize(
    "given",
    [declared("ISO-8859-1", "ü"), codecs.BOM_UTF16_LE + DOCUMENT.format(word="ü").encode("utf-16-le")],
    ids=["ISO-8859-1", "UTF-16"],
)
def test_in_place(given: bytes, tmp_path: Path) -> None:
    file = tmp_path / "guest.xml"
    file.write_bytes(given)
    first = CliRunner().invoke(commands, ["assign", "--in-place", str(file)], standalone_mode=False)
    assert first.exception is None
    complete = file.read_bytes()
    assert complete[:40] == given[:40]
    assert "<address type='pci'" in decode(complete)
    assert "<title>ü</title>" in decode(complete)
    CliRunner().invoke(commands, ["assign", "--in-place", str(file)], standalone_mode=False)
    assert file.read_bytes() == complete


def test_a_document_type_that_says_nothing() -> None:
    text = f"<!DOCTYPE domain>\n{DOCUMENT.format(word='x')}"
    assert parse(text).original == text
    for stated in ("SYSTEM 'domain.dtd'", "[]", "[<!ENTITY a 'b'>]", "PUBLIC 'a' 'b'"):
        with pytest.raises(DocumentError, match="document type"):
            parse(f"<!DOCTYPE domain {stated}><domain/>")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (gzip.compress(b"<domain/>", mtime=0), "compressed by gzip"),
        (lzma.compress(b"<domain/>"), "compressed by xz"),
        (b"QFI\xfb\x00\x00\x00\x03", "a qcow2 image"),
    ],
)
def test_files_that_are_no_text(data: bytes, what: str) -> None:
    with pytest.raises(DocumentError, match=what):
        parse(data)
