"""The abilities of the newest QEMU known for each architecture, as they come with the package."""

from __future__ import annotations

import os.path
from functools import lru_cache

import msgspec

from devaddr_xml.model.capabilities import Capabilities
from devaddr_xml.model.guest import Guest

_DATA = os.path.join(os.path.dirname(__file__), "data")

#: File of an architecture that has none of its own: the PCI devices that QEMU builds for nearly every machine.
_OTHER = "other"

#: The architectures of QEMU binaries that are not named after it.
_BINARIES = {"i386": "i686", "arm": "armv7l", "kvm": "x86_64"}

_DEFAULT_ARCHITECTURE = "x86_64"


@lru_cache(maxsize=64)
def capabilities_for(arch: str) -> Capabilities:
    """The abilities of the newest QEMU known for guests of architecture ``arch`` (as in ``os/type``)."""
    name = arch if arch.isidentifier() and arch != _OTHER else _OTHER
    path = os.path.join(_DATA, f"{name}.json")
    if not os.path.isfile(path):
        path = os.path.join(_DATA, f"{_OTHER}.json")
    with open(path, "rb") as file:
        found = msgspec.json.decode(file.read(), type=Capabilities)
    return found if found.arch == arch else msgspec.structs.replace(found, arch=arch)


def architecture_of(emulator: str | None) -> str:
    """The guest architecture that the path of a QEMU binary tells of; x86_64 when it tells none."""
    if emulator is None:
        return _DEFAULT_ARCHITECTURE
    prefix, _, suffix = emulator.rpartition("/")[2].partition("qemu-system-")
    if prefix or not suffix:
        return _DEFAULT_ARCHITECTURE
    name = suffix.partition("-")[0]
    return _BINARIES.get(name, name)


def capabilities_of(guest: Guest) -> Capabilities:
    """The capabilities for the architecture that a guest names, or that its emulator has."""
    return capabilities_for(guest.arch or architecture_of(guest.emulator))
