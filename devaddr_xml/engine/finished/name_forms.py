"""The forms of a network interface's name that a place in the guest can give (systemd.net-naming-scheme)."""

from __future__ import annotations

import re
from collections.abc import Iterable
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


_NUMBER = re.compile(r"([0-9]+)")
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


def in_ranges(names: Iterable[str]) -> list[str]:
    """The names, with three or more that count up in one of their numbers as ``enp1s0 to enp4s0``."""
    runs: list[list[str]] = []
    counting: int | None = None
    for name in dict.fromkeys(names):
        step = _step(runs[-1][-1], name) if runs else None
        if step is not None and (len(runs[-1]) == 1 or step == counting):
            runs[-1].append(name)
            counting = step
        else:
            runs.append([name])
    return [text for run in runs for text in (run if len(run) < 3 else [f"{run[0]} to {run[-1]}"])]


def _step(name: str, after: str) -> int | None:
    """Which of the numbers of a name is one higher in the one after it; unset if they differ in more."""
    first, second = _NUMBER.split(name), _NUMBER.split(after)
    differing = [at for at, (one, other) in enumerate(zip(first, second, strict=False)) if one != other]
    if len(first) != len(second) or len(differing) != 1 or not differing[0] % 2:
        return None
    at = differing[0]
    return at if int(second[at]) == int(first[at]) + 1 else None


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)
