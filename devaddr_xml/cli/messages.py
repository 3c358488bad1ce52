"""What a person reads on standard error: one line for each refusal and each warning, in the form that editors know."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from devaddr_xml.cli.source import Document
    from devaddr_xml.model.errors import DevaddrError
    from devaddr_xml.model.plan import Notice

PROGRAM = "devaddr-xml"


def tell(line: str) -> None:
    """Write one line to standard error; where that cannot be written to, nobody is listening.

    Documents name their devices as they like, so what a terminal could take for a command is escaped.
    """
    if not line.isprintable():
        line = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in line)
    try:
        print(line, file=sys.stderr)
    except (OSError, ValueError, AttributeError):
        return


def tell_refusal(document: Document, error: DevaddrError) -> None:
    """``FILE:LINE: error: DEVICE: what is wrong``, with the lines counted in the file."""
    if error.line is None and error.about is not None:
        from devaddr_xml.operations.guests import line_of

        error.line = line_of(document.data, error.about)
    if error.other_line and document.lines_before:
        error.other_line += document.lines_before
    tell(f"{_place(document, error.line)}: error: {error.explanation}")


def tell_warning(document: Document, notice: Notice) -> None:
    """``FILE:LINE: warning: DEVICE: what is doubtful``."""
    tell(f"{_place(document, notice.line)}: warning: {notice.explanation}")


def _place(document: Document, line: int | None) -> str:
    """``FILE:LINE``; a line that knows its own document is in that one."""
    if not line:
        return document.name
    return f"{getattr(line, 'source', document.name)}:{line + document.lines_before}"
