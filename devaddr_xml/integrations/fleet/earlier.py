"""Earlier layouts of the documents of a batch, from a folder: by the name of the document, or the domain."""

from __future__ import annotations

import os
from collections.abc import Iterator

import msgspec

from devaddr_xml.domxml.document import MAX_BYTES
from devaddr_xml.domxml.nested import parse_holder
from devaddr_xml.integrations.fleet.document import Outcome, Task
from devaddr_xml.integrations.fleet.errors import SourceError
from devaddr_xml.integrations.fleet.names import SUFFIX
from devaddr_xml.integrations.fleet.sources import Item
from devaddr_xml.model.errors import DevaddrError

#: How the name of a lock file ends where that of its document ends in .xml.
LOCK_SUFFIX = ".json"


class EarlierLayouts:
    """The domains and lock files below a folder; raises SourceError when it cannot be read."""

    def __init__(self, folder: str) -> None:
        self._files: dict[str, bytes] = {}
        self._domains: dict[str, list[str]] = {}
        if not os.path.isdir(folder):
            raise SourceError(f"{folder} is not a folder")
        for base, folders, names in os.walk(folder):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                if name.endswith((SUFFIX, LOCK_SUFFIX)) and not name.startswith("."):
                    self._add(os.path.relpath(os.path.join(base, name), folder), os.path.join(base, name))

    def _add(self, name: str, path: str) -> None:
        try:
            with open(path, "rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise SourceError(f"cannot read {path}: {error.strerror}") from error
        self._files[name] = data
        for identity in _identities(data):
            self._domains.setdefault(identity, []).append(name)

    def of(self, task: Task) -> bytes:
        """The earlier layout of a document; empty when there is none. Raises SourceError when there are several."""
        stem = task.name.removesuffix(SUFFIX)
        for name in (f"{stem}{SUFFIX}", f"{stem}{LOCK_SUFFIX}"):
            if name in self._files:
                return self._files[name]
        for identity in _identities(task.data):
            found = self._domains.get(identity, [])
            if len(found) > 1:
                raise SourceError(f"several earlier layouts are of {identity}: {', '.join(found)}")
            if found:
                return self._files[found[0]]
        return b""

    def added_to(self, items: Iterator[Item]) -> Iterator[Item]:
        """The documents of a batch with their earlier layouts."""
        for item in items:
            if not isinstance(item, Task):
                yield item
                continue
            try:
                yield msgspec.structs.replace(item, earlier=self.of(item))
            except SourceError as error:
                yield Outcome(name=item.name, status="refused", error=str(error))


def _identities(data: bytes) -> list[str]:
    """UUID and name of a domain, the UUID first; none of what is no domain."""
    try:
        document = parse_holder(data)
    except DevaddrError:
        return []
    found = []
    for tag in ("uuid", "name"):
        node = document.root.first(tag)
        if node is not None and (text := document.content(node).strip()):
            found.append(f"{tag} {text}")
    return found
