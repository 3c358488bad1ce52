"""Two states of a file as a unified diff."""

from __future__ import annotations

from difflib import unified_diff

#: Colours by the beginning of a line, as git has them.
_COLOURS = (("+++", "1"), ("---", "1"), ("@@", "36"), ("+", "32"), ("-", "31"))


def unified(name: str, before: bytes, after: bytes, colour: bool) -> bytes:
    """What patch and git apply take; nothing where both are equal. colour: with the codes that colour a terminal."""
    shown = "stdin" if name == "-" else name
    old, new = (text.decode("utf-8", "surrogateescape").splitlines(keepends=True) for text in (before, after))
    lines = list(unified_diff(old, new, f"a/{shown.lstrip('/')}", f"b/{shown.lstrip('/')}"))
    lines = [line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines]
    if colour:
        lines = [_coloured(line) for line in lines]
    return "".join(lines).encode("utf-8", "surrogateescape")


def _coloured(line: str) -> str:
    for start, code in _COLOURS:
        if line.startswith(start):
            return f"\x1b[{code}m{line.rstrip()}\x1b[0m\n"
    return line
