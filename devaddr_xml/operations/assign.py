"""Assigning: read the document, plan its guest, write the plan into it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from devaddr_xml.domxml.document import parse
from devaddr_xml.domxml.faults import located, warned
from devaddr_xml.domxml.sound import read_sound
from devaddr_xml.domxml.writer import write
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.kept import Lost, Place
from devaddr_xml.model.plan import Plan
from devaddr_xml.model.policy import Policy
from devaddr_xml.operations.plan import plan, plan_like
from devaddr_xml.operations.results import Result
from devaddr_xml.operations.target import NEWEST, Target

if TYPE_CHECKING:
    from devaddr_xml.engine.lifecycle.keep import Keeping
    from devaddr_xml.model.lock import Lock


class Assignment(Result, frozen=True, kw_only=True):
    """A domain in which every device has its address, with the controllers and devices that libvirt would add.

    Where it was assigned like an earlier layout: kept: devices at the place that they had there. new: devices that it
    did not have. gone: devices of it that the domain does not have. lost: devices that have another place now.
    """

    kept: tuple[Place, ...] = ()
    new: tuple[Place, ...] = ()
    gone: tuple[Place, ...] = ()
    lost: tuple[Lost, ...] = ()


def assign(xml: str | bytes, policy: Policy | None = None, target: Target = NEWEST) -> Assignment:
    """Complete a domain document; raises DevaddrError."""
    return complete(xml, lambda guest: plan(guest, policy, target))


def assign_like(
    xml: str | bytes,
    earlier: Lock,
    policy: Policy | None = None,
    target: Target = NEWEST,
    if_possible: bool = False,
) -> Assignment:
    """Complete a domain document so that devices of an earlier layout keep their places; raises DevaddrError.

    if_possible: a device that cannot have its place gets another one, with a warning.
    """
    made: list[Keeping] = []

    def planner(guest: Guest) -> Plan:
        made.append(plan_like(guest, earlier, policy, target, if_possible=if_possible))
        return made[0].plan

    found, keeping = complete(xml, planner), made[0]
    return msgspec.structs.replace(found, kept=keeping.kept, new=keeping.new, gone=keeping.gone, lost=keeping.lost)


def complete(xml: str | bytes, planner: Callable[[Guest], Plan]) -> Assignment:
    """Complete a domain document with what ``planner`` makes of its guest; raises DevaddrError."""
    document = parse(xml)
    guest = read_sound(document)
    with located(document):
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
        warnings=warned(document, made.warnings),
    )
