"""Detaching: device elements go, with the hints that name them, and everything else in the document stays."""

from __future__ import annotations

from collections.abc import Sequence

from devaddr_xml.domxml.document import parse
from devaddr_xml.domxml.reader import read
from devaddr_xml.domxml.writer import write
from devaddr_xml.engine.lifecycle.detach import Freed as Freed
from devaddr_xml.engine.lifecycle.detach import detach as remove
from devaddr_xml.model.policy import Policy
from devaddr_xml.operations.results import Result
from devaddr_xml.operations.target import NEWEST, Target


class Detachment(Result, frozen=True, kw_only=True):
    """A domain without some devices, which are in ``removed``.

    freed: for each device that left, which place it leaves and what stays reserved.
    """

    freed: tuple[Freed, ...] = ()


def detach(
    domain: str | bytes, refs: Sequence[str], policy: Policy | None = None, target: Target = NEWEST
) -> Detachment:
    """Take out of a domain the devices that ``refs`` name; raises DevaddrError."""
    document = parse(domain)
    guest = read(document)
    capabilities, host = target.facts(guest)
    layout = remove(guest, refs, policy=policy, capabilities=capabilities, host=host)
    gone = {id(device) for device in layout.leaving}
    complete = layout.before.aligned
    positions = frozenset(
        position for position, device in enumerate(complete[: len(guest.devices)]) if id(device) in gone
    )
    staying = [device for device in layout.before.guest.devices if id(device) not in gone]
    now = dict(zip(map(id, staying), layout.after.aligned, strict=False))
    devices = [now[id(device)] for device in complete if id(device) not in gone]
    devices += layout.after.aligned[len(staying) :]
    return Detachment(
        xml=write(document, guest, layout.after.guest, devices, leaving=positions),
        guest=layout.after.guest,
        added=layout.after.added,
        removed=layout.leaving,
        freed=layout.freed,
        decisions=layout.after.decisions,
        warnings=layout.after.warnings,
    )
