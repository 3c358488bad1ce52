"""JSON and MessagePack from outside, which can have any content."""

from __future__ import annotations

import msgspec

#: All exceptions of msgspec for them: wrong syntax, wrong types, text that is not Unicode, and too deep nesting.
MALFORMED = (msgspec.MsgspecError, UnicodeError, RecursionError)
