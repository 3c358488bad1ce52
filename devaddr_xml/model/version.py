"""Releases of libvirt and QEMU by number."""

from __future__ import annotations

#: Major, minor and micro.
Version = tuple[int, int, int]


def dotted(version: Version) -> str:
    """The number as its program prints it: ``9.0.0``."""
    return ".".join(map(str, version))
