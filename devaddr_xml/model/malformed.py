"""JSON and MessagePack that come from elsewhere, and may be anything."""

from __future__ import annotations

import msgspec

#: All that msgspec raises for them: bad syntax and types, text that is no Unicode, and nesting without end.
MALFORMED = (msgspec.MsgspecError, UnicodeError, RecursionError)
