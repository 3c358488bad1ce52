"""A document as a command reads it."""

from __future__ import annotations

import msgspec


class Document(msgspec.Struct, frozen=True):
    """One document and where it was: the name for messages, and the lines before it in its file or stream."""

    name: str
    data: bytes
    lines_before: int = 0
