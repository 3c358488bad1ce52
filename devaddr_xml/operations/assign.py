"""Assigning: read the document, plan its guest, write the plan into it."""

from __future__ import annotations

from collections.abc import Callable

from devaddr_xml.domxml.document import parse
from devaddr_xml.domxml.reader import read
from devaddr_xml.domxml.writer import write
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.plan import Plan
from devaddr_xml.model.policy import Policy
from devaddr_xml.operations.plan import plan
from devaddr_xml.operations.results import Result
from devaddr_xml.operations.target import NEWEST, Target


class Assignment(Result, frozen=True, kw_only=True):
    """A domain in which every device has its address, with the controllers and devices that libvirt would add."""


def assign(xml: str | bytes, policy: Policy | None = None, target: Target = NEWEST) -> Assignment:
    """Complete a domain document; raises DevaddrError."""
    return complete(xml, lambda guest: plan(guest, policy, target))


def complete(xml: str | bytes, planner: Callable[[Guest], Plan]) -> Assignment:
    """Complete a domain document with what ``planner`` makes of its guest; raises DevaddrError."""
    document = parse(xml)
    guest = read(document)
    made = planner(guest)
    return Assignment(
        xml=write(
            document,
            guest,
            made.guest,
            made.remaining,
            leaving=frozenset(position for position, _ in made.left_out),
        ),
        guest=made.guest,
        added=made.added,
        decisions=made.decisions,
        warnings=made.warnings,
    )
