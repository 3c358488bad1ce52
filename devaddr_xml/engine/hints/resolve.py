"""The steps for hints before any device is placed, in order."""

from __future__ import annotations

import msgspec

from devaddr_xml.engine.hints.compatibility import check_compatibility
from devaddr_xml.engine.hints.groups import check_groups
from devaddr_xml.engine.hints.limits import check_meaning, check_nodes, check_spares, check_tunables, drop_ignored_nodes
from devaddr_xml.engine.hints.machine_kind import machine_kind
from devaddr_xml.engine.hints.merge import Hinted, gather_hints
from devaddr_xml.engine.state import State
from devaddr_xml.model.errors import HintError
from devaddr_xml.model.hints import NO_HINTS
from devaddr_xml.model.host import NO_HOST_FACTS
from devaddr_xml.model.naming import label, only_one, preferred_references, references
from devaddr_xml.model.policy import LAYOUT_VERSION, NO_POLICY, DeviceHints, MachineKind, Policy
from devaddr_xml.model.validate import check_contradictions, validate_hints


def resolve(state: State) -> None:
    """See ``resolve_hints``."""
    policy = state.guest.policy or NO_POLICY
    kind = machine_kind(state)
    all_hinted = gather_hints(state.guest.devices, policy.devices)
    for hinted in all_hinted:
        validate_hints(hinted.own, device=label(hinted.device), line=hinted.line)
    _fit_selected(state, kind, all_hinted)
    if state.tunables.topology == "mirror":
        from devaddr_xml.engine.hints.mirror import mirror

        all_hinted = mirror(state, kind, all_hinted)
    elif state.host is not NO_HOST_FACTS:
        from devaddr_xml.engine.hints.host_nodes import infer_nodes

        all_hinted = infer_nodes(state, kind, policy, all_hinted)
    _record(state, policy, all_hinted)
    drop_ignored_nodes(state, all_hinted)
    check_meaning(state, kind, all_hinted)
    check_tunables(state, kind, policy)
    check_nodes(state, kind, all_hinted)
    check_spares(state, kind)
    connector = state.connector()
    for hinted in all_hinted:
        check_contradictions(hinted.hints, kind, device=label(hinted.device), line=hinted.line)
        check_compatibility(state, connector, hinted)
    check_groups(all_hinted)
    for hinted in all_hinted:
        hinted.device.hints = None if hinted.hints == NO_HINTS else hinted.hints


def _fit_selected(state: State, kind: MachineKind, all_hinted: list[Hinted]) -> None:
    """Leave out a selector's hint, with a warning, for a device that cannot follow it or has another value."""
    connector = state.connector()
    for hinted in all_hinted:
        hints = hinted.own
        for name in sorted(hinted.selected):
            more = msgspec.structs.replace(hints, **{name: getattr(hinted.hints, name)})
            try:
                check_contradictions(more, kind, device=label(hinted.device), line=hinted.line)
                check_contradictions(more, device=label(hinted.device), line=hinted.line)
                check_compatibility(state, connector, Hinted(hinted.device, more, hinted.line))
            except HintError as error:
                state.journal.warn(f"the hint of a selector is left out: {error.message}", hinted.device)
            else:
                hints = more
        hinted.selected = frozenset(name for name in hinted.selected if getattr(hints, name) is not None)
        hinted.hints = hints


def _record(state: State, policy: Policy, all_hinted: list[Hinted]) -> None:
    """Write every hint into the guest's policy, by its best reference, so that it stays with the guest."""
    names = preferred_references(state.guest.devices) if all_hinted else {}
    entries = [
        DeviceHints(ref=names[id(hinted.device)], line=hinted.line, **msgspec.structs.asdict(hinted.own))
        for hinted in all_hinted
        if hinted.own != NO_HINTS
    ]
    table = references(state.guest.devices) if policy.devices else {}
    standing = [entry for entry in policy.devices if only_one(table, entry.ref) is None]
    entries = [*standing, *entries]
    state.guest.policy = msgspec.structs.replace(
        policy, version=policy.version or LAYOUT_VERSION, devices=tuple(entries)
    )
