"""What a command reads: one document or several from a file or from standard input."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from devaddr_xml.cli.failures import Unreadable
from devaddr_xml.cli.messages import PROGRAM, tell
from devaddr_xml.cli.source import Document
from devaddr_xml.domxml.stream import split_documents

STDIN = 0

#: The most bytes that are taken from one file or stream; a single document is limited further when it is parsed.
LARGEST = 64 * 1024 * 1024


def read_documents(path: str) -> list[Document]:
    """The documents of a file, or of standard input for ``-``; raises Unreadable."""
    name = "<stdin>" if path == "-" else path
    documents: list[Document] = []
    lines = 0
    for piece in split_documents(read_bytes(path)):
        documents.append(Document(name, piece, lines))
        lines += piece.count(b"\n")
    return documents


def named_files(paths: Sequence[str], suffix: str = ".xml") -> list[str]:
    """The files that arguments name: a folder is all files in it, and below, whose names end in ``suffix``.

    Standard input without any argument. Raises Unreadable for a folder without such a file; UsageError where standard
    input comes twice.
    """
    found: list[str] = []
    for path in paths or ("-",):
        if path != "-" and os.path.isdir(path):
            inside = sorted(
                os.path.join(folder, name)
                for folder, _, names in os.walk(path)
                for name in names
                if _is_in(name, suffix)
            )
            if not inside:
                raise Unreadable(f"{path} has no file that ends in {suffix}")
            found += inside
        else:
            found.append(path)
    if found.count("-") > 1:
        from click import UsageError

        raise UsageError("only one of the documents can come from standard input")
    return found


def _is_in(name: str, suffix: str) -> bool:
    return name.endswith(suffix) and not name.startswith(".")


def read_bytes(path: str) -> bytes:
    """All of a file, or of standard input for ``-``; raises Unreadable."""
    if path == "-" and sys.stdin is not None and sys.stdin.isatty():
        tell(f"{PROGRAM}: reading a document from the terminal; end it with Ctrl-D")
    try:
        with open(STDIN if path == "-" else path, "rb", closefd=path != "-") as file:
            data = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise Unreadable(f"cannot read {'standard input' if path == '-' else path}: {reason}") from error
    if len(data) > LARGEST:
        raise Unreadable(f"{'standard input' if path == '-' else path} is larger than {LARGEST // 1024 // 1024} MiB")
    return data
