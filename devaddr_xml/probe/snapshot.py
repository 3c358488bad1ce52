"""What a probe found, as a JSON file that can be used on any other machine."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from devaddr_xml.model.capabilities import Capabilities
from devaddr_xml.model.errors import ProbeError
from devaddr_xml.model.host import HostFacts
from devaddr_xml.model.malformed import MALFORMED

_Part = TypeVar("_Part", Capabilities, HostFacts)


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
        plain = msgspec.to_builtins(self, str_keys=True, order="deterministic")
        return msgspec.json.format(msgspec.json.encode(plain), indent=1).decode() + "\n"


def load_capabilities(path: str | Path) -> Capabilities:
    """Read capabilities from a snapshot, or from a file that holds nothing else; raises ProbeError."""
    return _load(path, Capabilities, "capabilities")


def load_host_facts(path: str | Path) -> HostFacts:
    """Read host facts from a snapshot, or from a file that holds nothing else; raises ProbeError."""
    return _load(path, HostFacts, "host")


def _load(path: str | Path, kind: type[_Part], member: str) -> _Part:
    try:
        content = Path(path).read_bytes()
        parts = msgspec.json.decode(content, type=dict[str, msgspec.Raw])
        part = parts.get(member, b"{}") if "capabilities" in parts else content
        return msgspec.json.decode(part, type=kind)
    except OSError as error:
        raise ProbeError(f"{path} cannot be read: {error.strerror}") from error
    except MALFORMED as error:
        raise ProbeError(f"{path} does not hold {member} as the probe writes them: {error}") from error
