"""Where results go: files below one folder, each replaced as a whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os

from devaddr_xml.integrations.fleet.errors import OutputError, SourceError
from devaddr_xml.integrations.fleet.names import output_name

#: What is wrong with one name only; with anything else the next document would fail as well.
_ONE_NAME = (errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.EILSEQ, errno.ENOTEMPTY, errno.ELOOP)


class Outputs:
    """The results of a batch below a folder, which is made; raises OutputError when that fails."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot write to {folder}: {error.strerror}") from error

    def read(self, name: str) -> bytes | None:
        """The result of an earlier run for a document; none when there is none that can be read."""
        try:
            descriptor = os.open(self._path(name), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with open(descriptor, "rb") as file:
                return file.read()
        except OSError:
            return None

    def write(self, name: str, data: bytes) -> None:
        """Write the result for a document: the old content is there until all of the new is.

        Raises SourceError when its name is the trouble, and OutputError when no result could be written.
        """
        path = self._path(name)
        parent, last = os.path.split(path)
        temporary = os.path.join(parent, f".{last}.part")
        try:
            os.makedirs(parent, exist_ok=True)
            _write(temporary, data)
            os.replace(temporary, path)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            if error.errno in _ONE_NAME:
                raise SourceError(f"its result cannot be written: {error.strerror}") from error
            raise OutputError(f"cannot write {path}: {error.strerror}") from error

    def _path(self, name: str) -> str:
        return os.path.join(self.folder, output_name(name))


def _write(path: str, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    with open(os.open(path, flags, 0o666), "wb", buffering=0) as file:
        view = memoryview(data)
        while view:
            view = view[file.write(view) or 0 :]


def replace_file(path: str, data: bytes) -> None:
    """Write a file of the batch's own as a whole or not at all; raises OutputError."""
    parent, last = os.path.split(os.path.abspath(path))
    temporary = os.path.join(parent, f".{last}.part")
    try:
        _write(temporary, data)
        os.replace(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise OutputError(f"cannot write {path}: {error.strerror}") from error
