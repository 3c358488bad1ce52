"""Explaining why the devices of a guest are where they are."""

from __future__ import annotations

from collections.abc import Sequence

from devaddr_xml.model.guest import Guest
from devaddr_xml.model.policy import Policy
from devaddr_xml.operations.guests import read_guest
from devaddr_xml.operations.plan import plan
from devaddr_xml.operations.target import NEWEST, Target
from devaddr_xml.views.explain import Explanation
from devaddr_xml.views.explain import explain as sentences


def explain(
    domain: str | bytes | Guest,
    refs: Sequence[str] | None = None,
    policy: Policy | None = None,
    target: Target = NEWEST,
) -> tuple[Explanation, ...]:
    """Explain every device of a guest, or only those that ``refs`` name; raises DevaddrError."""
    return sentences(plan(read_guest(domain), policy, target, thorough=True), refs)
