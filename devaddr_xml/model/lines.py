"""Line numbers with the name of their document, for runs that read several documents."""

from __future__ import annotations


class SourceLine(int):
    """A line number that messages show together with the name of its document.

    As a number it is the line, from 1, in the document ``source``.
    """

    source: str

    def __new__(cls, line: int, source: str) -> SourceLine:
        own = super().__new__(cls, line)
        own.source = source
        return own

    def __str__(self) -> str:
        return f"{int(self)} of {self.source}"

    def __format__(self, specification: str) -> str:
        return format(str(self), specification)
