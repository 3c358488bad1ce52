"""The difference between the hardware of two guests, and what a guest notices of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

import msgspec

from devaddr_xml.engine.finished.naming_schemes import scheme_of
from devaddr_xml.engine.finished.topology import mirrored_console
from devaddr_xml.model.details import Details
from devaddr_xml.model.device import Controller, Device
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.naming import label, preferred_references
from devaddr_xml.views.abi import attributes, guest_attributes, place, written
from devaddr_xml.views.guest_visible import Difference, Sight, consequences, differences, meaning
from devaddr_xml.views.matching import match

#: Attributes of a guest that a document may leave to libvirt; then nothing is known of them.
UNSAID = ("arch", "machine", "memory")

ChangeKind = Literal["added", "removed", "moved", "changed"]


class Change(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="kebab"):
    """One change to the hardware.

    device: its label; ref: the reference by which a hint would name it; kind: its element. For a move, old and new are
    addresses; for a changed attribute its values, in libvirt's spelling; else the address that came or went.
    noticed: what the guest sees of it. old_line, new_line: of the element in either document, from 1.
    """

    change: ChangeKind
    kind: str
    device: str
    ref: str
    attribute: str | None = None
    old: str | None = None
    new: str | None = None
    noticed: tuple[str, ...] = ()
    old_line: int | None = None
    new_line: int | None = None


class Effect(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """What a guest notices of a device that did not change itself: bus numbers moved, for example."""

    kind: str
    device: str
    ref: str
    noticed: tuple[str, ...]


class Diff(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """The changes between two guests: guest, moved and changed, removed, added, in this order; and side effects."""

    changes: tuple[Change, ...] = ()
    effects: tuple[Effect, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes)

    def __repr__(self) -> str:
        counts = {kind: sum(change.change == kind for change in self.changes) for kind in get_args(ChangeKind)}
        return f"Diff({', '.join(f'{count} {kind}' for kind, count in counts.items() if count) or 'same'})"

    @property
    def same(self) -> bool:
        """Whether the hardware is the same."""
        return not self.changes

    def to_json(self) -> str:
        """The difference as JSON, with ``same`` for a quick look."""
        return msgspec.json.encode({"same": self.same, **msgspec.to_builtins(self)}).decode()


def compare(old: Guest, new: Guest, details: tuple[Details, Details] | None = None) -> Diff:
    """Compare the hardware of two guests as the guest's operating system would meet it.

    Nothing is assigned: what a guest does not say is absent. Devices are matched by identity, so their order means
    nothing. details: what the two documents say besides; without it only what the guests say is compared.
    """
    more_old, more_new = details or (_NO_DETAILS, _NO_DETAILS)
    of_old, of_new = _by_device(old, more_old), _by_device(new, more_new)
    scheme = scheme_of(new, old)
    before, after = Sight(old, scheme), Sight(new, scheme)
    old_refs, new_refs = preferred_references(old.devices), preferred_references(new.devices)
    changes = [*_guest_changes(old, new), *_guest_detail_changes(more_old, more_new)]
    effects: list[Effect] = []
    for first, second in match(_compared(old), _compared(new)):
        if first is None:
            assert second is not None
            changes.append(_single("added", second, new_refs[id(second)], after))
        elif second is None:
            changes.append(_single("removed", first, old_refs[id(first)], before))
        else:
            ref = new_refs[id(second)]
            found = differences(before, first, after, second)
            own = _pair_changes(first, second, ref, found, of_old.get(id(first), {}), of_new.get(id(second), {}))
            changes += own
            if found and not own:
                effects.append(
                    Effect(kind=second.kind, device=label(second), ref=ref, noticed=_told(second, found)),
                )
    return Diff(changes=tuple(changes), effects=tuple(effects))


_NO_DETAILS = Details(guest={}, devices=())


def _by_device(guest: Guest, details: Details) -> dict[int, Mapping[str, str]]:
    return {id(device): stated for device, stated in zip(guest.devices, details.devices, strict=False)}


def _guest_detail_changes(old: Details, new: Details) -> list[Change]:
    return [
        _changed("guest", "guest", "guest", name, old.guest.get(name), new.guest.get(name), None, None)
        for name in {**old.guest, **new.guest}
        if old.guest.get(name) != new.guest.get(name)
    ]


def _compared(guest: Guest) -> list[Device]:
    """The devices without the console that only repeats the first serial port."""
    mirror = mirrored_console(guest)
    return [device for device in guest.devices if device is not mirror]


def _guest_changes(old: Guest, new: Guest) -> list[Change]:
    before, after = guest_attributes(old), guest_attributes(new)
    return [
        _changed("guest", "guest", "guest", name, before[name], after[name], None, None)
        for name in before
        if before[name] != after[name] and not (name in UNSAID and None in (before[name], after[name]))
    ]


def _single(change: Literal["added", "removed"], device: Device, ref: str, sight: Sight) -> Change:
    where = place(device)
    address = str(where) if where else None
    seen = [f"{what} {value}" for what, value in sight.of(device).items() if value]
    return Change(
        change=change,
        kind=device.kind,
        device=label(device),
        ref=ref,
        old=address if change == "removed" else None,
        new=address if change == "added" else None,
        noticed=tuple(seen),
        old_line=device.line if change == "removed" else None,
        new_line=device.line if change == "added" else None,
    )


def _pair_changes(
    old: Device,
    new: Device,
    ref: str,
    found: list[Difference],
    old_details: Mapping[str, str],
    new_details: Mapping[str, str],
) -> list[Change]:
    """The changes of a device that is in both guests; the first of them says what the guest notices of the place."""
    changes: list[Change] = []
    before, after = place(old), place(new)
    if before != after:
        changes.append(
            Change(
                change="moved",
                kind=new.kind,
                device=label(new),
                ref=ref,
                old=str(before) if before else None,
                new=str(after) if after else None,
                old_line=old.line,
                new_line=new.line,
            )
        )
    first, second = {**old_details, **attributes(old)}, {**new_details, **attributes(new)}
    for name in {**first, **second}:
        one, other = first.get(name), second.get(name)
        if one != other and not _follows(name, one, other):
            changes.append(_changed(new.kind, label(new), ref, name, one, other, old.line, new.line))
    if changes and found:
        changes[0] = msgspec.structs.replace(changes[0], noticed=(*_told(new, found), *changes[0].noticed))
    return changes


def _follows(name: str, old: object, new: object) -> bool:
    """Whether an attribute of the address only came or went together with a PCI address, without saying anything."""
    return name == "multifunction" and not old and not new


def _changed(
    kind: str,
    device: str,
    ref: str,
    attribute: str,
    old: object,
    new: object,
    old_line: int | None,
    new_line: int | None,
) -> Change:
    means = meaning(kind, attribute)
    return Change(
        change="changed",
        kind=kind,
        device=device,
        ref=ref,
        attribute=attribute,
        old=written(old),
        new=written(new),
        noticed=(means,) if means else (),
        old_line=old_line,
        new_line=new_line,
    )


def _told(device: Device, found: list[Difference]) -> tuple[str, ...]:
    """What the guest notices, the most telling first; of a controller that moved not also the number of its bus."""
    if isinstance(device, Controller) and any(d.what == "PCI address in the guest" for d in found):
        found = [d for d in found if d.what != "bus number in the guest"]
    return (*map(str, found), *consequences(device, found))
