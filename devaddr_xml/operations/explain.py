"""Explaining why the devices of a guest are where they are."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

import msgspec

from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import AnyDevice, Console, Controller, Device
from devaddr_xml.model.errors import DevaddrError
from devaddr_xml.model.events import Decision, Rule
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.plan import Plan
from devaddr_xml.model.policy import Policy
from devaddr_xml.model.usb2 import USB2_MODELS
from devaddr_xml.operations.guests import read_guest
from devaddr_xml.operations.plan import plan
from devaddr_xml.operations.target import NEWEST, Target
from devaddr_xml.views.explain import Explanation, is_placed, named_devices
from devaddr_xml.views.explain import explain as sentences


def explain(
    domain: str | bytes | Guest,
    refs: Sequence[str] | None = None,
    policy: Policy | None = None,
    target: Target = NEWEST,
) -> tuple[Explanation, ...]:
    """Explain every device of a guest, or only those that ``refs`` name; raises DevaddrError.

    Of an address that the document has, the explanation says what the rules say of it: the guest is planned again
    without that address. All devices are planned again at once where no reference names one.
    """
    guest = read_guest(domain)
    made = plan(guest, policy, target, thorough=True)
    return sentences(with_rules(made, policy, target, refs), refs)


def with_rules(made: Plan, policy: Policy | None, target: Target, refs: Sequence[str] | None = None) -> Plan:
    """The plan with a decision about each address that was given; only of the devices that ``refs`` name, if any."""
    devices: Sequence[Device] = made.guest.devices if refs is None else named_devices(made, refs)
    decided = {id(decision.device) for decision in made.decisions if is_placed(decision.device, decision)}
    given = [device for device in devices if device.address is not None and id(device) not in decided]
    if refs is None:
        trees = [device for device in given if _is_tree(device)]
        groups = [[device for device in given if not _is_tree(device)], trees]
    else:
        groups = [[device] for device in given]
    more = [decision for group in groups if group for decision in _decided_again(made, group, policy, target)]
    return msgspec.structs.replace(made, decisions=(*made.decisions, *more))


def _is_tree(device: Device) -> bool:
    """Whether other devices can be behind it."""
    return isinstance(device, Controller) and device.type == "pci"


def _decided_again(made: Plan, group: Sequence[Device], policy: Policy | None, target: Target) -> list[Decision]:
    """What the rules say of devices whose addresses are taken away together, or one by one where that has no plan."""
    taken = {id(device) for device in group}
    bare = copy(made.guest)
    bare.devices = [_without_address(d) if id(d) in taken else d for d in made.guest.devices]
    try:
        again = plan(bare, policy, target, thorough=True)
    except DevaddrError:
        return [one for device in group for one in _decided_again(made, [device], policy, target)] if group[1:] else []
    now: dict[int, AnyDevice] = dict(zip(map(id, made.guest.devices), again.aligned, strict=False))
    rules = {id(decision.device): decision for decision in again.decisions if is_placed(decision.device, decision)}
    found = (_compared(device, now[id(device)], rules.get(id(now[id(device)]))) for device in group)
    return [decision for decision in found if decision is not None]


def _without_address(device: AnyDevice) -> AnyDevice:
    bare = copy(device)
    bare.address = None
    return bare


def _compared(device: Device, again: Device, rule: Decision | None) -> Decision | None:
    """The decision about a place that was given, next to what the rules choose without it; none where no rule does."""
    if device.address is None or again.address is None:
        return None
    if rule is None:
        follows = _followed(again)
        if follows is None:
            return None
        rule = Decision(again, again.address, follows)
    agrees = _same_place(device, again)
    return Decision(
        device,
        device.address,
        rule.rule,
        "given",
        rule.considered if agrees else (),
        about=rule.about,
        instead=None if agrees else again.address,
    )


def _followed(device: Device) -> Rule | None:
    """The rule for a device whose place is decided along with that of another one."""
    if isinstance(device, Console):
        return Rule.SAME_PORT
    return Rule.COMPANION if isinstance(device, Controller) and device.model in USB2_MODELS else None


def _same_place(device: Device, other: Device) -> bool:
    one, two = device.address, other.address
    if isinstance(one, PciAddress) and isinstance(two, PciAddress):
        return str(one) == str(two)
    return one == two
