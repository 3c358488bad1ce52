"""The USB 2 controllers of the ICH9: a master and its companions, which are functions of one slot.

Sources: Intel's ICH9 datasheet; QEMU's ``docs/config/ich9-ehci-uhci.cfg``.
"""

from __future__ import annotations

import msgspec


class Usb2Member(msgspec.Struct, frozen=True):
    """One controller of the set: model, function in the slot, and first port of the master if it is none."""

    model: str
    function: int
    first_port: int | None = None


USB2_SET = (
    Usb2Member("ich9-ehci1", 7),
    Usb2Member("ich9-uhci1", 0, 0),
    Usb2Member("ich9-uhci2", 1, 2),
    Usb2Member("ich9-uhci3", 2, 4),
)
USB2_MODELS = frozenset(member.model for member in USB2_SET)
USB2_FUNCTIONS = {member.model: member.function for member in USB2_SET}
#: First port of the master that a companion takes over when it names none.
COMPANION_START = {member.model: member.first_port for member in USB2_SET if member.first_port is not None}
