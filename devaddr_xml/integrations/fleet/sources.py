"""Where documents come from: a folder, a TAR archive, or JSON lines on standard input.

Each source tells how many documents it has, if that can be known, and gives them one after the other. What is wrong
with one of them comes as an outcome in its place.
"""

from __future__ import annotations

import os
import stat
import tarfile
import zlib
from collections.abc import Iterator
from lzma import LZMAError
from typing import IO, NamedTuple

import msgspec

from devaddr_xml.domxml.document import MAX_BYTES
from devaddr_xml.integrations.fleet.document import Outcome, Task
from devaddr_xml.integrations.fleet.errors import SourceError
from devaddr_xml.integrations.fleet.names import SUFFIX
from devaddr_xml.model.malformed import MALFORMED

#: The longest line of JSON: a document may be written with escapes.
_LONGEST_LINE = 4 * MAX_BYTES

Item = Task | Outcome


class Source(NamedTuple):
    """The documents of a batch, and their number if it is known."""

    items: Iterator[Item]
    total: int | None = None


class _Line(msgspec.Struct):
    """One document as a line of JSON; name is its number if there is none."""

    xml: str
    name: str | None = None


def open_source(path: str, standard_input: IO[bytes]) -> Source:
    """The documents of a folder or archive, or of standard input for ``-``; raises SourceError when it is none."""
    if path == "-":
        return Source(_lines(standard_input))
    if os.path.isdir(path):
        return _folder(path)
    try:
        archive = tarfile.open(path, "r:*")  # noqa: SIM115
    except OSError as error:
        raise SourceError(f"cannot read {path}: {error.strerror or error}") from error
    except (tarfile.TarError, EOFError, zlib.error, LZMAError) as error:
        raise SourceError(f"{path} is neither a folder nor a TAR archive: {error}") from error
    return _archive(path, archive)


def _folder(path: str) -> Source:
    """Every file below the folder whose name ends in .xml; hidden ones are left out."""
    names = sorted(_names_below(path, ""))
    return Source((_file(path, name) for name in names), len(names))


def _names_below(path: str, prefix: str) -> Iterator[str]:
    try:
        entries = list(os.scandir(os.path.join(path, prefix)))
    except OSError as error:
        raise SourceError(f"cannot read the folder {os.path.join(path, prefix)}: {error.strerror}") from error
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _names_below(path, f"{prefix}{entry.name}/")
        elif entry.name.endswith(SUFFIX):
            yield prefix + entry.name


def _file(folder: str, name: str) -> Item:
    try:
        descriptor = os.open(os.path.join(folder, name), os.O_RDONLY | os.O_NONBLOCK)
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                return _wrong(name, "it is not a regular file")
            if status.st_size > MAX_BYTES:
                return _wrong(name, _too_large())
            return Task(_printable(name), file.read(MAX_BYTES + 1))
    except OSError as error:
        return _wrong(name, f"it cannot be read: {error.strerror}", "failed")


def _archive(path: str, archive: tarfile.TarFile) -> Source:
    """Every member of the archive whose name ends in .xml; nothing is ever unpacked into a file."""
    try:
        members = [member for member in archive.getmembers() if member.name.endswith(SUFFIX) and not member.isdir()]
    except (tarfile.TarError, OSError, EOFError, zlib.error, LZMAError) as error:
        raise SourceError(f"{path} is damaged: {error}") from error
    return Source(_members(path, archive, members), len(members))


def _members(path: str, archive: tarfile.TarFile, members: list[tarfile.TarInfo]) -> Iterator[Item]:
    with archive:
        for member in members:
            if not member.isreg():
                yield _wrong(member.name, "it is not a regular file")
            elif member.size > MAX_BYTES:
                yield _wrong(member.name, _too_large())
            else:
                try:
                    content = archive.extractfile(member)
                    data = content.read(MAX_BYTES + 1) if content is not None else b""
                except (tarfile.TarError, OSError, EOFError, zlib.error, LZMAError) as error:
                    raise SourceError(f"{path} is damaged: {error}") from error
                yield Task(_printable(member.name), data)


def _lines(stream: IO[bytes]) -> Iterator[Item]:
    """Every line of JSON: an object with ``xml``, and an optional ``name``."""
    number = 0
    while line := stream.readline(_LONGEST_LINE):
        number += 1
        name = f"line-{number}"
        if len(line) == _LONGEST_LINE and not line.endswith(b"\n"):
            while (rest := stream.readline(_LONGEST_LINE)) and not rest.endswith(b"\n"):
                pass
            yield _wrong(name, "the line is too long")
        elif line.strip():
            try:
                found = msgspec.json.decode(line, type=_Line)
                yield Task(_printable(found.name or name), found.xml.encode())
            except MALFORMED as error:
                yield _wrong(name, f"the line is not a JSON object with text in xml: {error}")


def _printable(name: str) -> str:
    """The name, with bytes that are no text written as such."""
    return name.encode(errors="backslashreplace").decode()


def _wrong(name: str, error: str, status: str = "refused") -> Outcome:
    return Outcome(name=_printable(name), status="failed" if status == "failed" else "refused", error=error)


def _too_large() -> str:
    return f"it is larger than {MAX_BYTES // 1024 // 1024} MiB"
