"""Several documents one after the other in one stream, as ``virsh dumpxml`` of two domains prints them."""

from __future__ import annotations

_CHUNK = 1 << 16

#: Expat's error numbers, and one of our own.
_CONTENT_AFTER_ROOT = 9
_DECLARATION_INSIDE = 17
_DOCTYPE = -1


class _HasDoctype(Exception):
    pass


def split_documents(data: bytes) -> list[bytes]:
    """Cut a stream between its documents; joined, the pieces are the stream again.

    White space and comments after a document belong to it. What follows the first fault in the markup, or a document
    type that names or defines something, stays one piece: whoever reads it says what is wrong with it.
    """
    if data.count(b"<domain") < 2:
        return [data]
    pieces = []
    rest = memoryview(data)
    while end := _end_of_first(rest):
        pieces.append(bytes(rest[:end]))
        rest = rest[end:]
    return [*pieces, bytes(rest)]


def _end_of_first(data: memoryview) -> int:
    """Where a second document begins in data; 0 when there is none to be seen."""
    fault, at = _first_fault(data)
    if fault == _CONTENT_AFTER_ROOT:
        return at
    if fault == _DECLARATION_INSIDE and _first_fault(data[:at])[0] is None:
        return at
    return 0


def _first_fault(data: memoryview) -> tuple[int | None, int]:
    """What stops a parser in data, if anything does, and where."""
    from pyexpat import ExpatError, ParserCreate

    parser = ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        for start in range(0, len(data), _CHUNK):
            parser.Parse(data[start : start + _CHUNK], False)
        parser.Parse(b"", True)
    except _HasDoctype:
        return _DOCTYPE, 0
    except ExpatError as error:
        return error.code, parser.ErrorByteIndex
    return None, 0


def _refuse_doctype(_name: str, system: str | None, public: str | None, subset: bool) -> None:
    if subset or system or public:
        raise _HasDoctype
