"""The result of the engine: the finished guest, and the reason for each place."""

from __future__ import annotations

import msgspec

from devaddr_xml.model.device import AnyDevice, Device
from devaddr_xml.model.events import Cause, Decision
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.notice import Notice

__all__ = ["Cause", "Decision", "Notice", "Plan"]


class Plan(msgspec.Struct, kw_only=True):
    """A finished guest: ``guest``, its new devices and controllers, the journal and the warnings.

    left_out: devices that the target libvirt does not support, each with its position among the devices of the input.
    They are not in ``guest``.
    """

    guest: Guest
    added: tuple[Device, ...] = ()
    left_out: tuple[tuple[int, AnyDevice], ...] = ()
    decisions: tuple[Decision, ...] = ()
    warnings: tuple[Notice, ...] = ()

    def __repr__(self) -> str:
        return f"Plan({self.guest!r}, added={len(self.added)}, warnings={len(self.warnings)})"

    @property
    def aligned(self) -> list[AnyDevice]:
        """The devices of the input, in their order, and then those that were added."""
        given, added = self._parted()
        for position, device in self.left_out:
            given.insert(position, device)
        return given + added

    @property
    def remaining(self) -> list[AnyDevice]:
        """The same without the devices that are left out."""
        given, added = self._parted()
        return given + added

    def _parted(self) -> tuple[list[AnyDevice], list[AnyDevice]]:
        new = {id(device) for device in self.added}
        devices = self.guest.devices
        return [d for d in devices if id(d) not in new], [d for d in devices if id(d) in new]
