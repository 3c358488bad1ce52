"""Draws the pictures of the pages of tunables and hints before Sphinx reads the pages."""

from __future__ import annotations

import sys
from pathlib import Path

from sphinx.application import Sphinx

sys.path.append(str(Path(__file__).parents[1] / "generate"))


def draw(app: Sphinx) -> None:
    """Write every picture that is not there as it should be."""
    from term_pages import term_picture, topics

    for topic in topics():
        path = Path(app.srcdir) / "pictures" / f"{topic.path}.svg"
        picture = term_picture(topic)
        if not path.exists() or path.read_text(encoding="utf-8") != picture:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(picture, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("builder-inited", draw)
    return {"parallel_read_safe": True}
