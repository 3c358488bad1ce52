"""What QEMU and the libvirt that reads the result can do."""

from __future__ import annotations

import msgspec

from devaddr_xml.model.version import Version, dotted

#: The oldest and the newest libvirt whose behaviour the package knows.
OLDEST_LIBVIRT = (9, 0, 0)
NEWEST_LIBVIRT = (12, 8, 0)


class Capabilities(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="kebab"):
    """The abilities of one QEMU binary for one guest architecture.

    arch: the architecture of the binary; a 32-bit guest may run on its 64-bit sibling.
    flags: names of QEMU abilities (libvirt's capability names, such as ``pcie-root-port``).
    default_machine: used when the domain names none. aliases: machine alias to canonical name.
    machines: canonical names; if empty, they are unknown and any machine is accepted.
    former_machines: machines of an older QEMU that this QEMU lacks. all_machines: whether ``machines`` is complete. If
    it is, a former machine is refused. If not, another build of this QEMU may have it, and the guest gets a warning.
    libvirt_version: major, minor and micro of the libvirt that will read the document.
    """

    arch: str
    flags: frozenset[str]
    default_machine: str | None = None
    aliases: dict[str, str] = {}
    machines: frozenset[str] = frozenset()
    former_machines: frozenset[str] = frozenset()
    all_machines: bool = False
    qemu_version: Version | None = None
    libvirt_version: Version = NEWEST_LIBVIRT

    def __repr__(self) -> str:
        versions = (("libvirt", self.libvirt_version), ("QEMU", self.qemu_version))
        named = [f"{name} {dotted(version)}" for name, version in versions if version]
        return f"Capabilities({self.arch}: {', '.join(named)}, {len(self.flags)} flags)"

    def has(self, flag: str) -> bool:
        """Whether QEMU has the ability ``flag``."""
        return flag in self.flags
