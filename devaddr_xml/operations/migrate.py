"""Migrating: the guest of a document goes over to another policy, and the document says so."""

from __future__ import annotations

from collections.abc import Sequence, Set

import msgspec

from devaddr_xml.domxml.devices import device_nodes
from devaddr_xml.domxml.document import Document, parse
from devaddr_xml.domxml.faults import located, warned
from devaddr_xml.domxml.nested import read_guest
from devaddr_xml.domxml.policy_writer import write_hints
from devaddr_xml.domxml.sound import read_sound
from devaddr_xml.domxml.splice import Splicer
from devaddr_xml.domxml.writer import write
from devaddr_xml.engine.hints.merge import gather_hints
from devaddr_xml.engine.lifecycle.migrate import migrate as change
from devaddr_xml.engine.lifecycle.unmet import Unmet as Unmet
from devaddr_xml.model.naming import preferred_references
from devaddr_xml.model.policy import LAYOUT_VERSION, NO_POLICY, DeviceHints, Policy
from devaddr_xml.operations.plan import plan
from devaddr_xml.operations.results import Result
from devaddr_xml.operations.target import NEWEST, Target
from devaddr_xml.views.diff import Diff, compare

#: Children of a controller of which a guest knows all that they say.
_KNOWN_CHILDREN = frozenset(("model", "target", "alias", "address"))
_KNOWN_ATTRIBUTES = frozenset(("type", "index", "model", "ports", "vectors"))


class Migration(Result, frozen=True, kw_only=True):
    """A domain that went over to a policy, which is in its metadata.

    diff: how the hardware differs from what it was. unmet: what the policy promises and is not so, since a device would
    have to move. adopted: whether the domain is under the policy; it is not, and is as it was, where libvirt accepts
    something in it that no other policy lets pass, which is in ``unmet`` then.
    """

    diff: Diff = Diff()
    unmet: tuple[Unmet, ...] = ()
    adopted: bool = True

    def to_json(self) -> str:
        """The difference and what is not met, as JSON."""
        report = {
            "adopted": self.adopted,
            "same": self.diff.same,
            **msgspec.to_builtins(self.diff),
            "unmet": msgspec.to_builtins(self.unmet),
            "warnings": msgspec.to_builtins(self.warnings),
        }
        return msgspec.json.encode(report).decode()


def migrate(
    domain: str | bytes, policy: Policy, keep: Sequence[str] | None = None, target: Target = NEWEST
) -> Migration:
    """Put a domain under ``policy``; raises DevaddrError.

    keep: references of the devices that keep their addresses; None: all do, and the policy is met by additions alone.
    """
    document = parse(domain)
    guest = read_sound(document)
    capabilities, host = target.facts(guest)
    with located(document):
        layout = change(guest, policy, keep=keep, pinned=_told_more_of(document), capabilities=capabilities, host=host)
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
    xml = write(document, guest, layout.after.guest, devices, leaving=positions)
    return Migration(
        xml=xml,
        guest=layout.after.guest,
        added=layout.after.added,
        removed=layout.leaving,
        diff=compare(layout.before.guest, read_guest(xml)) if layout.adopted else Diff(),
        unmet=layout.unmet,
        decisions=layout.after.decisions,
        warnings=warned(document, layout.after.warnings),
        adopted=layout.adopted,
    )


def _told_more_of(document: Document) -> Set[int]:
    """The positions, from 0, of controllers of which the document says more than a guest knows."""
    return frozenset(
        position
        for position, node in enumerate(device_nodes(document))
        if node.tag == "controller"
        and not (
            _KNOWN_CHILDREN.issuperset(child.tag for child in node.children)
            and _KNOWN_ATTRIBUTES.issuperset(node.attributes)
        )
    )


def freeze(domain: str | bytes, policy: Policy, target: Target = NEWEST) -> Migration:
    """Write the policy and the version of its rules into the metadata of a domain, and change nothing else.

    Hints on devices go into the policy. Raises DevaddrError, also where the domain would be refused under the policy.
    """
    document = parse(domain)
    guest = read_sound(document)
    with located(document):
        planned = plan(guest, policy, target)
    whole = policy.over(guest.policy or NO_POLICY)
    named = preferred_references(guest.devices)
    entries = [
        DeviceHints(ref=named[id(hinted.device)], line=hinted.line, **msgspec.structs.asdict(hinted.hints))
        for hinted in gather_hints(guest.devices, whole.devices)
    ]
    profile = whole.profile if whole.profile or whole != NO_POLICY else "libvirt"
    version = whole.version or LAYOUT_VERSION
    guest.policy = msgspec.structs.replace(whole, version=version, profile=profile, devices=tuple(entries))
    splicer = Splicer(document)
    write_hints(splicer, device_nodes(document), guest, always=True)
    return Migration(xml=splicer.result(), guest=guest, warnings=warned(document, planned.warnings))
