"""Policies and hints as JSON: checked against the vocabulary, so that mistakes are named in its words."""

from __future__ import annotations

import msgspec

from devaddr_xml.model.errors import HintError
from devaddr_xml.model.malformed import MALFORMED
from devaddr_xml.model.policy import Policy
from devaddr_xml.model.validate import brief, check_value, suggestion, validate_policy
from devaddr_xml.model.vocabulary import CHILDREN, HINTS, POLICY, Term

#: What says where something was read, and is no part of the vocabulary.
NOTES = frozenset(("line", "overriding"))
#: The lists of a policy, and the child of the vocabulary that each holds.
LISTS = {"spares": "spare", "devices": "device"}


def policy_from_json(text: str | bytes) -> Policy:
    """Read a policy from JSON; raises HintError when it is malformed."""
    try:
        raw = msgspec.json.decode(text)
    except MALFORMED as error:
        raise HintError(f"the policy is not valid JSON: {error}") from error
    policy = policy_from_builtins(raw)
    validate_policy(policy)
    return policy


def policy_from_builtins(raw: object) -> Policy:
    """Read a policy from dicts, lists and plain values; raises HintError when it is malformed."""
    check_policy(raw)
    try:
        return msgspec.convert(raw, Policy)
    except msgspec.MsgspecError as error:
        raise HintError(f"the policy is not valid: {error}") from error


def check_guest(raw: object) -> None:
    """Raise HintError for the first mistake in the policy and the hints of a guest as JSON has it."""
    if not isinstance(raw, dict):
        return
    if raw.get("policy") is not None:
        check_policy(raw["policy"])
    devices = raw.get("devices")
    for position, device in enumerate(devices if isinstance(devices, list) else (), 1):
        if isinstance(device, dict) and device.get("hints") is not None:
            _check_names(device["hints"], HINTS, "hint", f"devices[{position}]")


def check_policy(raw: object) -> None:
    """Raise HintError for the first name or value of a policy that the vocabulary does not have."""
    if not isinstance(raw, dict):
        raise HintError("the policy is not an object with names and values")
    plain = {name: value for name, value in raw.items() if name not in LISTS and name != "used"}
    _check_names(plain, POLICY, "tunable", "policy", tuple(LISTS))
    for name, child in LISTS.items():
        entries = raw.get(name, [])
        if not isinstance(entries, list | tuple):
            raise HintError(f"{name} of the policy is not a list")
        for position, entry in enumerate(entries, 1):
            _check_names(entry, CHILDREN[child], "hint", f"{name}[{position}]")


def _check_names(raw: object, terms: tuple[Term, ...], what: str, place: str, others: tuple[str, ...] = ()) -> None:
    if not isinstance(raw, dict):
        raise HintError(f"{place} is not an object with names and values")
    known = {term.name: term for term in terms}
    for name, value in raw.items():
        if name in NOTES:
            continue
        term = known.get(name)
        if term is None:
            raise HintError(
                f'there is no {what} "{brief(name)}"', device=place, remedy=suggestion(str(name), (*known, *others))
            )
        if value is not None:
            check_value(term, value, device=place)
