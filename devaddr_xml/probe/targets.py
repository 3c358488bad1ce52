"""Pairs of libvirt and QEMU that a distribution ships together."""

from __future__ import annotations

import msgspec

from devaddr_xml.model.version import Version


class Pair(msgspec.Struct, frozen=True):
    """A libvirt and the QEMU beside it."""

    libvirt: Version
    qemu: Version


#: By distribution and release. A row is added when both packages are known, as the release has them.
TARGETS: dict[str, Pair] = {
    "debian-12": Pair((9, 0, 0), (7, 2, 22)),
    "debian-13": Pair((11, 3, 0), (10, 0, 13)),
    "debian-sid": Pair((12, 8, 0), (11, 1, 3)),
    "ubuntu-24.04": Pair((10, 0, 0), (8, 2, 2)),
}
