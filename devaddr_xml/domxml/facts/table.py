"""The one table: the facts about each device's element, by its name."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from devaddr_xml.domxml.addresses import ADDRESS_ATTRIBUTES
from devaddr_xml.domxml.devices import LAYOUTS
from devaddr_xml.domxml.facts.fact import Fact, OneOf, Place, place_of

#: Where the facts about each element are: the file in this folder, and their name in it.
WHERE: dict[str, tuple[str, str]] = {
    "disk": ("disks", "DISK"),
    "controller": ("platform", "CONTROLLER"),
    "filesystem": ("interfaces", "FILESYSTEM"),
    "interface": ("interfaces", "INTERFACE"),
    "smartcard": ("character", "SMARTCARD"),
    "serial": ("character", "SERIAL"),
    "parallel": ("character", "PARALLEL"),
    "console": ("character", "CONSOLE"),
    "channel": ("character", "CHANNEL"),
    "input": ("display", "INPUT"),
    "tpm": ("platform", "TPM"),
    "graphics": ("display", "GRAPHICS"),
    "sound": ("display", "SOUND"),
    "audio": ("display", "AUDIO"),
    "video": ("display", "VIDEO"),
    "hostdev": ("host", "HOSTDEV"),
    "redirdev": ("character", "REDIRDEV"),
    "redirfilter": ("host", "REDIRFILTER"),
    "hub": ("platform", "HUB"),
    "watchdog": ("platform", "WATCHDOG"),
    "memballoon": ("platform", "MEMBALLOON"),
    "rng": ("character", "RNG"),
    "panic": ("platform", "PANIC"),
    "pstore": ("platform", "PSTORE"),
    "shmem": ("platform", "SHMEM"),
    "memory": ("platform", "MEMORY"),
    "iommu": ("platform", "IOMMU"),
    "vsock": ("platform", "VSOCK"),
    "crypto": ("platform", "CRYPTO"),
    "lease": ("host", "LEASE"),
}

#: Devices without any address.
_NOWHERE = frozenset(("graphics", "audio"))

#: What holds of every other device.
EVERY: tuple[Fact, ...] = (OneOf("address/@type", values=tuple(ADDRESS_ATTRIBUTES)),)


def facts_of(tag: str) -> tuple[Fact, ...] | None:
    """The facts about an element; none for what has no facts. A file is imported for documents with such elements."""
    where = WHERE.get(tag)
    if where is None:
        return None
    file, name = where
    facts: tuple[Fact, ...] = getattr(import_module(f"devaddr_xml.domxml.facts.{file}"), name)
    return facts


@cache
def place_for(tag: str) -> Place | None:
    """The facts about the element of one kind of device, by where they are looked up; none for what has no facts."""
    facts = facts_of(tag)
    return None if facts is None else place_of((*facts, *(EVERY if tag in LAYOUTS and tag not in _NOWHERE else ())))
