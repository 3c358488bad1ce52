"""What the engine gives back: the finished guest, and why everything is where it is."""

from __future__ import annotations

import msgspec

from devaddr_xml.model.device import AnyDevice, Device
from devaddr_xml.model.events import Cause, Decision
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.notice import Notice

__all__ = ["Cause", "Decision", "Notice", "Plan"]


class Plan(msgspec.Struct, kw_only=True):
    """The finished guest, the devices and controllers that were not given, the journal and the warnings.

    left_out: devices that were given and that the libvirt which the guest is for does not know, each with its position
    among the given ones. They are not in the guest.
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
        """The devices that were given, in their order, and then those that were added."""
        given, added = self._parted()
        for position, device in self.left_out:
            given.insert(position, device)
        return given + added

    @property
    def remaining(self) -> list[AnyDevice]:
        """The same without those that are left out."""
        given, added = self._parted()
        return given + added

    def _parted(self) -> tuple[list[AnyDevice], list[AnyDevice]]:
        new = {id(device) for device in self.added}
        devices = self.guest.devices
        return [d for d in devices if id(d) not in new], [d for d in devices if id(d) in new]
