"""Names of documents as paths below the output folder, whoever made them up."""

from __future__ import annotations

from devaddr_xml.integrations.fleet.errors import SourceError

SUFFIX = ".xml"

#: As most file systems have it, with room for what a temporary file's name adds.
_LONGEST_PART = 220
_LONGEST = 2000


def output_name(name: str) -> str:
    """The path of a document's result below the output folder; raises SourceError when the name would lead out of it.

    Parts are separated by slashes. Empty parts and ``.`` are left out.
    """
    if name.startswith("/") or "\\" in name:
        raise SourceError("its name is not a relative path with slashes")
    if not name.isprintable():
        raise SourceError("its name has characters that cannot be printed")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if not parts or ".." in parts:
        raise SourceError("its name leads out of the output folder")
    if not parts[-1].endswith(SUFFIX):
        parts[-1] += SUFFIX
    path = "/".join(parts)
    if any(len(part.encode()) > _LONGEST_PART for part in parts) or len(path.encode()) > _LONGEST:
        raise SourceError("its name is too long")
    return path
