"""Outlines as data."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from devaddr_xml.views.outline import Outline


def as_json(layouts: Sequence[Outline], titles: Sequence[str] = ()) -> str:
    """Outlines as JSON."""
    named = [{"title": title, **msgspec.to_builtins(layout)} for title, layout in zip(titles, layouts, strict=False)]
    return msgspec.json.format(msgspec.json.encode({"layouts": named or layouts}), indent=2).decode() + "\n"
