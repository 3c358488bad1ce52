"""Put a guest with a layout under another policy: by additions only, or with a new layout."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from copy import copy

import msgspec

from devaddr_xml.engine.lifecycle.detach import named_device, policy_without
from devaddr_xml.engine.lifecycle.relayout import relaid
from devaddr_xml.engine.lifecycle.unmet import Unmet, unmet_places, unusable
from devaddr_xml.engine.plan import plan
from devaddr_xml.model.capabilities import Capabilities
from devaddr_xml.model.device import AnyDevice
from devaddr_xml.model.errors import DevaddrError, HintError
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.host import HostFacts
from devaddr_xml.model.plan import Plan
from devaddr_xml.model.policy import NO_POLICY, DeviceHints, Policy, Spare
from devaddr_xml.model.selector import is_selector
from devaddr_xml.model.validate import validate_policy
from devaddr_xml.model.vocabulary import HINTS

#: The most free ports to ask for if the policy computes their number itself.
_KUBEVIRT_MOST = 16


class Migrated(msgspec.Struct, frozen=True, kw_only=True):
    """The complete guest as it was, its controllers that were removed, the guest under the policy, and what is not met.

    adopted: whether the guest is under the policy; if not, it stays as it was, and ``unmet`` says why.
    """

    before: Plan
    leaving: tuple[AnyDevice, ...]
    after: Plan
    unmet: tuple[Unmet, ...]
    adopted: bool = True


def migrate(
    guest: Guest,
    policy: Policy,
    *,
    keep: Sequence[str] | None = None,
    pinned: Set[int] = frozenset(),
    capabilities: Capabilities,
    host: HostFacts | None = None,
) -> Migrated:
    """Put ``guest`` under ``policy``, which overrides its own.

    keep: references of the devices that keep their addresses, with the controllers above them and function 0 of their
    slots; None: all devices do, and only additions meet the policy. pinned: positions, from 0, of controllers that must
    stay, since the document says more about them than a guest does.
    Raises DevaddrError if the guest is impossible, or if a device finds no place in the new layout.
    """
    before = plan(guest, capabilities=capabilities, host=host, clear_of_foreign=True)
    if keep is None:
        return _by_additions(before, policy, capabilities, host)
    kept = {id(named_device(before.guest.devices, ref)) for ref in dict.fromkeys(keep)}
    held = {id(device) for position, device in enumerate(before.aligned) if position in pinned}
    staying, anew = relaid(before.guest, kept, held, policy.over(before.guest.policy or NO_POLICY).tunables())
    stays = {id(device) for device in staying}
    reduced = copy(before.guest)
    reduced.policy = policy_without(before.guest, staying)
    if reduced.policy is not None:
        reduced.policy = msgspec.structs.replace(reduced.policy, used=())
    reduced.devices = anew
    after = plan(reduced, policy=policy, capabilities=capabilities, host=host, clear_of_foreign=True)
    return Migrated(
        before=before,
        leaving=tuple([device for device in before.guest.devices if id(device) not in stays]),
        after=after,
        unmet=unmet_places(after.guest, capabilities, host),
    )


def _by_additions(before: Plan, policy: Policy, capabilities: Capabilities, host: HostFacts | None) -> Migrated:
    def attempt(wanted: Policy) -> Plan:
        return plan(before.guest, policy=wanted, capabilities=capabilities, host=host, clear_of_foreign=True)

    unmet: list[Unmet] = []
    try:
        after = attempt(policy)
    except DevaddrError:
        validate_policy(policy)
        for entry in policy.devices:
            if is_selector(entry.ref) or entry.optional:
                continue
            named_device(before.guest.devices, entry.ref)
        if faults := unusable(before.guest, capabilities, host):
            return Migrated(before=before, leaving=(), after=before, unmet=faults, adopted=False)
        after = attempt(_what_can_be(policy, attempt, unmet))
    unmet += unmet_places(after.guest, capabilities, host)
    return Migrated(before=before, leaving=(), after=after, unmet=tuple(unmet))


def _what_can_be(policy: Policy, attempt: Callable[[Policy], object], unmet: list[Unmet]) -> Policy:
    """The largest part of the policy that moves no device; the rest is noted.

    Raises the error of the first attempt if not even the tunables alone are possible.
    """
    bare = msgspec.structs.replace(policy, spare_ports=0, spares=(), devices=())
    attempt(bare)
    for entry in policy.devices:
        bare = _with_hints(bare, entry, attempt, unmet)
    bare = _with_ports(bare, policy, attempt, unmet)
    for spare in policy.spares:
        bare = _with_spare(bare, spare, attempt, unmet)
    return bare


def _with_hints(bare: Policy, entry: DeviceHints, attempt: Callable[[Policy], object], unmet: list[Unmet]) -> Policy:
    """The policy with those hints of one entry that the guest can have."""
    nothing = own = DeviceHints(ref=entry.ref, optional=entry.optional, line=entry.line)
    for term in HINTS:
        value = getattr(entry, term.field)
        if value is None:
            continue
        more = msgspec.structs.replace(own, **{term.field: value})
        error = _failure(attempt, msgspec.structs.replace(bare, devices=(*bare.devices, more)))
        if error is None:
            own = more
        else:
            unmet.append(Unmet(promise=f'{term.name}="{value}"', reason=error.message, device=entry.ref))
    return bare if own == nothing else msgspec.structs.replace(bare, devices=(*bare.devices, own))


def _with_ports(bare: Policy, policy: Policy, attempt: Callable[[Policy], object], unmet: list[Unmet]) -> Policy:
    """The policy with as many spare ports as the guest can have."""
    whole = msgspec.structs.replace(bare, spare_ports=policy.spare_ports)
    error = _failure(attempt, whole)
    if error is None:
        return whole
    wanted = policy.tunables().spare_ports
    most = _KUBEVIRT_MOST if isinstance(wanted, str) else wanted
    number = _largest(most, lambda ports: msgspec.structs.replace(bare, spare_ports=ports), attempt)
    reason = f"there is room for {number} only: {error.message}"
    unmet.append(Unmet(promise=f'spare-ports="{wanted}"', reason=reason))
    return msgspec.structs.replace(bare, spare_ports=number)


def _with_spare(bare: Policy, spare: Spare, attempt: Callable[[Policy], object], unmet: list[Unmet]) -> Policy:
    """The policy with as many spare ports of one node as the guest can have."""

    def having(ports: int) -> Policy:
        return msgspec.structs.replace(bare, spares=(*bare.spares, msgspec.structs.replace(spare, ports=ports)))

    error = _failure(attempt, having(spare.ports))
    if error is None:
        return having(spare.ports)
    if spare.mem_reserve is not None and isinstance(error, HintError):
        promise = f'mem-reserve="{spare.mem_reserve}" of the spare ports of node {spare.node}'
        unmet.append(Unmet(promise=promise, reason=error.message, line=spare.line))
        return _with_spare(bare, msgspec.structs.replace(spare, mem_reserve=None), attempt, unmet)
    number = _largest(spare.ports, having, attempt)
    unmet.append(
        Unmet(
            promise=f"{spare.ports} spare ports of node {spare.node}",
            reason=f"there is room for {number} only: {error.message}",
            line=spare.line,
        )
    )
    return having(number) if number else bare


def _largest(most: int, having: Callable[[int], Policy], attempt: Callable[[Policy], object]) -> int:
    """The largest number below ``most`` with which the policy is possible; with 0 it always is."""
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        if _failure(attempt, having(middle)) is None:
            low = middle
        else:
            high = middle
    return low


def _failure(attempt: Callable[[Policy], object], policy: Policy) -> DevaddrError | None:
    try:
        attempt(policy)
    except DevaddrError as error:
        return error
    return None
