"""The rules of the guest at hand: its libvirt's answers, then the layout's, then those of a running guest."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from devaddr_xml.model.hints import Hints
from devaddr_xml.model.policy import LAYOUT_VERSION, Policy, Tunables
from devaddr_xml.model.version import Version
from devaddr_xml.rules.layout import Topic, answers, topics_of
from devaddr_xml.rules.libvirt import rules_of
from devaddr_xml.rules.questions import Rules

if TYPE_CHECKING:
    from devaddr_xml.model.policy import MachineKind

#: A running guest accepts no new controller or hub, and accepts a device only in a place where QEMU can plug it in.
_RUNNING: dict[str, Any] = {"grows": False, "only_hotpluggable": True, "foreign_kept_clear": True}


def running(rules: Rules) -> Rules:
    """The rules while the guest runs."""
    return msgspec.structs.replace(rules, **_RUNNING)


def clear(rules: Rules) -> Rules:
    """The rules if places that QEMU's command line uses stay free even without a policy."""
    return msgspec.structs.replace(rules, foreign_kept_clear=True)


def rules_of_guest(
    before: Rules,
    libvirt: Version,
    policy: Policy,
    tunables: Tunables,
    hints: list[Hints],
    kind: MachineKind,
    *,
    sharing: bool = False,
) -> Rules:
    """The rules of a guest with a policy. They differ from libvirt's only in what the policy is about.

    before: the rules without the policy, which say whether the guest runs. libvirt: the release. hints: of its devices,
    in any order. kind: of its machine. sharing: whether devices share slots although no tunable says so.
    """
    version = policy.version or LAYOUT_VERSION
    topics = set(topics_of(version, policy, tunables, hints, kind))
    if sharing:
        topics.add("sharing")
    if topics or not policy.asks_for_nothing or before.foreign_kept_clear:
        topics.add("foreign")
    return _resolved(libvirt, version, frozenset(topics), not before.grows)


@lru_cache(maxsize=256)
def _resolved(libvirt: Version, version: int, topics: AbstractSet[Topic], runs: bool) -> Rules:
    ours = msgspec.structs.replace(rules_of(libvirt), **answers(version, topics))
    return running(ours) if runs else ours


def uses_host_nodes(policy: Policy, tunables: Tunables, hints: list[Hints], kind: MachineKind) -> bool:
    """The answer to ``host_nodes_used``. It can add hints, so it comes before the other answers."""
    version = policy.version or LAYOUT_VERSION
    return "host_nodes_used" in answers(version, topics_of(version, policy, tunables, hints, kind))
