"""A domain under another policy, with what its guest notices of that."""

from __future__ import annotations

import msgspec

from devaddr_xml.domxml.nested import read_guest
from devaddr_xml.engine.lifecycle.unmet import Unmet
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.plan import Notice
from devaddr_xml.operations.migrate import Migrated
from devaddr_xml.views.diff import Diff, compare


class Migration(msgspec.Struct, frozen=True, kw_only=True):
    """A domain that went over to a policy.

    xml: the domain, complete, with the policy in its metadata. guest: the same as the neutral model. diff: how the
    hardware differs from what it was. unmet: what the policy promises and is not so, since a device would have to move.
    adopted: whether the domain is under the policy; it is not, and is as it was, where libvirt accepts something in it
    that no other policy lets pass, which is in ``unmet`` then.
    """

    xml: str
    guest: Guest
    diff: Diff
    unmet: tuple[Unmet, ...] = ()
    warnings: tuple[Notice, ...] = ()
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


def described(migrated: Migrated) -> Migration:
    """The migration with the difference that it makes."""
    return Migration(
        xml=migrated.xml,
        guest=migrated.guest,
        diff=compare(migrated.before, read_guest(migrated.xml)) if migrated.adopted else Diff(),
        unmet=migrated.unmet,
        warnings=migrated.warnings,
        adopted=migrated.adopted,
    )
