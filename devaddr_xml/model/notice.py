"""Warnings of reading, planning and checking."""

from __future__ import annotations

import msgspec


class Notice(msgspec.Struct, frozen=True):
    """A warning.

    message: what is wrong, in one sentence. device: the label of the device. line: from 1. remedy: what helps.
    other: the other device of a conflict; other_line: its line.
    """

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
        """The whole warning without its line."""
        text = f"{self.device}: {self.message}" if self.device else self.message
        if self.other:
            at = f" (line {self.other_line})" if self.other_line else ""
            text += f"; the other device is {self.other}{at}"
        return f"{text}. {self.remedy}" if self.remedy else text
