"""Hints that are impossible on the machine or with the guest's NUMA cells: refused, or dropped with a warning."""

from __future__ import annotations

import msgspec

from devaddr_xml.engine.hints.machine_kind import has_expanders
from devaddr_xml.engine.hints.merge import Hinted
from devaddr_xml.engine.state import State
from devaddr_xml.model.errors import HintError
from devaddr_xml.model.naming import label
from devaddr_xml.model.policy import MachineKind, Policy, Spare
from devaddr_xml.model.vocabulary import HINTS, Term

_RELAX = 'numa="prefer" turns this into a warning'


def drop_ignored_nodes(state: State, all_hinted: list[Hinted]) -> None:
    """Remove the nodes that ``numa="off"`` ignores."""
    if state.tunables.numa == "off":
        for hinted in all_hinted:
            hinted.hints = msgspec.structs.replace(hinted.hints, node=None)


def check_meaning(state: State, kind: MachineKind, all_hinted: list[Hinted]) -> None:
    """Refuse hints without a meaning on this kind of machine.

    On machines without PCI slots they are dropped with a warning unless ``numa="strict"``.
    """
    for hinted in all_hinted:
        for term in HINTS:
            value = getattr(hinted.hints, term.field)
            if value is None or _means_something(term, value, kind):
                continue
            reason = f'{term.name}="{value}" has no effect on machine {state.machine.name}'
            if kind != "slotless":
                raise _refusal(hinted, f"{reason}: it has conventional PCI only", f"Remove the hint {term.name}")
            reason += f" ({state.machine.arch}): it has no PCI slots"
            if state.tunables.numa == "strict":
                raise _refusal(hinted, reason, f"Remove the hint {term.name}; {_RELAX}")
            _drop(state, hinted, term.field, reason)


def _means_something(term: Term, value: object, kind: MachineKind) -> bool:
    return kind in term.where and value not in term.barred.get(kind, ())


def check_nodes(state: State, kind: MachineKind, all_hinted: list[Hinted]) -> None:
    """Refuse nodes and root complexes that do not exist; unless ``numa="strict"``, drop them with a warning."""
    for hinted in all_hinted:
        for name in ("node", "root_complex"):
            value = getattr(hinted.hints, name)
            if value is None:
                continue
            problem = _no_cell(state, value) if isinstance(value, int) else None
            problem = problem or _no_expander(state, kind)
            if problem is None:
                continue
            reason = f'{name.replace("_", "-")}="{value}" is not possible: {problem}'
            if state.tunables.numa == "strict":
                raise _refusal(hinted, reason, f"Change the hint; {_RELAX}")
            _drop(state, hinted, name, reason)


def check_spares(state: State, kind: MachineKind) -> None:
    """The same for the spare ports of nodes."""
    policy = state.guest.policy
    if policy is None or not policy.spares or state.tunables.numa == "off":
        return
    kept: list[Spare] = []
    for spare in policy.spares:
        problem = "the machine has no PCI slots" if kind == "slotless" else None
        problem = problem or _no_cell(state, spare.node) or _no_expander(state, kind)
        if problem is None:
            kept.append(spare)
            continue
        reason = f'spare ports on node="{spare.node}" are not possible: {problem}'
        if state.tunables.numa == "strict":
            raise HintError(reason, device="spare", line=spare.line, remedy=f"Change the node; {_RELAX}")
        state.journal.warn(reason, line=spare.line, remedy="Change the node, or remove the spare ports")
    state.guest.policy = msgspec.structs.replace(policy, spares=tuple(kept))


def check_tunables(state: State, kind: MachineKind, policy: Policy) -> None:
    """Refuse an explicit number of spare ports on a machine that can have none."""
    wanted = policy.spare_ports
    if kind != "slotless" or not isinstance(wanted, int) or not wanted:
        return
    reason = f'spare-ports="{wanted}" is not possible: machine {state.machine.name} has no PCI slots'
    if state.tunables.numa == "strict":
        raise HintError(reason, device="policy", line=policy.line, remedy=f"Remove spare-ports; {_RELAX}")
    state.journal.warn(reason, line=policy.line, remedy="Remove spare-ports")


def _no_cell(state: State, node: int) -> str | None:
    cells = [cell.id for cell in state.guest.cells]
    if node in cells:
        return None
    if not cells:
        return "the guest has no NUMA cells; <cpu><numa> makes them"
    return f"the guest's NUMA cells are {', '.join(map(str, cells))}"


def _no_expander(state: State, kind: MachineKind) -> str | None:
    if has_expanders(state, kind):
        return None
    return f"machine {state.machine.name} ({state.machine.arch}) has no expander buses"


def _drop(state: State, hinted: Hinted, field: str, reason: str) -> None:
    hinted.hints = msgspec.structs.replace(hinted.hints, **{field: None})
    state.journal.warn(reason, hinted.device, remedy=f"Remove the hint {field.replace('_', '-')}, or change it")


def _refusal(hinted: Hinted, message: str, remedy: str) -> HintError:
    return HintError(message, device=label(hinted.device), line=hinted.line, remedy=remedy)
