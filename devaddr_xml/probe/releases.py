"""The embedded tables: what each known QEMU of an architecture can do, stored as what changed from one to the next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from devaddr_xml.model.version import Version


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """What one QEMU binary says of itself.

    default_machine: the one that libvirt prefers, or QEMU's own default where libvirt has no preference. first_machine:
    QEMU's own default, or the first machine that QEMU lists where it has no default. aliases: alias to machine.
    """

    arch: str
    qemu_version: Version
    flags: frozenset[str]
    machines: frozenset[str]
    aliases: dict[str, str]
    default_machine: str | None
    first_machine: str | None


class _Step(msgspec.Struct, frozen=True, omit_defaults=True, rename="kebab"):
    """A release as it is stored: names that came and went since the release before it."""

    qemu_version: Version
    flags: tuple[str, ...] = ()
    no_flags: tuple[str, ...] = ()
    machines: tuple[str, ...] = ()
    no_machines: tuple[str, ...] = ()
    aliases: dict[str, str] = {}
    default_machine: str | None = None
    first_machine: str | None = None


def packed(releases: Sequence[Release]) -> bytes:
    """The releases of one architecture, oldest first, as the file that `unpacked` reads."""
    steps = []
    flags: frozenset[str] = frozenset()
    machines: frozenset[str] = frozenset()
    for release in releases:
        steps.append(
            _Step(
                qemu_version=release.qemu_version,
                flags=_sorted(release.flags - flags),
                no_flags=_sorted(flags - release.flags),
                machines=_sorted(release.machines - machines),
                no_machines=_sorted(machines - release.machines),
                aliases=dict(sorted(release.aliases.items())),
                default_machine=release.default_machine,
                first_machine=release.first_machine,
            )
        )
        flags, machines = release.flags, release.machines
    lines = b",\n".join(msgspec.json.encode(step) for step in steps)
    return b"[\n" + lines + b"\n]\n"


def unpacked(data: bytes, arch: str) -> tuple[Release, ...]:
    """The releases of a file, oldest first, as those of architecture ``arch``."""
    releases: list[Release] = []
    flags: frozenset[str] = frozenset()
    machines: frozenset[str] = frozenset()
    # the package wrote the file, and a check of its types takes as long as all else here
    for step in msgspec.json.decode(data):
        flags = (flags - set(step.get("no-flags", ()))) | set(step.get("flags", ()))
        machines = (machines - set(step.get("no-machines", ()))) | set(step.get("machines", ()))
        releases.append(
            Release(
                arch=arch,
                qemu_version=tuple(step["qemu-version"]),
                flags=flags,
                machines=machines,
                aliases=step.get("aliases", {}),
                default_machine=step.get("default-machine"),
                first_machine=step.get("first-machine"),
            )
        )
    return tuple(releases)


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names))
