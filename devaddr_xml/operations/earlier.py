"""An earlier layout from what there is of it: a domain, a document that holds one, a neutral guest, or a lock file."""

from __future__ import annotations

import msgspec

from devaddr_xml.model.guest import Guest
from devaddr_xml.model.lock import Lock
from devaddr_xml.model.malformed import MALFORMED
from devaddr_xml.operations.guests import is_json, read_guest

Earlier = str | bytes | Guest | Lock


def read_earlier(source: Earlier) -> Lock:
    """The layout of a domain, snapshot, status document, guest or lock file; raises DevaddrError.

    JSON that names a schema, or that has no list of devices, is a lock file.
    """
    if isinstance(source, Lock):
        return source
    if not isinstance(source, Guest) and is_json(source) and _is_lock(source):
        return Lock.from_json(source)
    return Lock.of(read_guest(source))


def _is_lock(text: str | bytes) -> bool:
    try:
        raw = msgspec.json.decode(text)
    except MALFORMED:
        return b'"schema"' in (text.encode() if isinstance(text, str) else text)
    return isinstance(raw, dict) and ("schema" in raw or not isinstance(raw.get("devices", []), list))
