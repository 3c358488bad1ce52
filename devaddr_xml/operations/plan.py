"""Planning a guest for a target, without any document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devaddr_xml.engine import plan as passes
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.plan import Plan
from devaddr_xml.model.policy import Policy
from devaddr_xml.operations.target import NEWEST, Target

if TYPE_CHECKING:
    from devaddr_xml.engine.lifecycle.keep import Keeping
    from devaddr_xml.model.lock import Lock


def plan(guest: Guest, policy: Policy | None = None, target: Target = NEWEST, thorough: bool = False) -> Plan:
    """Give every device of a guest its address; raises DevaddrError. The guest that was passed in stays as it was.

    policy: what wins over the guest's own. thorough: decisions also say what else was considered.
    """
    capabilities, host = target.facts(guest)
    made = passes.plan(guest, policy=policy, capabilities=capabilities, host=host, thorough=thorough)
    if target.host is not None:
        from devaddr_xml.engine.hints.host_use import unused_host

        if (unused := unused_host(guest, made.guest, target.host)) is not None:
            made.warnings = (*made.warnings, unused)
    return made


def plan_like(
    guest: Guest,
    earlier: Lock,
    policy: Policy | None = None,
    target: Target = NEWEST,
    *,
    if_possible: bool = False,
    thorough: bool = False,
) -> Keeping:
    """The same, where devices of an earlier layout keep their places.

    if_possible: a device that cannot have its place gets another one, with a warning. Raises LayoutNotKept for such
    devices without it.
    """
    from devaddr_xml.engine.lifecycle.keep import keep

    capabilities, host = target.facts(guest)
    return keep(
        guest,
        earlier,
        policy=policy,
        capabilities=capabilities,
        host=host,
        if_possible=if_possible,
        thorough=thorough,
    )
