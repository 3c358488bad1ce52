"""Attaching devices to a guest that has its layout: cold, with new controllers, or live, without."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

import msgspec

from devaddr_xml.engine.hints.host_audit import refuse_differences
from devaddr_xml.engine.hotplug.kinds import check_kinds, check_nothing_added, check_places
from devaddr_xml.engine.lifecycle.bring_along import recalled
from devaddr_xml.engine.plan import PASSES, plan, start
from devaddr_xml.model.capabilities import Capabilities
from devaddr_xml.model.device import AnyDevice, Controller, Device
from devaddr_xml.model.errors import DocumentError
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.host import HostFacts
from devaddr_xml.model.lock import Lock
from devaddr_xml.model.naming import label
from devaddr_xml.model.plan import Decision, Notice, Plan
from devaddr_xml.model.policy import Policy
from devaddr_xml.rules.guest import running


class Attached(msgspec.Struct, frozen=True, kw_only=True):
    """The guest with the devices in it, and the devices to attach, with their addresses."""

    plan: Plan
    devices: tuple[AnyDevice, ...]


def attach(
    guest: Guest,
    devices: Sequence[AnyDevice],
    *,
    capabilities: Capabilities,
    policy: Policy | None = None,
    host: HostFacts | None = None,
    live: bool = False,
    earlier: Lock | None = None,
) -> Attached:
    """Where ``devices`` go when they are attached to ``guest``, whose own layout stays.

    live: only what can be hotplugged into the running guest: function 0 of a hotpluggable place, no new controller.
    The guest is then taken as it stands, so it must have all its addresses; what its policy would add is not there.
    earlier: a layout; a device that was in it goes back to its place, unless it has an address of its own.
    Raises PlacementError when there is no place, Unsupported for a device that cannot be hotplugged, DocumentError for
    a running guest that is not complete.
    """
    if earlier is not None:
        devices = recalled(guest, devices, earlier)
    if live:
        return _attach_live(guest, devices, capabilities, policy, host)
    before = plan(guest, policy=policy, capabilities=capabilities, host=host, clear_of_foreign=True)
    joined = _joined(before.guest, devices)
    after = plan(joined, policy=policy, capabilities=capabilities, host=host, clear_of_foreign=True)
    count = len(before.guest.devices)
    placed = after.aligned
    own = dict(zip(map(id, before.guest.devices), placed, strict=False))
    whole = Plan(
        guest=after.guest,
        added=(*(own[id(device)] for device in before.added), *after.added),
        decisions=(*_carried(before.decisions, own), *after.decisions),
        warnings=_distinct((*before.warnings, *after.warnings)),
    )
    return Attached(plan=whole, devices=tuple(placed[count : count + len(devices)]))


def _joined(guest: Guest, devices: Sequence[AnyDevice]) -> Guest:
    joined = copy(guest)
    joined.devices = [*guest.devices, *devices]
    return joined


def _carried(decisions: Sequence[Decision], own: dict[int, AnyDevice]) -> list[Decision]:
    """The decisions of an earlier plan, about the devices of a later one."""
    replace = msgspec.structs.replace
    return [replace(decision, device=own.get(id(decision.device), decision.device)) for decision in decisions]


def _distinct(notices: Sequence[Notice]) -> tuple[Notice, ...]:
    return tuple(dict.fromkeys(notices))


def _attach_live(
    guest: Guest,
    devices: Sequence[AnyDevice],
    capabilities: Capabilities,
    policy: Policy | None,
    host: HostFacts | None,
) -> Attached:
    before = _running(guest, capabilities, host)
    state = start(_joined(before, devices), policy=policy, capabilities=capabilities, host=host)
    check_kinds(before.devices, devices, state.rules)
    state.rules = running(state.rules)
    count = len(before.devices)
    attached = tuple(state.guest.devices[count : count + len(devices)])
    for step in PASSES:
        step(state)
        check_kinds((), attached, state.rules)
        check_nothing_added(state, attached)
    check_places(state, attached)
    if state.mirrored:
        refuse_differences(state)
    whole = Plan(guest=state.guest, decisions=tuple(state.journal.decisions), warnings=tuple(state.journal.warnings))
    return Attached(plan=whole, devices=attached)


def _running(guest: Guest, capabilities: Capabilities, host: HostFacts | None) -> Guest:
    """The guest as it runs: as its document says, without what its policy would add to it.

    Raises DocumentError when it cannot be running as it stands, since something in it has no place yet.
    """
    plain = copy(guest)
    plain.policy = None
    plain.devices = [copy(device) for device in guest.devices]
    for device in plain.devices:
        device.hints = None
    complete = plan(plain, capabilities=capabilities, host=host)
    for given, device in zip(guest.devices, complete.guest.devices, strict=False):
        if given.address is None and device.address is not None:
            raise _not_running(device, "has no address")
        device.hints = given.hints
    for extra in complete.added:
        if extra.address is not None or isinstance(extra, Controller):
            raise _not_running(extra, "is missing")
    complete.guest.policy = guest.policy
    return complete.guest


def _not_running(device: Device, reason: str) -> DocumentError:
    return DocumentError(
        f"the document is not that of a running guest: {label(device)} {reason}",
        line=device.line,
        remedy="Pass the output of virsh dumpxml (without --inactive) while the guest runs",
    )
