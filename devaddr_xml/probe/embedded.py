"""The abilities of every QEMU known for each architecture, as they come with the package."""

from __future__ import annotations

import os.path
import warnings
from functools import lru_cache

from devaddr_xml.model.capabilities import NEWEST_LIBVIRT, OLDEST_LIBVIRT, Capabilities
from devaddr_xml.model.errors import ValueInvalid
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.version import Version, dotted
from devaddr_xml.probe.qemu_types import FIRST_VERSION, flags_newer_than
from devaddr_xml.probe.releases import Release, unpacked

_DATA = os.path.join(os.path.dirname(__file__), "data")

#: File of an architecture that has none of its own: the PCI devices that QEMU builds for nearly every machine.
_OTHER = "other"

#: The architectures of QEMU binaries that are not named after it.
_BINARIES = {"i386": "i686", "arm": "armv7l", "kvm": "x86_64"}

_DEFAULT_ARCHITECTURE = "x86_64"

#: Since this release libvirt prefers a machine on architectures whose QEMU names no default; before, it took the first.
_PREFERS_A_MACHINE: Version = (9, 3, 0)


def known_capabilities(arch: str, libvirt: str | None = None, qemu: str | None = None) -> Capabilities:
    """What a QEMU and a libvirt of these versions can do for guests of an architecture.

    arch: as in ``os/type``. libvirt, qemu: versions of one to three numbers, such as ``9.0.0`` or ``10.1``; the newest
    known ones without. Between two known QEMU the older one counts. A version older or newer than all known ones is
    taken with a `UserWarning` that names the nearest. Raises ValueInvalid for what is no version.
    """
    libvirt_version = None if libvirt is None else parsed_version(libvirt, "libvirt")
    qemu_version = None if qemu is None else parsed_version(qemu, "QEMU")
    for doubt in doubtful_versions(libvirt_version, qemu_version):
        warnings.warn(doubt, stacklevel=2)
    return capabilities_for(arch, libvirt_version, qemu_version)


def parsed_version(text: str, program: str) -> Version:
    """The three numbers of a version; the last ones may be left out. Raises ValueInvalid, TypeError for no text."""
    if not isinstance(text, str):
        raise TypeError(f"a version of {program} is text, such as '9.0.0', and not of type {type(text).__name__}")
    numbers = text.split(".")
    if not 1 <= len(numbers) <= 3 or not all(number.isascii() and number.isdigit() for number in numbers):
        raise ValueInvalid(f"{text!r} is not a version of {program}", remedy="Write it as 9.0.0")
    major, minor, micro, *_ = (*(int(number[:9]) for number in numbers), 0, 0)
    return major, minor, micro


def doubtful_versions(libvirt: Version | None, qemu: Version | None) -> tuple[str, ...]:
    """A sentence for each version that is older or newer than all that the package knows."""
    known_qemu = [release.qemu_version for release in _releases(_DEFAULT_ARCHITECTURE)]
    found = (
        _doubt("libvirt", libvirt, OLDEST_LIBVIRT, NEWEST_LIBVIRT),
        _doubt("QEMU", qemu, known_qemu[0], known_qemu[-1]),
    )
    return tuple([doubt for doubt in found if doubt is not None])


def _doubt(program: str, version: Version | None, oldest: Version, newest: Version) -> str | None:
    if version is not None and version[:2] < oldest[:2]:
        return f"{program} {dotted(version)} is older than {dotted(oldest)}, the oldest known, whose rules apply"
    if version is not None and version[:2] > newest[:2]:
        return f"{program} {dotted(version)} is newer than {dotted(newest)}, the newest known, whose rules apply"
    return None


@lru_cache(maxsize=256)
def capabilities_for(arch: str, libvirt: Version | None = None, qemu: Version | None = None) -> Capabilities:
    """As `known_capabilities`, with versions as numbers, and without its warnings."""
    releases = _releases(arch)
    version = qemu or releases[-1].qemu_version
    release = max((known for known in releases if known.qemu_version[:2] <= version[:2]), default=releases[0], key=_age)
    libvirt = libvirt or NEWEST_LIBVIRT
    former = frozenset().union(*(known.machines for known in releases if known.qemu_version < version))
    return Capabilities(
        arch=arch,
        flags=release.flags | _flags_since(releases, release, version),
        default_machine=release.default_machine if libvirt >= _PREFERS_A_MACHINE else release.first_machine,
        aliases=release.aliases,
        machines=release.machines,
        former_machines=former - release.machines,
        all_machines=qemu == release.qemu_version,
        qemu_version=version,
        libvirt_version=libvirt,
    )


def _age(release: Release) -> Version:
    return release.qemu_version


def _flags_since(releases: tuple[Release, ...], release: Release, version: Version) -> frozenset[str]:
    """What the next known release has more, and is known to have come no later than ``version``."""
    following = next((known for known in releases if known.qemu_version > release.qemu_version), release)
    return (following.flags - release.flags) & FIRST_VERSION.keys() - flags_newer_than(version)


@lru_cache(maxsize=64)
def _releases(arch: str) -> tuple[Release, ...]:
    name = arch if arch.isidentifier() and arch != _OTHER else _OTHER
    path = os.path.join(_DATA, f"{name}.json")
    if not os.path.isfile(path):
        path = os.path.join(_DATA, f"{_OTHER}.json")
    with open(path, "rb") as file:
        return unpacked(file.read(), arch)


def architecture_of(emulator: str | None) -> str:
    """The guest architecture that the path of a QEMU binary names; x86_64 when it tells none."""
    if emulator is None:
        return _DEFAULT_ARCHITECTURE
    prefix, _, suffix = emulator.rpartition("/")[2].partition("qemu-system-")
    if prefix or not suffix:
        return _DEFAULT_ARCHITECTURE
    name = suffix.partition("-")[0]
    return _BINARIES.get(name, name)


def capabilities_of(guest: Guest, libvirt: Version | None = None, qemu: Version | None = None) -> Capabilities:
    """As `capabilities_for`, for the architecture that a guest names or that its emulator has."""
    return capabilities_for(guest.arch or architecture_of(guest.emulator), libvirt, qemu)
