"""The rules for the layout of the guest at hand, as soon as its hints are known."""

from __future__ import annotations

from devaddr_xml.engine.hints.machine_kind import machine_kind
from devaddr_xml.engine.state import State
from devaddr_xml.model.policy import NO_POLICY


def choose_rules(state: State, *, sharing: bool = False) -> None:
    """Set ``state.rules`` by the policy and the hints; without them, libvirt's rules stay.

    sharing: whether devices share slots although no tunable says so.
    """
    policy = state.guest.policy or NO_POLICY
    hints = [device.hints for device in state.guest.devices if device.hints is not None]
    if policy == NO_POLICY and not hints and not sharing:
        return
    from devaddr_xml.rules.guest import rules_of_guest

    state.rules = rules_of_guest(
        state.rules, state.caps.libvirt_version, policy, state.tunables, hints, machine_kind(state), sharing=sharing
    )
