"""The one validator of hints and policies, whichever way they were spelled."""

from __future__ import annotations

import re
from collections.abc import Iterable

from devaddr_xml.model.errors import HintError
from devaddr_xml.model.hints import Hints
from devaddr_xml.model.nearest import brief as brief
from devaddr_xml.model.nearest import nearest as nearest
from devaddr_xml.model.nearest import suggestion as suggestion
from devaddr_xml.model.policy import DeviceHints, MachineKind, Policy, Spare
from devaddr_xml.model.vocabulary import (
    CONTRADICTIONS,
    HINTS,
    LONGEST_NAME,
    MACHINE_KINDS,
    POLICY,
    REFERENCE,
    REQUIRED,
    SPARE,
    USED_SLOT,
    Contradiction,
    Term,
)

#: Above any number of the vocabulary.
_MOST_DIGITS = 9


def unknown_name(
    name: str, terms: Iterable[Term], what: str, *, device: str | None = None, line: int | None = None
) -> HintError:
    """The error for a name that the vocabulary does not have; ``what`` is tunable, hint and the like."""
    return HintError(
        f'there is no {what} "{brief(name)}"',
        device=device,
        line=line,
        remedy=suggestion(name, [term.name for term in terms]),
    )


def parse_value(term: Term, text: str, *, device: str | None = None, line: int | None = None) -> int | str:
    """The value that ``text`` (an attribute, an option) gives to ``term``; raises HintError when it is none."""
    is_number = term.numbers and text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    value = int(text) if is_number and str(int(text)) == text else text
    check_value(term, value, device=device, line=line)
    return value


def check_value(term: Term, value: object, *, device: str | None = None, line: int | None = None) -> None:
    """Raise HintError unless ``value`` is an integer or word that ``term`` allows."""
    if isinstance(value, int) and not isinstance(value, bool):
        if term.numbers and term.numbers[0] <= value <= term.numbers[1]:
            return
    elif isinstance(value, str) and (_is_name(value, term.pattern) if term.text else value in term.words):
        return
    allowed = f"{'' if term.text or term.numbers or len(term.words) == 1 else 'one of '}{term.values}"
    raise HintError(
        f'{term.name}="{brief(value)}" is not {allowed}', device=device, line=line, remedy=_remedy(term, value)
    )


def _remedy(term: Term, value: object) -> str:
    """What to write instead of a value that is not allowed."""
    word = brief(value).strip().lower()
    if term.name == "version" and term.numbers and word.isdigit() and int(word) > term.numbers[1]:
        return "A newer devaddr-xml wrote the policy. Use that one, or leave the version out and check what moves"
    switched = next((known for known in term.words for pair in _SWITCHES if word in pair and known in pair), None)
    near = switched or (nearest(value, term.words, 0.6) if isinstance(value, str) else None)
    if near:
        return f'Did you mean "{near}"?'
    if term.pattern:
        return f"Write {term.values}"
    if term.numbers:
        return f"Write a number from {term.numbers[0]} to {term.numbers[1]}"
    return "Write a name" if term.text else f"Use {term.values}, or leave it out"


#: Words for one side of a switch.
_SWITCHES = (frozenset(("yes", "on", "true", "1")), frozenset(("no", "off", "false", "0")))


def _is_name(text: str, pattern: str) -> bool:
    """Whether the text matches the pattern; without one, whether it is no empty or too long text that XML can have."""
    if pattern:
        return re.fullmatch(pattern, text) is not None
    return 0 < len(text) <= LONGEST_NAME and (text.isprintable() or not any(map(_is_illegal, text)))


def _is_illegal(char: str) -> bool:
    """Whether XML has no such character."""
    return (char < " " and char not in "\t\n\r") or "\ud800" <= char <= "\udfff" or char in "\ufffe\uffff"


def parse_attributes(
    pairs: Iterable[tuple[str, str]],
    terms: tuple[Term, ...],
    what: str,
    *,
    device: str | None = None,
    line: int | None = None,
) -> dict[str, int | str]:
    """Field names and values from names and texts; raises HintError for an unknown name or a value not allowed."""
    known = {term.name: term for term in terms}
    found: dict[str, int | str] = {}
    for name, text in pairs:
        term = known.get(name)
        if term is None:
            raise unknown_name(name, terms, what, device=device, line=line)
        found[term.field] = parse_value(term, text, device=device, line=line)
    return found


def validate_policy(policy: Policy) -> None:
    """Raise HintError unless every value is allowed and nothing in the policy contradicts itself.

    This needs no guest; what depends on one is checked when the hints are resolved.
    """
    for term in POLICY:
        value = getattr(policy, term.field)
        if value is not None:
            check_value(term, value, device="policy", line=policy.line)
    for slot in policy.used:
        if not isinstance(slot, str) or re.fullmatch(USED_SLOT, slot) is None:
            raise HintError(
                f'the slot in use "{brief(slot)}" is neither BB:SS nor fe.0.DDDD',
                device="used",
                line=policy.line,
                remedy="Write bus and slot in two hexadecimal digits each, such as 03:00, or a channel number such as "
                "fe.0.0003",
            )
    nodes: dict[int, Spare] = {}
    for spare in policy.spares:
        if not isinstance(spare, Spare):
            raise HintError(f"spares holds {spare!r}, which is not a Spare")
        for term in SPARE:
            value = getattr(spare, term.field)
            if value is not None or term.name in REQUIRED["spare"]:
                check_value(term, value, device="spare", line=spare.line)
        earlier = nodes.setdefault(spare.node, spare)
        if earlier is not spare:
            raise HintError(
                f"the spare ports of node {spare.node} are given twice, {earlier.ports} and {spare.ports}",
                device="spare",
                line=spare.line,
                other="spare",
                other_line=earlier.line,
                remedy="Keep one of them",
            )
    if policy.port_hotplug == "off" and policy.asks_for_spares:
        raise HintError(
            'spare ports and port-hotplug="off" exclude each other: no free port would be hotpluggable',
            device="policy",
            line=policy.line,
            remedy='Use port-hotplug="spare-only"',
        )
    for hints in policy.devices:
        if not isinstance(hints, DeviceHints):
            raise HintError(f"devices holds {hints!r}, which is not a DeviceHints")
        check_value(REFERENCE, hints.ref, line=hints.line)
        validate_hints(hints, device=hints.ref, line=hints.line)


def validate_hints(hints: Hints, *, device: str | None = None, line: int | None = None) -> None:
    """Raise HintError unless the values are allowed and no two hints exclude each other on every machine."""
    stated = 0
    for term in HINTS:
        value = getattr(hints, term.field)
        if value is not None:
            check_value(term, value, device=device, line=line)
            stated += 1
    if stated > 1:
        check_contradictions(hints, device=device, line=line)


#: What excludes each other on every machine, and what only on one kind.
_ROWS: dict[MachineKind | None, list[Contradiction]] = {
    None: [row for row in CONTRADICTIONS if not row.kinds],
    **{kind: [row for row in CONTRADICTIONS if kind in row.kinds] for kind in MACHINE_KINDS},
}


def check_contradictions(
    hints: Hints, kind: MachineKind | None = None, *, device: str | None = None, line: int | None = None
) -> None:
    """Raise HintError when two of the hints exclude each other: on every machine, or only on those of one kind."""
    for row in _ROWS[kind]:
        first = _matching(hints, row.first, row.first_value)
        second = _matching(hints, row.second, row.second_value)
        if first is None or second is None or (row.unless and _matching(hints, row.unless, None) is not None):
            continue
        raise HintError(
            f'{row.first}="{first}" and {row.second}="{second}" exclude each other: {row.reason}',
            device=device,
            line=line,
            remedy="Take one of them away",
        )


def _matching(hints: Hints, name: str, wanted: str | None) -> int | str | None:
    """The value of a hint, if it is set, and to ``wanted`` where that is stated."""
    value: int | str | None = getattr(hints, name.replace("-", "_"))
    return value if wanted is None or value == wanted else None
