"""All that is done with hints before anything is placed, in order."""

from __future__ import annotations

import msgspec

from devaddr_xml.engine.hints.compatibility import check_nature
from devaddr_xml.engine.hints.groups import check_groups
from devaddr_xml.engine.hints.host_nodes import infer_nodes
from devaddr_xml.engine.hints.limits import check_meaning, check_nodes, check_spares, check_tunables, drop_ignored_nodes
from devaddr_xml.engine.hints.machine_kind import machine_kind
from devaddr_xml.engine.hints.merge import Wish, gather_wishes
from devaddr_xml.engine.hints.mirror import mirror
from devaddr_xml.engine.state import State
from devaddr_xml.model.errors import HintError
from devaddr_xml.model.hints import NO_HINTS
from devaddr_xml.model.naming import label, only_one, preferred_references, references
from devaddr_xml.model.policy import LAYOUT_VERSION, NO_POLICY, DeviceHints, Policy
from devaddr_xml.model.validate import check_contradictions, validate_hints
from devaddr_xml.model.vocabulary import MachineKind


def resolve(state: State) -> None:
    """See ``resolve_hints``."""
    policy = state.guest.policy or NO_POLICY
    kind = machine_kind(state)
    wishes = gather_wishes(state.guest.devices, policy.devices)
    for wish in wishes:
        validate_hints(wish.own, device=label(wish.device), line=wish.line)
    _fit_selected(state, kind, wishes)
    if state.tunables.topology == "mirror":
        wishes = mirror(state, kind, wishes)
    else:
        wishes = infer_nodes(state, kind, policy, wishes)
    _record(state, policy, wishes)
    drop_ignored_nodes(state, wishes)
    check_meaning(state, kind, wishes)
    check_tunables(state, kind, policy)
    check_nodes(state, kind, wishes)
    check_spares(state, kind)
    connector = state.connector()
    for wish in wishes:
        check_contradictions(wish.hints, kind, device=label(wish.device), line=wish.line)
        check_nature(state, connector, wish)
    check_groups(wishes)
    for wish in wishes:
        wish.device.hints = None if wish.hints == NO_HINTS else wish.hints


def _fit_selected(state: State, kind: MachineKind, wishes: list[Wish]) -> None:
    """Leave out, with a warning, what a selector asks of a device that cannot follow it or that says otherwise."""
    connector = state.connector()
    for wish in wishes:
        hints = wish.own
        for name in sorted(wish.selected):
            more = msgspec.structs.replace(hints, **{name: getattr(wish.hints, name)})
            try:
                check_contradictions(more, kind, device=label(wish.device), line=wish.line)
                check_contradictions(more, device=label(wish.device), line=wish.line)
                check_nature(state, connector, Wish(wish.device, more, wish.line))
            except HintError as error:
                state.journal.warn(f"the hint of a selector is left out: {error.message}", wish.device)
            else:
                hints = more
        wish.selected = frozenset(name for name in wish.selected if getattr(hints, name) is not None)
        wish.hints = hints


def _record(state: State, policy: Policy, wishes: list[Wish]) -> None:
    """Make the guest's policy name every wish, by the best reference, so that it can be kept with the guest."""
    names = preferred_references(state.guest.devices) if wishes else {}
    entries = [
        DeviceHints(ref=names[id(wish.device)], line=wish.line, **msgspec.structs.asdict(wish.own))
        for wish in wishes
        if wish.own != NO_HINTS
    ]
    table = references(state.guest.devices) if policy.devices else {}
    standing = [entry for entry in policy.devices if only_one(table, entry.ref) is None]
    entries = [*standing, *entries]
    state.guest.policy = msgspec.structs.replace(
        policy, version=policy.version or LAYOUT_VERSION, devices=tuple(entries)
    )
