"""Counting the places of a guest."""

from __future__ import annotations

from devaddr_xml.model.guest import Guest
from devaddr_xml.operations.guests import read_guest
from devaddr_xml.operations.plan import plan
from devaddr_xml.operations.target import NEWEST, Target
from devaddr_xml.views.capacity import Capacity
from devaddr_xml.views.capacity import capacity as count


def capacity(domain: str | bytes | Guest, target: Target = NEWEST) -> Capacity:
    """Count the places of each kind; what has no address yet is counted where it would go. Raises DevaddrError."""
    return count(plan(read_guest(domain), target=target).guest)
