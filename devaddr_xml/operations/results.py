"""The results of operations that change a domain. All have the same attributes."""

from __future__ import annotations

import msgspec

from devaddr_xml.model.device import Device
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.plan import Decision, Notice


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A domain after an operation.

    xml: the complete domain. guest: the same as a neutral guest. added, removed: the new and the removed controllers
    and devices. decisions: every decision, with its reason. warnings: likely faults.
    """

    xml: str
    guest: Guest
    added: tuple[Device, ...] = ()
    removed: tuple[Device, ...] = ()
    decisions: tuple[Decision, ...] = ()
    warnings: tuple[Notice, ...] = ()

    def __repr__(self) -> str:
        counts = {
            "devices": len(self.guest.devices),
            "added": len(self.added),
            "removed": len(self.removed),
            "warnings": len(self.warnings),
        }
        shown = ", ".join(f"{name}={count}" for name, count in counts.items() if count or name == "devices")
        return f"{type(self).__name__}({self.guest.name or 'unnamed'}: {shown})"
