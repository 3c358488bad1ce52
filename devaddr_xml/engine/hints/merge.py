"""Merges the hints of a device: on the device, in the document's policy, from outside the document."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from devaddr_xml.model.device import Device
from devaddr_xml.model.errors import HintError
from devaddr_xml.model.hints import Hints
from devaddr_xml.model.naming import label, preferred_references, reference_key, references
from devaddr_xml.model.policy import DeviceHints
from devaddr_xml.model.selector import is_selector, selector_of
from devaddr_xml.model.validate import brief, nearest
from devaddr_xml.model.vocabulary import HINTS

#: How many references an error lists.
_MOST_LISTED = 40


class Hinted(msgspec.Struct):
    """A device and its hints, and the line that its mistakes are reported with.

    selected: the hints of it that a selector gives, by name of their field, and not the device itself or its reference.
    """

    device: Device
    hints: Hints
    line: int | None = None
    selected: frozenset[str] = frozenset()

    @property
    def own(self) -> Hints:
        """The hints without those of selectors."""
        return msgspec.structs.replace(self.hints, **dict.fromkeys(self.selected))


class _Stated(msgspec.Struct, frozen=True):
    """One hint as it is stated somewhere."""

    value: object
    line: int | None
    level: _Level


class _Level(msgspec.Struct, frozen=True, order=True):
    """Which of two hints counts: of the device before of a selector, then from outside the document, then the rank."""

    own: bool
    overriding: bool
    rank: int = 0


def gather_hints(devices: Sequence[Device], entries: Sequence[DeviceHints]) -> list[Hinted]:
    """The hints of every device that has any, in document order.

    Raises HintError for a reference that names no device or several, and for a hint with two values. Hints from outside
    the document override those in it.
    """
    named = _named_devices(devices, entries)
    all_hinted = []
    for device in devices:
        sources = named.get(id(device), [])
        if device.hints is None and not sources:
            continue
        all_hinted.append(_joined(device, sources))
    return all_hinted


def _joined(device: Device, entries: list[DeviceHints]) -> Hinted:
    stated: dict[str, _Stated] = {}
    if device.hints is not None:
        _add(stated, device.hints, device.line, _Level(True, False), device)
    for entry in sorted(entries, key=_level):
        _add(stated, entry, entry.line, _level(entry), device)
    hints = Hints(**{name.replace("-", "_"): each.value for name, each in stated.items()})  # type: ignore[arg-type]
    lines = [entry.line for entry in entries if entry.line]
    selected = frozenset(name.replace("-", "_") for name, each in stated.items() if not each.level.own)
    return Hinted(device, hints, device.line if device.hints is not None or not lines else lines[0], selected)


def _level(entry: DeviceHints) -> _Level:
    if is_selector(entry.ref):
        return _Level(False, entry.overriding, selector_of(entry.ref).rank)
    return _Level(True, entry.overriding)


def _add(stated: dict[str, _Stated], hints: Hints, line: int | None, level: _Level, device: Device) -> None:
    for term in HINTS:
        value = getattr(hints, term.field)
        if value is None:
            continue
        earlier = stated.get(term.name)
        if earlier is not None and earlier.level > level:
            continue
        if earlier is not None and earlier.value != value and earlier.level == level:
            here, there = _place(line), _place(earlier.line)
            raise HintError(
                f'the hint {term.name} is "{earlier.value}"{there} and "{value}"{here}',
                device=label(device),
                line=line or earlier.line,
                other_line=earlier.line,
                remedy="Say it once",
            )
        stated[term.name] = _Stated(value, line, level)


def _place(line: int | None) -> str:
    return f" (line {line})" if line else ""


def _named_devices(devices: Sequence[Device], entries: Sequence[DeviceHints]) -> dict[int, list[DeviceHints]]:
    """The entries of the policy for each device, by ``id()``."""
    named: dict[int, list[DeviceHints]] = {}
    if not entries:
        return named
    table = references(devices)
    for entry in entries:
        for device in _meant(entry, table, devices):
            named.setdefault(id(device), []).append(entry)
    return named


def _meant(entry: DeviceHints, table: dict[str, list[Device]], devices: Sequence[Device]) -> list[Device]:
    """The device that an entry names, or those that its selector chooses."""
    if is_selector(entry.ref):
        selector = selector_of(entry.ref, entry.line)
        found = [device for device in devices if selector.fits(device)]
        if not found and not entry.optional:
            raise HintError(
                f'the selector "{brief(entry.ref)}" fits no device',
                device=brief(entry.ref),
                line=entry.line,
                remedy='Remove it, or add optional="yes"',
            )
        return found
    found = table.get(reference_key(entry.ref), [])
    if len(found) > 1 or not (found or entry.optional):
        raise _not_one(entry, found, devices)
    return found


def _not_one(entry: DeviceHints, found: Sequence[Device], devices: Sequence[Device]) -> HintError:
    """The error for a reference that names no device, or several."""
    known = preferred_references(devices)
    if found:
        listed = ", ".join(known[id(device)] for device in found)
        message, remedy = f'the reference "{brief(entry.ref)}" names {len(found)} devices', f"Say which: {listed}"
    else:
        names = list(known.values())
        near = nearest(entry.ref, names)
        more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
        message = f'the reference "{brief(entry.ref)}" names no device'
        remedy = f'Did you mean "{near}"? ' if near else ""
        remedy += f"There is {', '.join(names[:_MOST_LISTED])}{more}" if names else "There are no devices"
    return HintError(message, device=brief(entry.ref), line=entry.line, remedy=remedy)
