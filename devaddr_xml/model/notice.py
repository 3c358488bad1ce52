"""A warning, as reading, planning and checking give it."""

from __future__ import annotations

import msgspec


class Notice(msgspec.Struct, frozen=True):
    """A warning: what is doubtful, the device and line that it concerns, and what would help."""

    message: str
    device: str | None = None
    line: int | None = None
    remedy: str | None = None

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return where + self.explanation

    @property
    def explanation(self) -> str:
        """The whole warning but for its line."""
        text = f"{self.device}: {self.message}" if self.device else self.message
        return f"{text}. {self.remedy}" if self.remedy else text
