"""All findings about a guest at once. A plan stops at the first error."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Literal, get_args

import msgspec

from devaddr_xml.buses.pci.controllers import EXPANDERS
from devaddr_xml.buses.pci.tree import PciTree, bus_of
from devaddr_xml.engine.check import CHECKS, check_guest
from devaddr_xml.engine.check.topology import Finding, check_topology, topology_findings
from devaddr_xml.engine.hints.host_audit import pairs, sides, wrong_cells
from devaddr_xml.engine.plan import PASSES, plan, start
from devaddr_xml.engine.state import State
from devaddr_xml.model.capabilities import Capabilities
from devaddr_xml.model.device import Controller, Device, Interface
from devaddr_xml.model.errors import DevaddrError
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.host import HostFacts
from devaddr_xml.model.naming import label
from devaddr_xml.model.plan import Notice, Plan
from devaddr_xml.model.policy import Policy

#: The rules of every layout (hint vocabulary, section 4), in that order.
Rule = Literal[
    "layout-stable",
    "room-to-grow",
    "free-ports-last",
    "numa-cells",
    "bus-numbers-apart",
    "usable",
    "like-libvirt",
    "fixed-point",
    "document-kept",
]
RULES: tuple[Rule, ...] = get_args(Rule)
STAYS, GROWS, FREE_LAST, NODES, TREES_APART, USABLE, LIKE_LIBVIRT, FIXED_POINT, SURVIVES = RULES

#: libvirt, QEMU or a policy refuses an error. A warning is about a likely fault. A note is only information.
Severity = Literal["error", "warning", "note"]

#: The remedy for a fault of devaddr-xml itself.
FAULT = "This is a fault of devaddr-xml: please report it, with the document"
_PROBE_MAC = "02:00:00:00:00:00"


class Broken(msgspec.Struct, frozen=True):
    """A broken rule: its name, the text, and the severity."""

    rule: Rule
    notice: Notice
    severity: Severity = "warning"


class Difference(msgspec.Struct, frozen=True):
    """A difference from the host: about two devices, or about one device and its cell."""

    message: str
    device: Device
    other: Device | None = None


class Examination(msgspec.Struct, frozen=True, kw_only=True):
    """The findings.

    plan: the plan, if there is one. unusable: errors about PCI trees, each with its rule. differences: how the
    passed-through devices differ from the host.
    """

    plan: Plan | None = None
    errors: tuple[DevaddrError, ...] = ()
    unusable: tuple[tuple[Rule, DevaddrError], ...] = ()
    warnings: tuple[Notice, ...] = ()
    broken: tuple[Broken, ...] = ()
    differences: tuple[Difference, ...] = ()


def examine(
    guest: Guest, *, policy: Policy | None = None, capabilities: Capabilities, host: HostFacts | None = None
) -> Examination:
    """Plan ``guest`` and collect every error, every warning, and every rule that its layout does not keep."""
    try:
        state = start(guest, policy=policy, capabilities=capabilities, host=host)
        for step in PASSES:
            if step is not check_guest:
                step(state)
    except DevaddrError as error:
        return Examination(errors=(error,))
    errors = list(_refusals(state))
    refused = topology_findings(state) if state.rules.unusable_refused else ()
    unusable = [(_rule(finding), finding.error) for finding in refused]
    warnings = tuple(dict.fromkeys(state.journal.warnings))
    broken = tuple(_broken(state))
    differences = tuple(_differences(state))
    if errors or unusable:
        return Examination(
            errors=tuple(errors), unusable=tuple(unusable), warnings=warnings, broken=broken, differences=differences
        )
    found = plan(guest, policy=policy, capabilities=capabilities, host=host)
    broken = (*broken, *_unstable(found, capabilities, host))
    return Examination(plan=found, warnings=warnings, broken=broken, differences=differences)


def _differences(state: State) -> Iterator[Difference]:
    """Every pair of passed-through devices that is not as close as on the host, and each device on a wrong cell."""
    if not state.host.pci:
        return
    found = sides(state)
    for pair in pairs(found):
        yield Difference(str(pair), pair.first, pair.second)
    for wrong in wrong_cells(state, found):
        yield Difference(str(wrong), wrong.device)


def _rule(finding: Finding) -> Rule:
    """The rule that an error about a PCI tree breaks. Errors about expander buses are about bus numbers."""
    device = finding.device
    return TREES_APART if isinstance(device, Controller) and device.model in EXPANDERS else USABLE


def _refusals(state: State) -> Iterator[DevaddrError]:
    """The first error of each check, and the errors about PCI trees separately, without their warnings."""
    for check in CHECKS:
        if check is check_topology and state.rules.unusable_refused:
            continue
        try:
            check(state)
        except DevaddrError as error:
            yield error


def _broken(state: State) -> Iterator[Broken]:
    """Rules that the present layout breaks and that no refusal names."""
    tree = PciTree(state.controllers)
    if state.machine.host_bridges:
        return
    for device in state.visit():
        if isinstance(device, Controller) and device.type == "pci":
            continue
        node = _node(device, tree)
        if node is not None and (device.hints is None or device.hints.node is None):
            text = f"it is at {device.address}, on NUMA cell {node}, and no hint says that it belongs there"
            yield Broken(NODES, _notice(text, device, f'Give it the hint node="{node}", or an address elsewhere'))


def _notice(message: str, device: Device, remedy: str | None = None) -> Notice:
    return Notice(message, label(device), device.line, remedy)


def _node(device: Device, tree: PciTree) -> int | None:
    """The cell of the expander bus above a device."""
    top = tree.top(bus_of(device))
    return top.node if top is not None and top.model in EXPANDERS else None


def _unstable(found: Plan, capabilities: Capabilities, host: HostFacts | None) -> Iterator[Broken]:
    """Rules about what comes next: planning again changes nothing, and one more device moves none."""
    again = plan(found.guest, capabilities=capabilities, host=host)
    if _without_lines(again.guest) != _without_lines(found.guest):
        yield Broken(STAYS, Notice("planning the finished guest again changes it", remedy=FAULT), "error")
    more = copy(found.guest)
    more.devices = [*found.guest.devices, Interface(mac=_PROBE_MAC, model="virtio")]
    try:
        grown = plan(more, capabilities=capabilities, host=host)
    except DevaddrError as error:
        more_room = Notice(f"there is no room for one more network card: {error.message}", remedy=error.remedy)
        yield Broken(GROWS, more_room, "note")
        return
    for before, after in zip(found.guest.devices, grown.aligned, strict=False):
        if _place(before) != _place(after):
            text = f"one more network card would move it from {before.address} to {after.address}"
            yield Broken(GROWS, _notice(text, before, FAULT), "error")


def _without_lines(guest: Guest) -> Guest:
    """The guest without the lines of its policy. After hints are merged, these are the lines of the devices."""
    if guest.policy is None:
        return guest
    devices = tuple([msgspec.structs.replace(entry, line=None) for entry in guest.policy.devices])
    return msgspec.structs.replace(guest, policy=msgspec.structs.replace(guest.policy, devices=devices))


def _place(device: Device) -> str | None:
    """The address without its flags, which a later pass can set."""
    return str(device.address) if device.address is not None else None
