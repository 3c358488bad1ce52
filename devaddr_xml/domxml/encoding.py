"""From bytes to text: byte order marks, the encoding that an XML declaration names, and nothing exotic."""

from __future__ import annotations

import codecs
import re

from devaddr_xml.model.errors import DocumentError

#: First bytes that tell an encoding, longest first.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
#: First bytes that are no mark, but the beginning of the document itself.
_UNMARKED = (b"<\x00", b"\x00<")
#: What every encoding must write as ASCII does.
_PLAIN = "<?xml version='1.0'?><domain/>"
#: What Python has among its encodings that is no character set, by the names that it gives them.
_ESCAPES = frozenset(("unicode-escape", "raw-unicode-escape", "idna", "punycode", "utf-7", "hz", "undefined"))
_ASCII = "".join(map(chr, range(128)))
#: Only for documents with a declaration, so left for `re` to compile when there is one.
#: What begins with bytes that no text begins with.
_NO_TEXT = {
    b"\x1f\x8b": "compressed by gzip",
    b"\xfd7zXZ": "compressed by xz",
    b"\x28\xb5\x2f\xfd": "compressed by zstd",
    b"QFI\xfb": "a qcow2 image",
    b"\x89PNG": "a picture",
    b"\x7fELF": "a program",
}
_WIDE = r"(?i)utf-?(16|32)"
_DECLARED = r"<\?xml[ \t\r\n][^>]{0,200}?encoding[ \t\r\n]*=[ \t\r\n]*[\"']([A-Za-z0-9._-]{1,40})[\"']"


def decode(xml: str | bytes) -> str:
    """The document as text without byte order mark; raises DocumentError when its encoding is unknown or wrong."""
    if isinstance(xml, str):
        return xml.removeprefix("\ufeff")
    name, _ = _encoding(xml)
    try:
        return xml.decode(name).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = xml.count(b"\n", 0, error.start) + 1
        message = f"the document is not valid {name.removesuffix('-sig').upper()} text"
        remedy = "Name its encoding in the first line: <?xml version='1.0' encoding='...'?>"
        if (other := next((what for start, what in _NO_TEXT.items() if xml.startswith(start)), None)) is not None:
            message, remedy = f"this is no text but {other}", "Give the XML of a domain, as virsh dumpxml prints it"
        raise DocumentError(message, line=line, remedy=remedy) from error


def encoded_like(text: str, given: bytes) -> bytes:
    """The text of a document in the encoding, with the byte order mark and the declaration, of the one it comes from.

    given: that document, which `decode` takes. A character that the encoding does not have becomes a reference.
    """
    name, mark = _encoding(given)
    before = _declared(given.decode(name, "replace").removeprefix("\ufeff"))
    after = _declared(text)
    if before is not None and after is not None:
        text = f"{text[: after.start(1)]}{before[1]}{text[after.end(1) :]}"
    return mark + text.encode(name.removesuffix("-sig"), "xmlcharrefreplace")


def _encoding(xml: bytes) -> tuple[str, bytes]:
    """The name that Python has for the encoding of a document, without its byte order mark, and that mark."""
    for mark, name in _MARKS:
        if xml.startswith(mark):
            return name, b"" if mark in _UNMARKED else mark
    if xml.startswith(b"<?xml") and (declared := _declared(xml[:300].decode("latin-1"))):
        name = declared[1]
        if not _is_text_encoding(name) or xml[:5].decode(name, "replace") != "<?xml":
            raise DocumentError(f"the encoding {name!r} is not supported", line=1, remedy="Use UTF-8")
        return name, b""
    return "utf-8", b""


def _is_text_encoding(name: str) -> bool:
    """Whether Python knows an encoding of that name in which plain markup is what it is in ASCII."""
    try:
        if codecs.lookup(name).name.replace("_", "-") in _ESCAPES:
            return False
        return _PLAIN.encode(name) == _PLAIN.encode() and bytes(range(128)).decode(name) == _ASCII
    except (LookupError, UnicodeError, ValueError):
        return False


def _declared(text: str) -> re.Match[str] | None:
    """Where a declaration at the beginning of the text names an encoding."""
    return re.match(_DECLARED, text[:300]) if text.startswith("<?xml") else None


def declaration_fixed(text: str) -> str:
    """The document with its declaration naming UTF-8, where what it names would no longer hold for its text."""
    if not text.startswith("<?xml"):
        return text
    declared = re.match(_DECLARED, text[:300])
    if declared is None or declared[1].lower() in ("utf-8", "utf8"):
        return text
    if not re.match(_WIDE, declared[1]) and text.isascii():
        return text
    return f"{text[: declared.start(1)]}UTF-8{text[declared.end(1) :]}"
