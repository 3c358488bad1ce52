"""The methods of the service: one row each, from the parameters to the result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from devaddr_xml.integrations.serve import messages
from devaddr_xml.integrations.serve.messages import (
    AssignParams,
    AssignResult,
    AttachParams,
    AttachResult,
    CapacityParams,
    CheckParams,
    Decided,
    DiffParams,
    ExplainParams,
    Facts,
    Placed,
    PlanParams,
    PlanResult,
    Warned,
)
from devaddr_xml.model.device import Device
from devaddr_xml.model.errors import ValueInvalid
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.host import HostFacts
from devaddr_xml.model.naming import label
from devaddr_xml.model.plan import Notice
from devaddr_xml.model.policy import Policy
from devaddr_xml.model.policy_json import policy_from_json
from devaddr_xml.operations import assign as assigning
from devaddr_xml.operations import attach as attaching
from devaddr_xml.operations import capacity as counting
from devaddr_xml.operations import check as checking
from devaddr_xml.operations import diff as comparing
from devaddr_xml.operations import explain as explaining
from devaddr_xml.operations import plan as planning
from devaddr_xml.operations.target import Target
from devaddr_xml.probe.embedded import parsed_version
from devaddr_xml.probe.snapshot import capabilities_from_json
from devaddr_xml.views.explain import sentence


def assign(params: AssignParams) -> AssignResult:
    """Give every device of a domain its address."""
    found = assigning.assign(params.xml, _policy(params.policy), _target(params))
    decisions = [Decided(device=label(made.device), sentence=sentence(made)) for made in found.decisions]
    return AssignResult(
        xml=found.xml,
        changed=found.xml != params.xml,
        added=[Placed(device=label(device), address=_place(device)) for device in found.added],
        warnings=_warned(found.warnings),
        decisions=decisions if params.decisions else [],
    )


def plan(params: PlanParams) -> PlanResult:
    """Give every device of a neutral guest its address."""
    guest = Guest.from_json(msgspec.json.encode(params.guest))
    found = planning.plan(guest, _policy(params.policy), _target(params))
    return PlanResult(guest=msgspec.to_builtins(found.guest), warnings=_warned(found.warnings))


def attach(params: AttachParams) -> AttachResult:
    """Find the places of devices that are attached to a domain."""
    fragments = [(f"device document {number}", text) for number, text in enumerate(params.devices, 1)]
    found = attaching.attach(params.xml, fragments, _policy(params.policy), _target(params), params.live)
    return AttachResult(xml=found.xml, devices=list(found.device_xml), warnings=_warned(found.warnings))


def check(params: CheckParams) -> msgspec.Raw:
    """Look for everything that is wrong or doubtful in a domain."""
    return msgspec.Raw(checking.check(params.xml, _policy(params.policy), _target(params)).to_json().encode())


def diff(params: DiffParams) -> msgspec.Raw:
    """Compare the hardware of two domains."""
    return msgspec.Raw(comparing.diff(params.old, params.new).to_json().encode())


def explain(params: ExplainParams) -> dict[str, Any]:
    """Say why the devices of a domain are where they are."""
    found = explaining.explain(
        params.xml, None if params.device is None else (params.device,), _policy(params.policy), _target(params)
    )
    return {"devices": msgspec.to_builtins(found)}


def capacity(params: CapacityParams) -> msgspec.Raw:
    """Count the places that a domain has left."""
    return msgspec.Raw(counting.capacity(params.xml, target=_versions(params.target)).to_json().encode())


class Method(NamedTuple):
    """A method: what it takes, what it gives (a type, or the words for JSON of another command), what does it."""

    params: type[msgspec.Struct]
    result: type[msgspec.Struct] | str
    call: Callable[[Any], Any]


METHODS: dict[str, Method] = {
    "assign": Method(AssignParams, AssignResult, assign),
    "plan": Method(PlanParams, PlanResult, plan),
    "attach": Method(AttachParams, AttachResult, attach),
    "check": Method(CheckParams, "as devaddr-xml check --format json prints it", check),
    "diff": Method(DiffParams, "as devaddr-xml diff --json prints it", diff),
    "explain": Method(ExplainParams, "as devaddr-xml explain --json prints it", explain),
    "capacity": Method(CapacityParams, "as devaddr-xml capacity --json prints it", capacity),
}


def _target(params: Facts) -> Target:
    """What the parameters say of QEMU, libvirt and the host; raises DevaddrError."""
    target = _versions(params.target)
    capabilities, host = target.capabilities, target.host
    if params.capabilities is not None:
        if params.target is not None:
            raise ValueInvalid("capabilities and a target both say what QEMU can do", remedy="Give one of them")
        capabilities = capabilities_from_json(msgspec.json.encode(params.capabilities))
    if params.host is not None:
        host = HostFacts.from_json(msgspec.json.encode(params.host))
    return msgspec.structs.replace(target, capabilities=capabilities, host=host)


def _versions(given: messages.Target | None) -> Target:
    if given is None:
        return Target()
    return Target(
        libvirt_version=None if given.libvirt is None else parsed_version(given.libvirt, "libvirt"),
        qemu_version=None if given.qemu is None else parsed_version(given.qemu, "QEMU"),
    )


def _policy(raw: dict[str, Any] | str | None) -> Policy | None:
    if raw is None:
        return None
    return policy_from_json(msgspec.json.encode({"profile": raw} if isinstance(raw, str) else raw))


def _warned(notices: tuple[Notice, ...]) -> list[Warned]:
    return [
        Warned(message=notice.message, device=notice.device, line=notice.line, remedy=notice.remedy)
        for notice in notices
    ]


def _place(device: Device) -> str | None:
    return None if device.address is None else str(device.address)
