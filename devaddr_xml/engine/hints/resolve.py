"""All that is done with hints before anything is placed, in order."""

from __future__ import annotations

import msgspec

from devaddr_xml.buses.pci.connect import Connector
from devaddr_xml.engine.hints.compatibility import check_nature
from devaddr_xml.engine.hints.groups import check_groups
from devaddr_xml.engine.hints.host_nodes import infer_nodes
from devaddr_xml.engine.hints.limits import check_meaning, check_nodes, check_spares, check_tunables, drop_ignored_nodes
from devaddr_xml.engine.hints.machine_kind import machine_kind
from devaddr_xml.engine.hints.merge import Wish, gather_wishes
from devaddr_xml.engine.state import State
from devaddr_xml.model.hints import NO_HINTS
from devaddr_xml.model.naming import label, preferred_references
from devaddr_xml.model.policy import LAYOUT_VERSION, NO_POLICY, DeviceHints, Policy
from devaddr_xml.model.validate import check_contradictions, validate_hints


def resolve(state: State) -> None:
    """See ``resolve_hints``."""
    policy = state.guest.policy or NO_POLICY
    kind = machine_kind(state)
    wishes = gather_wishes(state.guest.devices, policy.devices)
    for wish in wishes:
        validate_hints(wish.hints, device=label(wish.device), line=wish.line)
    wishes = infer_nodes(state, kind, policy, wishes)
    _record(state, policy, wishes)
    drop_ignored_nodes(state, wishes)
    check_meaning(state, kind, wishes)
    check_tunables(state, kind, policy)
    check_nodes(state, kind, wishes)
    check_spares(state, kind)
    connector = _connector(state)
    for wish in wishes:
        check_contradictions(wish.hints, kind, device=label(wish.device), line=wish.line)
        check_nature(state, connector, wish)
    check_groups(wishes)
    for wish in wishes:
        wish.device.hints = None if wish.hints == NO_HINTS else wish.hints


def _connector(state: State) -> Connector:
    root = state.controller("pci", 0)
    express = root is not None and root.model == "pcie-root"
    return Connector(express, state.caps.has("virtio-pci-non-transitional"), state.host)


def _record(state: State, policy: Policy, wishes: list[Wish]) -> None:
    """Make the guest's policy name every wish, by the best reference, so that it can be kept with the guest."""
    names = preferred_references(state.guest.devices) if wishes else {}
    entries = [
        DeviceHints(ref=names[id(wish.device)], line=wish.line, **msgspec.structs.asdict(wish.hints))
        for wish in wishes
        if wish.hints != NO_HINTS
    ]
    state.guest.policy = msgspec.structs.replace(policy, version=LAYOUT_VERSION, devices=tuple(entries))
