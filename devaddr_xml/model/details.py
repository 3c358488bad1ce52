"""What a guest sees that does not decide addresses: queues, block sizes, serial numbers, its CPU."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Details(msgspec.Struct, frozen=True, kw_only=True):
    """The details of one document, in libvirt's spelling. What the document leaves out is absent.

    guest: of the guest as a whole. devices: of each device, in the order of the guest's devices.
    """

    guest: Mapping[str, str]
    devices: tuple[Mapping[str, str], ...]
