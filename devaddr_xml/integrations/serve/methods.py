"""The methods of the service: one row each, from the parameters to the result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

import devaddr_xml
from devaddr_xml.domxml.nested import read_guest
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
from devaddr_xml.model.capabilities import Capabilities
from devaddr_xml.model.device import Device
from devaddr_xml.model.errors import ValueInvalid
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.host import HostFacts
from devaddr_xml.model.naming import label
from devaddr_xml.model.plan import Notice
from devaddr_xml.model.policy import Policy
from devaddr_xml.model.policy_json import policy_from_json
from devaddr_xml.probe.embedded import architecture_of
from devaddr_xml.probe.snapshot import capabilities_from_json
from devaddr_xml.views.explain import explain as explained
from devaddr_xml.views.explain import sentence


def assign(params: AssignParams) -> AssignResult:
    """Give every device of a domain its address."""
    found = devaddr_xml.assign(params.xml, **_facts(params))
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
    found = devaddr_xml.plan(Guest.from_json(msgspec.json.encode(params.guest)), **_facts(params))
    return PlanResult(guest=msgspec.to_builtins(found.guest), warnings=_warned(found.warnings))


def attach(params: AttachParams) -> AttachResult:
    """Find the places of devices that are attached to a domain."""
    found = devaddr_xml.attach(params.xml, params.devices, live=params.live, **_facts(params))
    return AttachResult(xml=found.xml, devices=list(found.devices), warnings=_warned(found.warnings))


def check(params: CheckParams) -> msgspec.Raw:
    """Look for everything that is wrong or doubtful in a domain."""
    return msgspec.Raw(devaddr_xml.check(params.xml, **_facts(params)).to_json().encode())


def diff(params: DiffParams) -> msgspec.Raw:
    """Compare the hardware of two domains."""
    return msgspec.Raw(devaddr_xml.diff(params.old, params.new).to_json().encode())


def explain(params: ExplainParams) -> dict[str, Any]:
    """Say why the devices of a domain are where they are."""
    found = devaddr_xml.plan(read_guest(params.xml), thorough=True, **_facts(params))
    return {"devices": msgspec.to_builtins(explained(found, params.device))}


def capacity(params: CapacityParams) -> msgspec.Raw:
    """Count the places that a domain has left."""
    found = devaddr_xml.capacity(params.xml, **_facts(AssignParams(xml=params.xml, target=params.target), policy=False))
    return msgspec.Raw(found.to_json().encode())


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


def _facts(params: Facts, policy: bool = True) -> dict[str, Any]:
    """The keyword arguments of the public functions, from parameters; raises DevaddrError."""
    found: dict[str, Any] = {
        "capabilities": _capabilities(params, getattr(params, "xml", None)),
        "host": None if params.host is None else HostFacts.from_json(msgspec.json.encode(params.host)),
    }
    if policy:
        found["policy"] = _policy(params.policy)
    return found


def _policy(raw: dict[str, Any] | str | None) -> Policy | None:
    if raw is None:
        return None
    return policy_from_json(msgspec.json.encode({"profile": raw} if isinstance(raw, str) else raw))


def _capabilities(params: Facts, document: str | None) -> Capabilities | None:
    """What the parameters say of QEMU and libvirt; a version needs the architecture, which the document names."""
    given = None
    if params.capabilities is not None:
        given = capabilities_from_json(msgspec.json.encode(params.capabilities))
    if params.target is None:
        return given
    if given is not None:
        raise ValueInvalid("capabilities and a target both say what QEMU can do", remedy="Give one of them")
    guest = Guest() if document is None else read_guest(document)
    arch = guest.arch or architecture_of(guest.emulator)
    return devaddr_xml.known_capabilities(arch, libvirt=params.target.libvirt, qemu=params.target.qemu)


def _warned(notices: tuple[Notice, ...]) -> list[Warned]:
    return [Warned(message=notice.message, device=notice.device, line=notice.line) for notice in notices]


def _place(device: Device) -> str | None:
    return None if device.address is None else str(device.address)
