"""Planning a guest for a target, without any document."""

from __future__ import annotations

from devaddr_xml.engine import plan as passes
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.plan import Plan
from devaddr_xml.model.policy import Policy
from devaddr_xml.operations.target import NEWEST, Target


def plan(guest: Guest, policy: Policy | None = None, target: Target = NEWEST, thorough: bool = False) -> Plan:
    """Give every device of a guest its address; raises DevaddrError. The guest that was passed in stays as it was.

    policy: what wins over the guest's own. thorough: decisions also say what else was considered.
    """
    capabilities, host = target.facts(guest)
    return passes.plan(guest, policy=policy, capabilities=capabilities, host=host, thorough=thorough)
