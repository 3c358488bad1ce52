"""What the operations that look at a guest take: a domain, a document that holds one, or a guest."""

from __future__ import annotations

from devaddr_xml.domxml.faults import line_of as part_line
from devaddr_xml.domxml.nested import parse_holder
from devaddr_xml.domxml.nested import read_guest as read_document
from devaddr_xml.model.guest import Guest


def read_guest(source: str | bytes | Guest) -> Guest:
    """The guest in a domain, a snapshot or status document, or JSON, as it stands; raises DevaddrError.

    Text whose first character is a brace or a bracket is JSON. A guest is returned as it is.
    """
    if isinstance(source, Guest):
        return source
    return Guest.from_json(source) if is_json(source) else read_document(source)


def line_of(source: bytes, part: str) -> int | None:
    """The line of a part of the domain, such as ``os/type``, in a document; none where that is JSON."""
    return None if is_json(source) else part_line(parse_holder(source), part)


def is_json(text: str | bytes) -> bool:
    """Whether the text is JSON and not XML."""
    return text.lstrip()[:1] in ("{", b"{", "[", b"[")
