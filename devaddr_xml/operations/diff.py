"""Comparing the hardware of two guests, each from a document or given."""

from __future__ import annotations

from typing import NamedTuple

from devaddr_xml.domxml.details import read_details
from devaddr_xml.domxml.nested import parse_holder
from devaddr_xml.domxml.reader import read
from devaddr_xml.model.details import Details
from devaddr_xml.model.guest import Guest
from devaddr_xml.operations.guests import is_json
from devaddr_xml.views.diff import Diff, compare


class Side(NamedTuple):
    """One of the two. details: what its document says beside the guest; none for a neutral guest."""

    guest: Guest
    details: Details | None = None


def read_side(source: str | bytes | Guest) -> Side:
    """A guest, or the guest of a document, and what the document says besides; raises DevaddrError."""
    if isinstance(source, Guest):
        return Side(source)
    if is_json(source):
        return Side(Guest.from_json(source))
    document = parse_holder(source)
    return Side(read(document), read_details(document))


def compare_sides(old: Side, new: Side) -> Diff:
    """Compare two guests. Two documents are compared in all that a guest notices, a neutral guest in what it has."""
    details = (old.details, new.details) if old.details and new.details else None
    return compare(old.guest, new.guest, details)


def diff(old: str | bytes | Guest, new: str | bytes | Guest) -> Diff:
    """Compare two guests as they stand: nothing is assigned. Raises DevaddrError when a document cannot be read."""
    return compare_sides(read_side(old), read_side(new))
