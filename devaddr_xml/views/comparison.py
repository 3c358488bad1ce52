"""What differs between two layouts, as marks on the devices of each."""

from __future__ import annotations

from typing import Literal

import msgspec

from devaddr_xml.model.device import Device
from devaddr_xml.model.guest import Guest
from devaddr_xml.views.abi import attributes, place, written
from devaddr_xml.views.matching import match

Mark = Literal["added", "removed", "moved", "changed", "differs"]


class Marked(msgspec.Struct):
    """Marks by ``id()`` of the device, each with what the other layout has: ``was 01:00.0``, ``queues now 4``."""

    by_device: dict[int, tuple[Mark, str | None]] = msgspec.field(default_factory=dict)

    def of(self, device: Device) -> tuple[Mark | None, str | None]:
        """The mark of a device, if it has one, and what the other layout has."""
        return self.by_device.get(id(device), (None, None))


def mark(old: Guest, new: Guest) -> tuple[Marked, Marked]:
    """Marks for the devices of the old guest and for those of the new one."""
    before, after = Marked(), Marked()
    for first, second in match(old.devices, new.devices):
        if first is None:
            assert second is not None
            after.by_device[id(second)] = ("added", None)
        elif second is None:
            before.by_device[id(first)] = ("removed", None)
        elif place(first) != place(second):
            before.by_device[id(first)] = ("moved", f"now {_text(second)}")
            after.by_device[id(second)] = ("moved", f"was {_text(first)}")
        elif attributes(first) != attributes(second):
            before.by_device[id(first)] = ("changed", _changes(first, second, "now"))
            after.by_device[id(second)] = ("changed", _changes(second, first, "was"))
    return before, after


def _changes(own: Device, other: Device, word: str) -> str:
    """The attributes that differ, with their values in the other layout: ``queues was 1, MTU was unset``."""
    mine, theirs = attributes(own), attributes(other)
    names = [name for name in {**mine, **theirs} if mine.get(name) != theirs.get(name)]
    return ", ".join(f"{name} {word} {written(theirs.get(name)) or 'unset'}" for name in names)


def _text(device: Device) -> str:
    where = place(device)
    return str(where).removeprefix("0000:") if where else "without address"
