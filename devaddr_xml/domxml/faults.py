"""The error for a value that its place does not allow."""

from __future__ import annotations

from devaddr_xml.domxml.document import Document, Node
from devaddr_xml.model.errors import ValueInvalid

_LONGEST = 60


def shown(text: str) -> str:
    """A value of the document for a message: quoted, and not longer than is useful."""
    return repr(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")


def invalid_value(
    document: Document, node: Node, attribute: str | None, text: str | None, expected: str
) -> ValueInvalid:
    """The error for an attribute, or for the text of an element where ``attribute`` is none.

    text: the value that was found; none where it is missing.
    """
    tag = node.tag[:_LONGEST]
    place = f"attribute {attribute!r} of <{tag}>" if attribute else f"<{tag}>"
    if text is None:
        return ValueInvalid(f"{place} is missing: expected {expected}", line=document.line(node))
    return ValueInvalid(f"{place} is {shown(text)}: expected {expected}", line=document.line(node))
