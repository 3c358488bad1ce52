"""What has been done already: a line for each document, in a file in the output folder.

A batch that starts again leaves out the documents whose content, settings and result are those of their line. A line
that was cut off does not count.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable

import msgspec

from devaddr_xml.integrations.fleet.document import Outcome
from devaddr_xml.integrations.fleet.errors import OutputError
from devaddr_xml.model.malformed import MALFORMED

NAME = ".devaddr-xml-batch.jsonl"


class _Entry(msgspec.Struct, omit_defaults=True):
    """One document that is done. key: hash of its content and the settings; result: hash of what was written."""

    key: str
    outcome: Outcome
    result: str | None = None


class Ledger:
    """The documents of an output folder that are done; one batch at a time may use it.

    Raises OutputError when it cannot be written, or another batch has it.
    """

    def __init__(self, folder: str, settings: bytes) -> None:
        self._settings = settings
        path = os.path.join(folder, NAME)
        try:
            flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
            self._file = open(os.open(path, flags, 0o666), "ab+", buffering=0)  # noqa: SIM115
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._file.seek(0)
            lines = self._file.read().split(b"\n")
            if lines[-1]:
                self._file.write(b"\n")
        except BlockingIOError as error:
            raise OutputError(f"another batch is writing to {folder}") from error
        except OSError as error:
            raise OutputError(f"cannot write {path}: {error.strerror}") from error
        self._path = path
        self._entries = {entry.outcome.name: entry for line in lines if (entry := _entry(line)) is not None}

    def key(self, data: bytes) -> str:
        """What tells whether a document, with these settings, is the same as before."""
        return hashlib.sha256(b"%d:%b%b" % (len(self._settings), self._settings, data)).hexdigest()

    def outcome(self, name: str, key: str, read_result: Callable[[str], bytes | None]) -> Outcome | None:
        """The outcome of an earlier run, if it holds for this key, and its result is in its file."""
        entry = self._entries.get(name)
        if entry is None or entry.key != key:
            return None
        if entry.result is not None:
            result = read_result(name)
            if result is None or _hash(result) != entry.result:
                return None
        return entry.outcome

    def add(self, outcome: Outcome, key: str) -> None:
        """Note that a document is done; its result has been written. Raises OutputError."""
        result = _hash(outcome.xml) if outcome.xml else None
        entry = _Entry(key, msgspec.structs.replace(outcome, xml=b""), result)
        try:
            self._file.write(msgspec.json.encode(entry) + b"\n")
        except OSError as error:
            raise OutputError(f"cannot write {self._path}: {error.strerror}") from error

    def close(self) -> None:
        """Let others have it."""
        self._file.close()


def _entry(line: bytes) -> _Entry | None:
    try:
        return msgspec.json.decode(line, type=_Entry)
    except MALFORMED:
        return None


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
