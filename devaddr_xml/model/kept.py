"""The devices of an earlier layout, and whether they kept their places."""

from __future__ import annotations

import msgspec


class Place(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="kebab"):
    """A device by its reference and label, and its address."""

    ref: str
    device: str
    address: str


class Lost(Place, frozen=True, kw_only=True, omit_defaults=True, rename="kebab"):
    """A device that cannot have the address of the earlier layout, and why not."""

    reason: str

    def __str__(self) -> str:
        return f"{self.device} cannot stay at {self.address}: {self.reason}"
