"""The journal in sentences: why each device is where it is."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Device
from devaddr_xml.model.naming import label, preferred_references, reference_key, references, unknown_device
from devaddr_xml.model.plan import Cause, Decision, Plan

#: What asked for a decision, as the end of a sentence.
CAUSES: dict[Cause, str] = {
    "given": "",
    "default": "",
    "policy": " (as the policy asks)",
    "hint": " (as a hint on the device asks)",
}

GIVEN = "the document says so"
NOWHERE = "devices like it have none"


class Reason(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """One decision and its sentence.

    outcome: what was decided; rule: why; cause: what asked for it; considered: other places, each with why it was out.
    """

    outcome: str
    rule: str
    cause: Cause
    considered: tuple[tuple[str, str], ...]
    sentence: str


class Explanation(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """Everything that was decided about one device: its label, the reference that names it, its line, the reasons."""

    device: str
    ref: str
    line: int | None
    reasons: tuple[Reason, ...]

    def __str__(self) -> str:
        line = f" (line {self.line})" if self.line else ""
        name = self.device if self.ref in self.device else f"{self.device}, {self.ref}"
        return "\n".join([name + line, *(f"  {reason.sentence}" for reason in self.reasons)])


def explain(plan: Plan, refs: str | Sequence[str] | None = None) -> tuple[Explanation, ...]:
    """Explain every device of a plan, or only those that ``refs`` name; raises ValueInvalid if one names no device.

    Decisions come in the order in which they were made, devices in document order and then those that were added.
    """
    devices: list[Device] = list(plan.guest.devices)
    if refs is not None:
        devices = named_devices(plan, (refs,) if isinstance(refs, str) else refs)
    made = decisions_by_device(plan)
    names = preferred_references(plan.guest.devices)
    return tuple(
        Explanation(
            device=label(device),
            ref=names[id(device)],
            line=device.line,
            reasons=tuple(_reason(decision) for decision in made[id(device)]),
        )
        for device in devices
    )


def decisions_by_device(plan: Plan) -> dict[int, list[Decision]]:
    """The decisions about each device, by ``id()``; of an address that nobody decided, that it was given."""
    made: dict[int, list[Decision]] = {id(device): [] for device in plan.guest.devices}
    for decision in plan.decisions:
        made.setdefault(id(decision.device), []).append(decision)
    for device in plan.guest.devices:
        if not any(is_placed(device, decision) for decision in made[id(device)]):
            made[id(device)] += _undecided(device, bool(made[id(device)]))
    return made


def sentence(decision: Decision) -> str:
    """A decision as a sentence."""
    outcome = decision.outcome[:1].upper() + decision.outcome[1:]
    if outcome[:1].isdigit():
        outcome = f"At {outcome}"
    text = f"{outcome}: {decision.rule}{CAUSES[decision.cause]}."
    for place, why in decision.considered:
        text += f" Not {place}: {why}."
    return text


def _reason(decision: Decision) -> Reason:
    return Reason(
        outcome=decision.outcome,
        rule=decision.rule,
        cause=decision.cause,
        considered=decision.considered,
        sentence=sentence(decision),
    )


def is_placed(device: Device, decision: Decision) -> bool:
    """Whether the decision was about the address that the device has."""
    return device.address is not None and str(device.address) in decision.outcome


def _undecided(device: Device, has_decisions: bool) -> list[Decision]:
    if device.address is not None:
        return [Decision(device, f"at {device.address}", GIVEN, "given")]
    return [] if has_decisions else [Decision(device, "no address", NOWHERE, "given")]


def named_devices(plan: Plan, refs: Sequence[str]) -> list[Device]:
    """The devices that references name, each once; raises ValueInvalid for one that names none.

    A reference is one of the hint vocabulary, a PCI address as ``show`` prints it (``0000:03:00.0``, ``03:00.0``), or
    the name of an element, which names all of them.
    """
    found: dict[int, Device] = {}
    for ref in refs:
        for device in _named(plan.guest.devices, ref):
            found[id(device)] = device
    return list(found.values())


def _named(devices: Sequence[Device], ref: str) -> list[Device]:
    found = references(devices).get(reference_key(ref), [])
    if len(found) == 1:
        return found
    if not found:
        found = [device for device in devices if device.kind == ref or _is_at(device, ref)]
        if found:
            return found
    raise unknown_device(devices, ref, found)


def _is_at(device: Device, place: str) -> bool:
    """Whether the device is at the PCI address, with its domain or without."""
    address = device.address
    if not isinstance(address, PciAddress) or address.empty:
        return False
    return place.lower() in (str(address), str(address).partition(":")[2])
