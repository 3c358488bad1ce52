"""Detaching in a document: device elements go, with the hints that speak of them, and everything else stays."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from devaddr_xml.domxml.document import parse
from devaddr_xml.domxml.reader import read
from devaddr_xml.domxml.writer import write
from devaddr_xml.engine.lifecycle.detach import Detachment as Layout
from devaddr_xml.engine.lifecycle.detach import Freed
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.plan import Notice


class Detachment(msgspec.Struct, frozen=True, kw_only=True):
    """A domain without some devices.

    xml: the domain, complete. guest: the same as the neutral model. freed: for each device that left, which place it
    leaves and what stays reserved.
    """

    xml: str
    guest: Guest
    freed: tuple[Freed, ...] = ()
    warnings: tuple[Notice, ...] = ()


def detach(domain: str | bytes, remove: Callable[[Guest], Layout]) -> Detachment:
    """Take out of a domain the devices that ``remove`` takes out of its guest; raises DevaddrError."""
    document = parse(domain)
    guest = read(document)
    layout = remove(guest)
    gone = {id(device) for device in layout.leaving}
    complete = layout.before.aligned
    positions = frozenset(
        position for position, device in enumerate(complete[: len(guest.devices)]) if id(device) in gone
    )
    staying = [device for device in layout.before.guest.devices if id(device) not in gone]
    now = dict(zip(map(id, staying), layout.after.aligned, strict=False))
    devices = [now[id(device)] for device in complete if id(device) not in gone]
    return Detachment(
        xml=write(document, guest, layout.after.guest, devices, leaving=positions),
        guest=layout.after.guest,
        freed=layout.freed,
        warnings=layout.after.warnings,
    )
