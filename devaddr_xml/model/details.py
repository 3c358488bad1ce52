"""What a guest notices beside what decides addresses: queues, sizes of blocks, serial numbers, its CPU."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Details(msgspec.Struct, frozen=True, kw_only=True):
    """What one document says, by libvirt's spelling; what it leaves out is absent.

    guest: of the guest as a whole. devices: of each device, in the order of the guest's devices.
    """

    guest: Mapping[str, str]
    devices: tuple[Mapping[str, str], ...]
