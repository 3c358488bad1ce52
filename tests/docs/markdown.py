"""The code blocks of README and the documentation, and what is told of them in comments above.

A block is run, or read, as its language says, unless the comment above it says otherwise:

* ``<!-- file: NAME -->``: the block is the content of a file, which later blocks of the page use.
* ``<!-- assigned: NAME -->``: the block is the difference between a file and what is made of it.
* ``<!-- output -->``: the block is what the shell block before it prints; with ``...`` for lines that are left out.
* ``<!-- fails: N -->``: the shell block ends with this exit code.
* ``<!-- refused -->``: the block is a domain that is refused without a policy of the page.
* ``<!-- not run: needs ... -->``: the block needs what a test has not got.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).resolve().parents[2]

_BLOCK = re.compile(
    r"(?P<notes>(?:^[ ]*<!--[^\n]*-->\n)*)^(?P<indent>[ ]*)```(?P<language>[^\n`]*)\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
_NOTE = re.compile(r"<!-- *([a-z ]+?) *(?:: *(.*?))? *-->")


class Block(NamedTuple):
    """One code block: its page and line, its language, its text and what is told of it."""

    page: str
    line: int
    language: str
    text: str
    notes: dict[str, str]

    @property
    def name(self) -> str:
        """Where it is."""
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """README and everything in docs that people read."""
    return [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]


def blocks(page: Path) -> Iterator[Block]:
    """The code blocks of a page, in their order."""
    text = page.read_text(encoding="utf-8")
    for match in _BLOCK.finditer(text):
        notes = {name: value or "" for name, value in _NOTE.findall(match["notes"])}
        line = text.count("\n", 0, match.start("indent")) + 1
        lines = (one.removeprefix(match["indent"]) for one in match["text"].splitlines(keepends=True))
        if not match["language"].startswith("{"):  # those are Sphinx's own
            yield Block(str(page.relative_to(REPOSITORY)), line, match["language"], "".join(lines), notes)


ALL = [block for page in pages() if page.exists() for block in blocks(page)]
