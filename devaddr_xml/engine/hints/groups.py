"""Slot groups and bus groups: their size, and the hints on which all members must agree."""

from __future__ import annotations

import msgspec

from devaddr_xml.engine.hints.merge import Hinted
from devaddr_xml.model.errors import HintError
from devaddr_xml.model.hints import Hints
from devaddr_xml.model.naming import label

FUNCTIONS_OF_A_SLOT = 8

#: All members have the same value of these hints, or none has the hint.
_COMMON = ("node", "root_complex")
#: Hints of one member of a slot group that apply to all members.
_SHARED = ("bus_group", "placement", "bus", "port_hotplug", "hotplug")
#: The kind of bus that a placement needs on a PCI Express machine.
_BUS_OF = {"root-port": "pcie", "switch": "pcie", "bridge": "pci"}


def check_groups(all_hinted: list[Hinted]) -> None:
    """Raise HintError for groups that are too large or whose members contradict each other.

    The hints of one member of a slot group about its place apply to the others, too.
    """
    for name, members in _members(all_hinted, "slot_group").items():
        if len(members) > FUNCTIONS_OF_A_SLOT:
            raise _disagreement(
                members[FUNCTIONS_OF_A_SLOT],
                members[0],
                f'slot-group="{name}" has a ninth member; a slot has 8 functions',
            )
        _agree(members, "slot-group", name)
        _agree_on_port(members, name)
        for field in _SHARED:
            _share(members, field, name)
    for name, members in _members(all_hinted, "bus_group").items():
        _agree(members, "bus-group", name)


def _members(all_hinted: list[Hinted], field: str) -> dict[str, list[Hinted]]:
    """The members of each group, in document order."""
    groups: dict[str, list[Hinted]] = {}
    for hinted in all_hinted:
        name = getattr(hinted.hints, field)
        if name is not None:
            groups.setdefault(name, []).append(hinted)
    return groups


def _agree(members: list[Hinted], hint: str, name: str) -> None:
    first = members[0]
    side, owner = None, first
    for member in members:
        for field in _COMMON:
            ours, theirs = getattr(member.hints, field), getattr(first.hints, field)
            if ours != theirs:
                stated = field.replace("_", "-")
                raise _disagreement(
                    member,
                    first,
                    f'{hint}="{name}" keeps together {_stated(stated, ours)} and {_stated(stated, theirs)}',
                )
        own_side = _side(member.hints)
        if side is None:
            side, owner = own_side, member
        elif own_side is not None and own_side != side:
            raise _disagreement(
                member, owner, f'{hint}="{name}" keeps together a device on bus {own_side} and one on bus {side}'
            )


def _agree_on_port(members: list[Hinted], name: str) -> None:
    """Refuse opposite hotplug hints for the one port of a slot."""
    stays = next((member for member in members if member.hints.hotplug == "no"), None)
    marked = next((member for member in members if member.hints.port_hotplug == "on"), None)
    if stays is not None and marked is not None:
        raise _disagreement(marked, stays, f'slot-group="{name}" keeps together hotplug="no" and port-hotplug="on"')


def _side(hints: Hints) -> str | None:
    return hints.bus or _BUS_OF.get(hints.placement or "")


def _share(members: list[Hinted], field: str, name: str) -> None:
    stated = [member for member in members if getattr(member.hints, field) is not None]
    if not stated:
        return
    value = getattr(stated[0].hints, field)
    for member in stated:
        if getattr(member.hints, field) != value:
            hint = field.replace("_", "-")
            ours = getattr(member.hints, field)
            raise _disagreement(
                member,
                stated[0],
                f'slot-group="{name}" keeps together {_stated(hint, ours)} and {_stated(hint, value)}',
            )
    for member in members:
        member.hints = msgspec.structs.replace(member.hints, **{field: value})


def _stated(hint: str, value: object) -> str:
    return f"no {hint}" if value is None else f'{hint}="{value}"'


def _disagreement(member: Hinted, other: Hinted, message: str) -> HintError:
    return HintError(
        message,
        device=label(member.device),
        line=member.line,
        other=label(other.device),
        other_line=other.line,
        remedy="Give them the same hints, or remove one from the group",
    )
