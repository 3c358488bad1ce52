"""Hints: merged from the policy and the devices, completed from host facts, and checked against the guest."""

from __future__ import annotations

from devaddr_xml.engine.state import State
from devaddr_xml.model.policy import NO_POLICY, Policy


def effective_policy(document: Policy | None, argument: Policy | None) -> Policy:
    """The policy in force: the argument overrides the document; raises HintError for values that are not allowed."""
    found = document or NO_POLICY
    if argument is not None and argument != NO_POLICY:
        _validate(argument)
        found = argument.over(found)
    if found != NO_POLICY:
        _validate(found)
    return found


def _validate(policy: Policy) -> None:
    from devaddr_xml.model.validate import validate_policy

    validate_policy(policy)


def resolve_hints(state: State) -> None:
    """Put into ``device.hints`` the hints of each device, and the tunables into ``guest.policy``.

    It is called when every device, model and controller index is known, and before any PCI address is given. Hints of
    the policy are joined with the device's own, nodes of host devices come from host facts, and what contradicts
    itself, the guest or the machine is refused. Raises HintError; with ``numa="prefer"`` some hints are dropped with a
    warning instead.
    """
    policy = state.guest.policy
    if (policy is None or policy == NO_POLICY) and all(device.hints is None for device in state.guest.devices):
        return
    from devaddr_xml.engine.hints.resolve import resolve

    resolve(state)


def compare_with_host(state: State) -> None:
    """Compare the finished places with the host: differences, IOMMUs of buses, memory windows.

    Raises HintError where a bus can have no IOMMU, or a spare port no window.
    """
    if state.mirrored:
        from devaddr_xml.engine.hints.host_audit import warn_of_differences

        warn_of_differences(state)
    if state.iommus or state.tunables.iommu == "per-root-complex":
        from devaddr_xml.engine.hints.iommus import serve_buses

        serve_buses(state)
    if state.tunables.mem_reserve or any(spare.mem_reserve for spare in (state.guest.policy or NO_POLICY).spares):
        from devaddr_xml.engine.pci.reserves import reserve_windows

        reserve_windows(state)
    if state.host.pci:
        from devaddr_xml.engine.hints.windows import fit_windows

        fit_windows(state)
