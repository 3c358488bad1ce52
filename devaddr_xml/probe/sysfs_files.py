"""The files of a sysfs tree, live or copied: a folder or an archive, of which nothing outside is ever opened."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import stat
import tarfile
import zlib
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Protocol, cast

from devaddr_xml.model.errors import ProbeError

#: More entries than the folder of PCI devices of any host has; each physical function can have 256 virtual ones.
MOST_ENTRIES = 16_384
#: More than any file that is read here; a configuration space has 4096 bytes.
LARGEST_FILE = 8192
_MOST_MEMBERS = 2_000_000
_MOST_UNPACKED = 1 << 30
_LARGEST_READ = 1 << 24
_LONGEST_LINK = 4096
_MOST_BUNDLED = 256
_DEEPEST_BUNDLED = 5

#: What an archive that is no archive, or ends too early, raises.
_BROKEN = (tarfile.TarError, OSError, EOFError, lzma.LZMAError, zlib.error, ValueError, OverflowError)


class Files(Protocol):
    """A tree of files; a path is relative, without ``..``; what is not there is empty."""

    def names(self, path: str) -> list[str]:
        """The names of the entries of a folder; raises ProbeError for more than `MOST_ENTRIES`."""

    def read(self, path: str) -> bytes:
        """The beginning of a file, at most `LARGEST_FILE` bytes."""

    def link(self, path: str) -> str:
        """Where a symbolic link points."""

    def is_folder(self, path: str) -> bool:
        """Whether there is a folder, and no link, at a path."""


class Folder:
    """A folder; no symbolic link below it is followed."""

    def __init__(self, root: Path) -> None:
        self._root = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def close(self) -> None:
        """Close the folder."""
        os.close(self._root)

    def _open(self, path: str, flags: int) -> int | None:
        """A file descriptor of a path, of which no part is a symbolic link."""
        parts = [part for part in path.split("/") if part]
        current = self._root
        try:
            for position, part in enumerate(parts):
                last = position == len(parts) - 1
                own = flags if last else os.O_RDONLY | os.O_DIRECTORY
                following = os.open(part, own | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=current)
                if current != self._root:
                    os.close(current)
                current = following
        except OSError:
            if current != self._root:
                os.close(current)
            return None
        return current if parts else os.dup(current)

    def names(self, path: str) -> list[str]:
        """See `Files`."""
        folder = self._open(path, os.O_RDONLY | os.O_DIRECTORY)
        if folder is None:
            return []
        try:
            found: list[str] = []
            with os.scandir(folder) as entries:
                for entry in entries:
                    found.append(entry.name)
                    if len(found) > MOST_ENTRIES:
                        raise _too_many(path)
            return sorted(found)
        except OSError:
            return []
        finally:
            os.close(folder)

    def read(self, path: str) -> bytes:
        """See `Files`."""
        file = self._open(path, os.O_RDONLY)
        if file is None:
            return b""
        try:
            return os.read(file, LARGEST_FILE) if stat.S_ISREG(os.fstat(file).st_mode) else b""
        except OSError:
            return b""
        finally:
            os.close(file)

    def link(self, path: str) -> str:
        """See `Files`."""
        parent, _, name = path.rpartition("/")
        folder = self._open(parent, os.O_RDONLY | os.O_DIRECTORY)
        if folder is None:
            return ""
        try:
            return os.readlink(name, dir_fd=folder)
        except OSError:
            return ""
        finally:
            os.close(folder)

    def is_folder(self, path: str) -> bool:
        """See `Files`."""
        folder = self._open(path, os.O_RDONLY | os.O_DIRECTORY)
        if folder is None:
            return False
        os.close(folder)
        return True


class Archive:
    """A tar archive, plain or compressed, of which only what can belong to a sysfs tree is kept in memory."""

    def __init__(self, path: Path) -> None:
        self._contents: dict[str, bytes] = {}
        self._links: dict[str, str] = {}
        self._folders: dict[str, set[str]] = {"": set()}
        try:
            with _unpacked(path) as unpacked, tarfile.open(fileobj=unpacked, mode="r:") as archive:
                self._index(archive, path)
        except _BROKEN as error:
            raise ProbeError(f"{path} cannot be read as a tar archive: {error}") from error

    def _index(self, archive: tarfile.TarFile, path: Path) -> None:
        for number, member in enumerate(archive):
            if number > _MOST_MEMBERS:
                raise ProbeError(f"{path} has more than {_MOST_MEMBERS} entries")
            archive.members = []  # type: ignore[attr-defined]  # tarfile would keep all of them
            name = "/".join([part for part in member.name.split("/") if part not in ("", ".")])
            if ".." in name.split("/"):
                raise ProbeError(f'{path} has an entry "{name[:100]}", which leads out of the archive')
            if not _can_matter(name):
                continue
            if member.issym():
                self._links[name] = member.linkname[:_LONGEST_LINK]
            elif member.isreg():
                file = archive.extractfile(member)
                self._contents[name] = file.read(LARGEST_FILE) if file is not None else b""
            elif not member.isdir():
                continue
            self._remember(name, path, member.isdir())

    def _remember(self, name: str, path: Path, is_folder: bool) -> None:
        if is_folder:
            self._folders.setdefault(name, set())
        while name:
            parent, _, own = name.rpartition("/")
            siblings = self._folders.setdefault(parent, set())
            if own in siblings:
                return
            siblings.add(own)
            if len(siblings) > MOST_ENTRIES:
                raise _too_many(f"{path}: {parent}")
            name = parent

    def close(self) -> None:
        """Nothing is open."""

    def names(self, path: str) -> list[str]:
        """See `Files`."""
        return sorted(self._folders.get(path, ()))

    def read(self, path: str) -> bytes:
        """See `Files`."""
        return self._contents.get(path, b"")

    def link(self, path: str) -> str:
        """See `Files`."""
        return self._links.get(path, "")

    def is_folder(self, path: str) -> bool:
        """See `Files`."""
        return path in self._folders and path not in self._links


#: Names of files and links that are read of a PCI function, of a NUMA node, and of the CPUs.
FUNCTION_FILES = (
    "class",
    "vendor",
    "device",
    "numa_node",
    "config",
    "resource",
    "sriov_totalvfs",
    "max_link_speed",
    "iommu_group",
    "physfn",
)
_OTHER_FILES = frozenset(("cpulist", "cpuinfo", "online", "possible"))
_KEPT_FILES = frozenset(FUNCTION_FILES) | _OTHER_FILES


def _can_matter(name: str) -> bool:
    """Whether an entry can be a file that is read here, or say where a function or a node is."""
    parent, _, own = name.rpartition("/")
    return own in _KEPT_FILES or ":" in own or own.startswith("node") or parent.endswith("bus/pci/devices")


class _Unpacked:
    """A decompressed stream that refuses to give more than a support bundle can hold."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def __enter__(self) -> IO[bytes]:
        return cast("IO[bytes]", self)

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _LARGEST_READ or self.tell() > _MOST_UNPACKED:
            raise ProbeError(f"an archive of sysfs does not unpack to more than {_MOST_UNPACKED >> 20} MiB")
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        if offset > _MOST_UNPACKED:
            raise ProbeError(f"an archive of sysfs does not unpack to more than {_MOST_UNPACKED >> 20} MiB")
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


def _unpacked(path: Path) -> _Unpacked:
    with path.open("rb") as file:
        magic = file.read(6)
    if magic.startswith(b"\x1f\x8b"):
        return _Unpacked(cast("IO[bytes]", gzip.open(path, "rb")))
    if magic.startswith(b"BZh"):
        return _Unpacked(cast("IO[bytes]", bz2.open(path, "rb")))
    if magic.startswith((b"\xfd7zXZ\x00", b"]\x00\x00")):
        return _Unpacked(cast("IO[bytes]", lzma.open(path, "rb")))
    return _Unpacked(path.open("rb"))


def open_files(path: str | Path) -> Folder | Archive:
    """The files of a folder or of a tar archive; raises ProbeError when it is neither."""
    path = Path(path)
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            return Folder(path)
    except (OSError, ValueError) as error:
        raise ProbeError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if not stat.S_ISREG(mode):
        raise ProbeError(f"{path} is neither a folder nor an archive")
    return Archive(path)


def beginnings(files: Files) -> Iterator[str]:
    """The folders in which the tree can be: the top one, then those below it, of which support bundles have some."""
    pending = deque([""])
    tried = 0
    while pending and tried < _MOST_BUNDLED:
        start = pending.popleft()
        tried += 1
        yield start
        if start.count("/") < _DEEPEST_BUNDLED:
            names = files.names(start.rstrip("/"))[:_MOST_BUNDLED]
            pending += [f"{start}{name}/" for name in names if files.is_folder(f"{start}{name}")]


def _too_many(path: str) -> ProbeError:
    return ProbeError(f"{path} has more than {MOST_ENTRIES} entries, which no host has")
