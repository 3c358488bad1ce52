"""Documents that hold a domain: snapshots, checkpoints and the status files of a running libvirt."""

from __future__ import annotations

from xml.parsers import expat

from devaddr_xml.domxml.document import Document, parse
from devaddr_xml.domxml.encoding import declaration_fixed, decode
from devaddr_xml.domxml.reader import read
from devaddr_xml.model.errors import DocumentError
from devaddr_xml.model.guest import Guest

#: The root elements of which one child is a domain.
HOLDERS = ("domainsnapshot", "domaincheckpoint", "domstatus")


def read_guest(xml: str | bytes) -> Guest:
    """The guest of a domain document, or of a document that holds a domain.

    Nothing is assigned: what the document does not say is unset. Raises DevaddrError when it cannot be read.
    """
    return read(parse_holder(xml))


def parse_holder(xml: str | bytes) -> Document:
    """Parse a domain document, or the domain inside a snapshot, checkpoint or status; lines are those of the file."""
    text = decode(xml)
    if not any(f"<{holder}" in text for holder in HOLDERS):
        return parse(text)
    # the text is that of no file any more, so what its declaration says of an encoding is spent
    data = declaration_fixed(text).encode("utf-8", "replace")
    bounds = _domain_bounds(data)
    if bounds is None:
        return parse(text)
    start, end = bounds
    return parse(b"\n" * data.count(b"\n", 0, start) + data[start:end])


class _Refused(Exception):
    """The document has a part that the ordinary parser refuses with a better message."""


def _give_up(*_: object) -> None:
    raise _Refused


def _domain_bounds(data: bytes) -> tuple[int, int] | None:
    """Where the domain inside a holder begins and ends; none when the root is something else."""
    parser = expat.ParserCreate("utf-8")
    depth = 0
    root = ""
    start = -1
    found: tuple[int, int] | None = None

    def begin(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth, root, start
        if depth == 0:
            root = tag
        elif depth == 1 and tag == "domain" and start < 0:
            start = parser.CurrentByteIndex
        depth += 1

    def finish(tag: str) -> None:
        nonlocal depth, found
        depth -= 1
        if depth == 1 and tag == "domain" and found is None:
            at = parser.CurrentByteIndex
            found = start, data.index(b">", at) + 1

    parser.StartElementHandler = begin
    parser.EndElementHandler = finish
    parser.StartDoctypeDeclHandler = _give_up
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, _Refused):
        return None  # the ordinary parser says what is wrong, and where
    if root not in HOLDERS:
        return None
    if found is None:
        raise DocumentError(f"the <{root}> holds no domain", line=1)
    return found
