"""What a PCI function's configuration space says: its sort of port, and how many virtual functions it can have."""

from __future__ import annotations

from typing import NamedTuple

from devaddr_xml.model.host import BridgeKind

#: Offsets and numbers of the PCI Local Bus and PCI Express Base specifications.
_STATUS, _HAS_CAPABILITIES = 0x06, 0x10
_FIRST_CAPABILITY, _EXPRESS = 0x34, 0x10
_FIRST_EXTENDED, _SR_IOV, _TOTAL_VFS = 0x100, 0x0010, 0x0E
_MOST_CAPABILITIES = 48
_MOST_EXTENDED = 480

#: Device/port types of the PCI Express capability that are bridges; all others are endpoints.
_PORT_TYPES: dict[int, BridgeKind] = {
    0x4: "root-port",
    0x5: "upstream-port",
    0x6: "downstream-port",
    0x7: "bridge",
    0x8: "bridge",
}


class ConfigSpace(NamedTuple):
    """What was found; ``complete`` is false where only the first 64 bytes could be read, as without privileges.

    express: whether there is a PCI Express capability; kind: of a port or bridge that has one; total_vfs: of an SR-IOV
    capability.
    """

    complete: bool = False
    express: bool = False
    kind: BridgeKind | None = None
    total_vfs: int | None = None


def parse_config(content: bytes) -> ConfigSpace:
    """Read a configuration space; anything that makes no sense in it is as if it were not there."""
    if len(content) <= 64:
        return ConfigSpace()
    port_type = _port_type(content)
    if port_type is None:
        return ConfigSpace(complete=True)
    return ConfigSpace(True, True, _PORT_TYPES.get(port_type), _total_vfs(content))


def _port_type(content: bytes) -> int | None:
    """The device/port type in the PCI Express capability, if there is one."""
    if not content[_STATUS] & _HAS_CAPABILITIES:
        return None
    offset = content[_FIRST_CAPABILITY] & 0xFC
    for _ in range(_MOST_CAPABILITIES):
        if offset < 64 or offset + 4 > min(len(content), 256):
            return None
        if content[offset] == _EXPRESS:
            return content[offset + 2] >> 4
        offset = content[offset + 1] & 0xFC
    return None


def _total_vfs(content: bytes) -> int | None:
    """How many virtual functions the SR-IOV capability allows, if there is one."""
    offset = _FIRST_EXTENDED
    for _ in range(_MOST_EXTENDED):
        if offset < _FIRST_EXTENDED or offset + 16 > len(content):
            return None
        header = int.from_bytes(content[offset : offset + 4], "little")
        if header & 0xFFFF == _SR_IOV:
            return int.from_bytes(content[offset + _TOTAL_VFS : offset + _TOTAL_VFS + 2], "little")
        offset = header >> 20 & 0xFFC
    return None
