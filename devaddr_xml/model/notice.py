"""A warning, as reading, planning and checking give it."""

from __future__ import annotations

import msgspec


class Notice(msgspec.Struct, frozen=True):
    """A warning: what is doubtful, the device and line that it concerns, what would help, and the other device."""

    message: str
    device: str | None = None
    line: int | None = None
    remedy: str | None = None
    other: str | None = None
    other_line: int | None = None

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return where + self.explanation

    @property
    def explanation(self) -> str:
        """The whole warning but for its line."""
        text = f"{self.device}: {self.message}" if self.device else self.message
        if self.other:
            at = f" (line {self.other_line})" if self.other_line else ""
            text += f"; the other device is {self.other}{at}"
        return f"{text}. {self.remedy}" if self.remedy else text
