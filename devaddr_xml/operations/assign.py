"""A whole run: read the document, have it planned, write the plan into it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from devaddr_xml.domxml.document import parse
from devaddr_xml.domxml.reader import read
from devaddr_xml.domxml.writer import write
from devaddr_xml.model.device import Device
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.plan import Decision, Notice, Plan


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """A completed document.

    xml: the document with every controller, model and address. guest: the same as the neutral model. added: the
    controllers and devices that were not in the input. decisions: what was decided, why, and what asked for it.
    """

    xml: str
    guest: Guest
    added: tuple[Device, ...] = ()
    decisions: tuple[Decision, ...] = ()
    warnings: tuple[Notice, ...] = ()


def complete(xml: str | bytes, planner: Callable[[Guest], Plan]) -> Assignment:
    """Complete a domain document with what ``planner`` makes of its guest; raises DevaddrError."""
    document = parse(xml)
    guest = read(document)
    plan = planner(guest)
    return Assignment(
        xml=write(document, guest, plan.guest, plan.aligned),
        guest=plan.guest,
        added=plan.added,
        decisions=plan.decisions,
        warnings=plan.warnings,
    )
