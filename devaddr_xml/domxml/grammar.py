"""Where the grammars of the hint vocabulary are, for tools that check documents with them."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
#: In an installed package the grammars are inside it, in the sources beside it.
_DIRECTORIES = (_PACKAGE / "rng", _PACKAGE.parent / "rng")


def grammar_path(name: str) -> Path:
    """Where a grammar is: hints.rng, hints.xsd or domain-with-hints.rng."""
    return next((folder / name for folder in _DIRECTORIES if (folder / name).is_file()), _DIRECTORIES[0] / name)
