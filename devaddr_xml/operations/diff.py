"""Comparing the hardware of two guests, each from a document or given."""

from __future__ import annotations

from devaddr_xml.model.guest import Guest
from devaddr_xml.operations.guests import read_guest
from devaddr_xml.views.diff import Diff, compare


def diff(old: str | bytes | Guest, new: str | bytes | Guest) -> Diff:
    """Compare two guests as they stand: nothing is assigned. Raises DevaddrError when a document cannot be read."""
    return compare(read_guest(old), read_guest(new))
