"""The forms of a network interface's name that a place in the guest can give (systemd.net-naming-scheme)."""

from __future__ import annotations

import re
from typing import NamedTuple


class Onboard(NamedTuple):
    """``eno7``: by the index that firmware gives."""

    number: int


class OnSlot(NamedTuple):
    """``ens5``, ``ens5f1``: by the number of the hotplug slot. function: set where the slot has several."""

    number: int
    function: int | None


class OnPath(NamedTuple):
    """``enp3s0``, ``enP1p2s3f1``: by the address that the guest sees. function: set where the slot has several."""

    segment: int
    bus: int
    slot: int
    function: int | None


_ONBOARD = re.compile(r"eno([1-9][0-9]{0,8})")
_SLOT = re.compile(r"ens([1-9][0-9]{0,8})(?:f([0-7]))?")
_PATH = re.compile(r"en(?:P([1-9][0-9]{0,4}))?p(0|[1-9][0-9]{0,2})s(0|[1-9][0-9]?)(?:f([0-7]))?")


def form_of(name: str) -> Onboard | OnSlot | OnPath | None:
    """What a name says, if it is one that a PCI place or an ACPI index gives."""
    if match := _ONBOARD.fullmatch(name):
        return Onboard(int(match[1]))
    if match := _SLOT.fullmatch(name):
        return OnSlot(int(match[1]), _number(match[2]))
    if match := _PATH.fullmatch(name):
        return OnPath(int(match[1] or 0), int(match[2]), int(match[3]), _number(match[4]))
    return None


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)
