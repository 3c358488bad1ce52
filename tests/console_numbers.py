"""The numbers of consoles as releases of libvirt give them that number consoles before anything is added."""

from __future__ import annotations

import re
from itertools import count

_CONSOLE = re.compile(r"<console\b[^>]*/>|<console\b.*?</console>", re.DOTALL)
_PORT = re.compile(r"(\bport=['\"])\d+")
_SERIAL = re.compile(r"<target\b[^>]*\btype=['\"]serial['\"]")


def consoles_by_position(xml: str) -> str:
    """The document with every console but that of a serial port numbered by its position."""
    position = count()

    def numbered(found: re.Match[str]) -> str:
        at = next(position)
        target = found[0].find("<target")
        if target < 0 or _SERIAL.search(found[0]):
            return found[0]
        return found[0][:target] + _PORT.sub(rf"\g<1>{at}", found[0][target:], count=1)

    return _CONSOLE.sub(numbered, xml)
