"""Interfaces keep the names that a Linux guest gives them when their guest is laid out anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy

import msgspec

from devaddr_xml.engine.finished.network_names import NetworkNames, network_names
from devaddr_xml.engine.finished.topology import Topology
from devaddr_xml.engine.pci.used import remembering, slots_of
from devaddr_xml.model.errors import DevaddrError
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.hints import NO_HINTS
from devaddr_xml.model.naming import label, preferred_references
from devaddr_xml.model.plan import Plan
from devaddr_xml.model.policy import NO_POLICY

Attempt = Callable[[Guest], Plan]
Request = tuple[int, str]


class Renamed(msgspec.Struct, frozen=True, kw_only=True):
    """An interface that has another name now: its reference and label, both names, and why; new is unset for none."""

    ref: str
    device: str
    old: str
    new: str | None
    reason: str

    def __str__(self) -> str:
        return f"{self.device}: {self.old} becomes {self.new or 'the name that the kernel gives'}: {self.reason}"


def plan_keeping_names(
    guest: Guest, attempt: Attempt, plain: Plan, names: Mapping[int, str]
) -> tuple[Plan, tuple[Renamed, ...]]:
    """The plan with as many of these names as go together, and the interfaces that have others.

    attempt: plans a guest. plain: the plan without any of the names. names: by the position of the device.
    """
    has = _names(plain)
    requests = [(at, name) for at, name in names.items() if has.get(at) != name]
    if not requests:
        return plain, ()
    kept: list[Request] = [(at, name) for at, name in names.items() if has.get(at) == name]
    lost: dict[int, str] = {}
    _add(guest, attempt, requests, kept, lost)
    found = _without_requests(attempt(_asking(guest, kept)), plain)
    now, references = _names(found), preferred_references(found.guest.devices)
    aligned = found.aligned
    return found, tuple(
        [
            Renamed(
                ref=references[id(aligned[at])],
                device=label(aligned[at]),
                old=names[at],
                new=now.get(at),
                reason=lost[at],
            )
            for at in sorted(lost)
        ]
    )


def _add(guest: Guest, attempt: Attempt, more: Sequence[Request], kept: list[Request], lost: dict[int, str]) -> None:
    """Add to ``kept`` the requests of ``more`` that go together with them, and to ``lost`` the others."""
    try:
        attempt(_asking(guest, [*kept, *more]))
    except DevaddrError as error:
        if len(more) == 1:
            lost[more[0][0]] = error.message
            return
        middle = len(more) // 2
        _add(guest, attempt, more[:middle], kept, lost)
        _add(guest, attempt, more[middle:], kept, lost)
    else:
        kept += more


def _asking(guest: Guest, requests: Sequence[Request]) -> Guest:
    asking = copy(guest)
    asking.devices = [copy(device) for device in guest.devices]
    for at, name in requests:
        device = asking.devices[at]
        device.hints = msgspec.structs.replace(device.hints or NO_HINTS, name=name)
    return asking


def _without_requests(found: Plan, plain: Plan) -> Plan:
    """The plan with the policy and hints of the one without requests: the places are given now."""
    for device, other in zip(found.aligned, plain.aligned, strict=False):
        device.hints = other.hints
    policy = plain.guest.policy
    if policy is not None and policy.tunables().slot_reuse == "never":
        policy = remembering(msgspec.structs.replace(policy or NO_POLICY, used=()), slots_of(found.guest.devices))
    found.guest.policy = policy
    return found


def _names(plan: Plan) -> dict[int, str]:
    """The name of each interface by its position."""
    found = network_names(Topology(plan.guest))
    by_position = {at: found.get(id(device), NetworkNames()).name for at, device in enumerate(plan.aligned)}
    return {at: name for at, name in by_position.items() if name}
