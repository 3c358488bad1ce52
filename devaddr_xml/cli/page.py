"""How wide a page of text is, and lines that fit onto it."""

from __future__ import annotations

import os

from devaddr_xml.cli.colour import is_terminal

#: No page is narrower: words would no longer fit.
_NARROWEST = 20


def page_width(output: str | None = None) -> int | None:
    """The columns for text on standard output: COLUMNS, else the terminal's; none in a file, or a pipe without it."""
    if output not in (None, "-"):
        return None
    asked = os.environ.get("COLUMNS", "")
    if asked.isascii() and asked.isdigit() and int(asked[:6]) > 0:
        return max(_NARROWEST, int(asked[:6]))
    if not is_terminal():
        return None
    import shutil

    return max(_NARROWEST, shutil.get_terminal_size().columns)


def wrapped(text: str, width: int | None) -> str:
    """The text with every line that is too long broken between words, the rest of it two columns further in."""
    if width is None or all(len(line) <= width for line in text.splitlines()):
        return text
    from textwrap import TextWrapper

    lines: list[str] = []
    for line in text.splitlines():
        margin = line[: len(line) - len(line.lstrip())]
        wrapper = TextWrapper(width, initial_indent=margin, subsequent_indent=f"{margin}  ", break_on_hyphens=False)
        lines += wrapper.wrap(line.strip()) if len(line) > width else [line]
    return "".join(f"{line}\n" for line in lines)
