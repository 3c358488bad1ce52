"""Detaching: device elements go, with the hints that name them, and everything else in the document stays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from devaddr_xml.domxml.document import parse
from devaddr_xml.domxml.faults import located, warned
from devaddr_xml.domxml.reader import read
from devaddr_xml.domxml.writer import write
from devaddr_xml.engine.lifecycle.detach import Freed as Freed
from devaddr_xml.engine.lifecycle.detach import detach as remove
from devaddr_xml.model.device import AnyDevice, Controller, Device
from devaddr_xml.model.policy import Policy
from devaddr_xml.operations.results import Result
from devaddr_xml.operations.target import NEWEST, Target
from devaddr_xml.views.explain import rule_in_words


class Detachment(Result, frozen=True, kw_only=True):
    """A domain without some devices, which are in ``removed``.

    freed: for each device that left, which place it leaves and what stays reserved. hotplug_on: controllers whose
    hotplug the policy turns on, since they are free now.
    """

    freed: tuple[Freed, ...] = ()
    hotplug_on: tuple[Device, ...] = ()


def detach(
    domain: str | bytes, refs: Sequence[str], policy: Policy | None = None, target: Target = NEWEST
) -> Detachment:
    """Take out of a domain the devices that ``refs`` name; raises DevaddrError."""
    document = parse(domain)
    guest = read(document)
    capabilities, host = target.facts(guest)
    with located(document):
        layout = remove(guest, refs, policy=policy, capabilities=capabilities, host=host, words=rule_in_words)
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
        hotplug_on=tuple(_turned_on(staying, [now[id(device)] for device in staying])),
        decisions=layout.after.decisions,
        warnings=warned(document, layout.after.warnings),
    )


def _turned_on(before: Sequence[AnyDevice], after: Sequence[AnyDevice]) -> Iterator[AnyDevice]:
    """Controllers that take a hotplugged device now, and did not."""
    for old, new in zip(before, after, strict=True):
        if (
            isinstance(old, Controller)
            and isinstance(new, Controller)
            and old.hotplug is False
            and new.hotplug is not False
        ):
            yield new
