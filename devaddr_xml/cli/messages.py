"""What a person reads on standard error: one line for each refusal and each warning, in the form that editors know."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from devaddr_xml.cli.documents import Document
    from devaddr_xml.model.errors import DevaddrError
    from devaddr_xml.model.plan import Notice


def tell_refusal(document: Document, error: DevaddrError) -> None:
    """``FILE:LINE: error: DEVICE: what is wrong``, with the lines counted in the file."""
    if error.other_line:
        error.other_line += document.lines_before
    _write(document, error.line, "error", error.explanation)


def tell_warning(document: Document, notice: Notice) -> None:
    """``FILE:LINE: warning: DEVICE: what is doubtful``."""
    _write(document, notice.line, "warning", notice.explanation)


def _write(document: Document, line: int | None, severity: str, text: str) -> None:
    place = f"{document.name}:{line + document.lines_before}" if line else document.name
    print(f"{place}: {severity}: {text}", file=sys.stderr)
