"""Where results go: standard output, or a file that is replaced as a whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import re
import stat

from devaddr_xml.cli.failures import NotWritten

STDOUT = 1

#: The standard streams by name, and the paths of open files of the process, which a shell passes as >(COMMAND).
STREAMS = {"stdout": STDOUT, "stderr": 2}
_OWN = r"/dev/(stdout|stderr)|(?:/dev/fd|/proc/self/fd)/([0-9]{1,9})"


def deliver(data: bytes, path: str | None) -> None:
    """Write the result to a file, or to standard output when path is none or ``-``; raises NotWritten."""
    if path is None or path == "-":
        try:
            _write_all(STDOUT, data)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise NotWritten(f"cannot write standard output: {error.strerror}") from error
        return
    try:
        own = re.fullmatch(_OWN, path)
        if own is not None:
            _write_all(STREAMS[own[1]] if own[1] else int(own[2]), data)
        elif _is_stream(path):
            _write_in_place(path, data)  # a pipe or a device has no content that could be half replaced
        else:
            _replace(os.path.realpath(path), data)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise NotWritten(f"cannot write {path}: {error.strerror}") from error


def _is_stream(path: str) -> bool:
    """Whether there is something at the path that is no regular file; what its link is called says nothing of that."""
    try:
        return not stat.S_ISREG(os.stat(path).st_mode)
    except FileNotFoundError:
        return False


def _replace(path: str, data: bytes) -> None:
    """Put data into a file beside path, and give it path's name once all of it is on the disk."""
    try:
        old = os.stat(path)
    except FileNotFoundError:
        old = None
    if old is not None and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, "the file is read-only")
    folder, name = os.path.split(path)
    temporary = _unused_name_beside(folder, name)
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if old is None else 0o600)
        try:
            _write_all(descriptor, data)
            if old is not None:
                _copy_owner_and_mode(descriptor, old)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    _sync_folder(folder)


def _unused_name_beside(folder: str, name: str) -> str:
    """The path of a hidden file in folder that only this process makes; what a killed run left is in nobody's way."""
    paths = (os.path.join(folder, f".{name[:200]}.{os.getpid()}-{attempt}.tmp") for attempt in itertools.count())
    return next(path for path in paths if not os.path.lexists(path))


def _write_in_place(path: str, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        _write_all(descriptor, data)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(descriptor, view) :]
        except BlockingIOError:
            import select

            select.select([], [descriptor], [])


def _copy_owner_and_mode(descriptor: int, old: os.stat_result) -> None:
    """As far as the user may: another's file that we can replace becomes ours, with the same mode."""
    try:
        os.fchown(descriptor, old.st_uid, old.st_gid)
    except PermissionError:
        try:
            os.fchown(descriptor, -1, old.st_gid)
        except PermissionError:
            os.fchmod(descriptor, stat.S_IMODE(old.st_mode) & 0o0707)
            return
    os.fchmod(descriptor, stat.S_IMODE(old.st_mode))


def _sync_folder(folder: str) -> None:
    """Make the new name durable where the file system can; the content already is."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        return
    finally:
        os.close(descriptor)
