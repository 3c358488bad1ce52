"""What a probe found, as a JSON file that can be used on any other machine."""

from __future__ import annotations

from pathlib import Path

import msgspec

from devaddr_xml.model.capabilities import Capabilities
from devaddr_xml.model.errors import DevaddrError, ProbeError, ValueInvalid
from devaddr_xml.model.host import HostFacts
from devaddr_xml.model.malformed import MALFORMED
from devaddr_xml.model.validate import suggestion
from devaddr_xml.probe.hwloc import is_hwloc, parse_hwloc


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Both halves of what a probe finds; a probe of a QEMU binary finds no host facts."""

    capabilities: Capabilities
    host: HostFacts = HostFacts()

    @classmethod
    def of(cls, found: tuple[Capabilities, HostFacts]) -> Snapshot:
        """The snapshot of what a probe of libvirt returns."""
        return cls(capabilities=found[0], host=found[1])

    def with_flags_of(self, qemu: Capabilities) -> Snapshot:
        """The same, with the abilities and the version that QEMU itself told of."""
        capabilities = msgspec.structs.replace(self.capabilities, flags=qemu.flags, qemu_version=qemu.qemu_version)
        return Snapshot(capabilities=capabilities, host=self.host)

    def to_json(self) -> str:
        """The snapshot as readable JSON with a line break at the end; equal snapshots give equal text."""
        return readable(self)


def readable(found: Snapshot | HostFacts) -> str:
    """What a probe found as readable JSON with a line break at the end; equal findings give equal text."""
    plain = msgspec.to_builtins(found, str_keys=True, order="deterministic")
    return msgspec.json.format(msgspec.json.encode(plain), indent=1).decode() + "\n"


def load_capabilities(path: str | Path) -> Capabilities:
    """Read capabilities from a snapshot, or from a file that holds nothing else; raises ProbeError."""
    content = _content(path)
    try:
        return msgspec.json.decode(_member(content, "capabilities") or content, type=Capabilities)
    except (*MALFORMED, ValueInvalid) as error:
        raise ProbeError(f"{path} does not have capabilities in the form of probe: {error}") from error


def capabilities_from_json(text: bytes) -> Capabilities:
    """Read capabilities, or a snapshot that holds them, from JSON; raises ProbeError."""
    try:
        parts = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        return msgspec.json.decode(parts.get("capabilities", text), type=Capabilities)
    except MALFORMED as error:
        raise ProbeError(f"the capabilities do not have the form of probe: {error}") from error


def load_host_facts(path: str | Path) -> HostFacts:
    """Read host facts from a snapshot, from a file that holds nothing else, or from the XML of hwloc.

    Raises ProbeError, which names the file and the key, for anything that is no fact of a host.
    """
    content = _content(path)
    if is_hwloc(content):
        try:
            return parse_hwloc(content)
        except DevaddrError as error:
            raise ProbeError(f"{path}: {error.message}", remedy=error.remedy) from error
    try:
        own = _member(content, "host")
        if own is None:
            own = b"{}" if _member(content, "capabilities") is not None else content
        return HostFacts.from_json(own)
    except MALFORMED as error:
        raise ProbeError(f"{path} does not have a host in the form of probe: {error}") from error
    except ValueInvalid as error:
        raise ProbeError(f"{path}: {error.message}", remedy=error.remedy) from error


def _content(path: str | Path) -> bytes:
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise ProbeError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _member(content: bytes, name: str) -> bytes | None:
    """What a snapshot says of one of its halves; nothing where the file is that half itself."""
    parts = msgspec.json.decode(content, type=dict[str, msgspec.Raw])
    if unknown := next((key for key in parts if key not in Snapshot.__struct_fields__), None):
        if not parts.keys().isdisjoint(Snapshot.__struct_fields__):
            message = f"there is no key {unknown[:60]!r} in the form of probe"
            raise ValueInvalid(message, remedy=suggestion(unknown, Snapshot.__struct_fields__))
        return None
    return bytes(parts[name]) if name in parts else None
