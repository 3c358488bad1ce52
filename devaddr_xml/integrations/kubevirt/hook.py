"""The hook ``onDefineDomain``: from a VMI and a domain to the domain with its layout."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from devaddr_xml.domxml.document import parse
from devaddr_xml.domxml.reader import read
from devaddr_xml.integrations.kubevirt.first_pass import plan_pass
from devaddr_xml.integrations.kubevirt.instance import read_instance
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.host import HostFacts
from devaddr_xml.model.plan import Plan
from devaddr_xml.model.policy import NO_POLICY
from devaddr_xml.operations.assign import complete


class Defined(msgspec.Struct, frozen=True):
    """The domain to be defined, and lines for the log."""

    xml: str
    log: tuple[str, ...] = ()


def on_define_domain(vmi: str | bytes, domain: str, host: Callable[[], HostFacts] | None = None) -> Defined:
    """Lay the domain out by the policy in the VMI's annotation and in the domain itself; without one it stays as it is.

    vmi: JSON. domain: XML, of any of KubeVirt's passes. host: reads the facts of the node, where the policy asks for
    its tree. The same input always has the same result, and a result that is
    passed in again stays as it is. Raises DevaddrError for input that is not valid, and for hints that cannot be met.
    """
    instance = read_instance(vmi)
    document = parse(domain)
    if instance.policy is None and not document.hinted:
        return Defined(domain, ("no policy: the domain stays as it is",))
    passes: list[int | None] = []
    tunables = (instance.policy or NO_POLICY).over(read(document).policy or NO_POLICY).tunables()
    facts = host() if host is not None and tunables.topology == "mirror" else None

    def planner(guest: Guest) -> Plan:
        plan, placeholders = plan_pass(guest, instance, facts)
        passes.append(placeholders)
        return plan

    assignment = complete(domain, planner)
    known = [f"laid out again as in the first pass, with {count} placeholders" for count in passes if count is not None]
    added = [f"{len(assignment.added)} controllers and devices added"] if assignment.added else []
    warnings = [f"warning: {notice}" for notice in assignment.warnings]
    return Defined(assignment.xml, (*known, *added, *warnings))
