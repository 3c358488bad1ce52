"""From bytes to text: byte order marks, the encoding that an XML declaration names, and nothing exotic."""

from __future__ import annotations

import codecs
import re

from devaddr_xml.model.errors import DocumentError

#: First bytes that tell an encoding, longest first.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
#: Only for documents with a declaration, so left for `re` to compile when there is one.
_ACCEPTED = r"(?i)utf-?8|us-ascii|ascii|iso-?8859-\d{1,2}|latin-?1|windows-125\d|cp125\d|koi8-[ru]"
_WIDE = r"(?i)utf-?(16|32)"
_DECLARED = r"<\?xml[ \t\r\n][^>]{0,200}?encoding[ \t\r\n]*=[ \t\r\n]*[\"']([A-Za-z0-9._-]{1,40})[\"']"


def decode(xml: str | bytes) -> str:
    """The document as text without byte order mark; raises DocumentError when its encoding is unknown or wrong."""
    if isinstance(xml, str):
        return xml.removeprefix("\ufeff")
    name = next((name for mark, name in _MARKS if xml.startswith(mark)), "utf-8")
    if xml.startswith(b"<?xml") and (declared := re.match(_DECLARED, xml[:300].decode("latin-1"))):
        name = declared[1]
        if not re.fullmatch(_ACCEPTED, name):
            raise DocumentError(f"the encoding {name!r} is not supported", line=1, remedy="Use UTF-8")
    try:
        return xml.decode(name)
    except (UnicodeDecodeError, LookupError) as error:
        line = xml.count(b"\n", 0, error.start) + 1 if isinstance(error, UnicodeDecodeError) else 1
        raise DocumentError(f"the document is not valid {name.removesuffix('-sig').upper()} text", line=line) from error


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
