"""Migrating a document: its guest goes over to another policy, and the document says so."""

from __future__ import annotations

from collections.abc import Callable, Set

import msgspec

from devaddr_xml.domxml.document import Document, parse
from devaddr_xml.domxml.policy_writer import write_hints
from devaddr_xml.domxml.reader import device_nodes, read
from devaddr_xml.domxml.splice import Splicer
from devaddr_xml.domxml.writer import write
from devaddr_xml.engine.hints.merge import gather_wishes
from devaddr_xml.engine.lifecycle.migrate import Migration as Layout
from devaddr_xml.engine.lifecycle.unmet import Unmet
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.naming import preferred_references
from devaddr_xml.model.plan import Notice, Plan
from devaddr_xml.model.policy import LAYOUT_VERSION, NO_POLICY, DeviceHints, Policy

#: Children of a controller of which a guest knows all that they say.
_KNOWN_CHILDREN = frozenset(("model", "target", "alias", "address"))
_KNOWN_ATTRIBUTES = frozenset(("type", "index", "model", "ports", "vectors"))


class Migrated(msgspec.Struct, frozen=True, kw_only=True):
    """A domain under another policy.

    before: its guest as it was, complete. unmet: promises that are not kept. adopted: whether the policy is in it.
    """

    xml: str
    before: Guest
    guest: Guest
    unmet: tuple[Unmet, ...] = ()
    warnings: tuple[Notice, ...] = ()
    adopted: bool = True


def migrate(domain: str | bytes, change: Callable[[Guest, Set[int]], Layout]) -> Migrated:
    """Write into a domain what ``change`` makes of its guest; raises DevaddrError.

    change: is also given the positions, from 0, of controllers of which the document says more than a guest knows.
    """
    document = parse(domain)
    guest = read(document)
    layout = change(guest, _settled(document))
    gone = {id(device) for device in layout.leaving}
    complete = layout.before.aligned
    positions = frozenset(
        position for position, device in enumerate(complete[: len(guest.devices)]) if id(device) in gone
    )
    staying = [device for device in layout.before.guest.devices if id(device) not in gone]
    if layout.adopted:
        now = dict(zip(map(id, staying), layout.after.aligned, strict=False))
        devices = [now[id(device)] for device in complete if id(device) not in gone]
        devices += layout.after.aligned[len(staying) :]
    else:
        devices = complete
    return Migrated(
        xml=write(document, guest, layout.after.guest, devices, leaving=positions),
        before=layout.before.guest,
        guest=layout.after.guest,
        unmet=layout.unmet,
        warnings=layout.after.warnings,
        adopted=layout.adopted,
    )


def _settled(document: Document) -> Set[int]:
    return frozenset(
        position
        for position, node in enumerate(device_nodes(document))
        if node.tag == "controller"
        and not (
            _KNOWN_CHILDREN.issuperset(child.tag for child in node.children)
            and _KNOWN_ATTRIBUTES.issuperset(node.attributes)
        )
    )


def freeze(domain: str | bytes, policy: Policy, check: Callable[[Guest, Policy], Plan]) -> Migrated:
    """Write the policy and the version of its rules into the metadata of a domain, and change nothing else.

    check: plans the guest under the policy, so that no policy is written under which the domain would be refused.
    Hints on devices go into the policy. Raises DevaddrError.
    """
    document = parse(domain)
    guest = read(document)
    plan = check(guest, policy)
    whole = policy.over(guest.policy or NO_POLICY)
    named = preferred_references(guest.devices)
    entries = [
        DeviceHints(ref=named[id(wish.device)], line=wish.line, **msgspec.structs.asdict(wish.hints))
        for wish in gather_wishes(guest.devices, whole.devices)
    ]
    profile = whole.profile if whole.profile or whole != NO_POLICY else "libvirt"
    guest.policy = msgspec.structs.replace(whole, version=LAYOUT_VERSION, profile=profile, devices=tuple(entries))
    splicer = Splicer(document)
    write_hints(splicer, device_nodes(document), guest, always=True)
    return Migrated(xml=splicer.result(), before=guest, guest=guest, warnings=plan.warnings)
