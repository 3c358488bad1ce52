"""Gives every device of a libvirt domain its address, off the hypervisor."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from devaddr_xml._version import __version__
    from devaddr_xml.domxml.assignment import Assignment
    from devaddr_xml.model.capabilities import Capabilities
    from devaddr_xml.model.errors import DevaddrError
    from devaddr_xml.model.guest import Guest
    from devaddr_xml.model.host import HostFacts
    from devaddr_xml.model.plan import Plan
    from devaddr_xml.model.policy import Policy
    from devaddr_xml.views.capacity import Capacity
    from devaddr_xml.views.diff import Diff

__all__ = [
    "Assignment",
    "Capabilities",
    "Capacity",
    "DevaddrError",
    "Diff",
    "Guest",
    "HostFacts",
    "Plan",
    "Policy",
    "__version__",
    "assign",
    "capacity",
    "diff",
    "plan",
]

#: Where the public names live; they are imported when they are first asked for.
_HOMES = {
    "Assignment": "devaddr_xml.domxml.assignment",
    "Capabilities": "devaddr_xml.model.capabilities",
    "Capacity": "devaddr_xml.views.capacity",
    "DevaddrError": "devaddr_xml.model.errors",
    "Diff": "devaddr_xml.views.diff",
    "Guest": "devaddr_xml.model.guest",
    "HostFacts": "devaddr_xml.model.host",
    "Plan": "devaddr_xml.model.plan",
    "Policy": "devaddr_xml.model.policy",
    "__version__": "devaddr_xml._version",
}


def assign(
    xml: str | bytes,
    *,
    policy: Policy | None = None,
    capabilities: Capabilities | None = None,
    host: HostFacts | None = None,
) -> Assignment:
    """Give every device of a domain document its address, and add the controllers and devices that libvirt adds.

    xml: the domain XML, complete or a skeleton. policy: wishes that win over the document's own. capabilities: of the
    QEMU and libvirt that the domain is for; the newest known ones without it. host: what is known of the host's PCI
    devices; nothing is read from this machine. Raises DevaddrError when the document cannot be read or the domain
    cannot be.
    """
    from devaddr_xml.domxml.assignment import complete

    return complete(xml, lambda guest: plan(guest, policy=policy, capabilities=capabilities, host=host))


def plan(
    guest: Guest,
    *,
    policy: Policy | None = None,
    capabilities: Capabilities | None = None,
    host: HostFacts | None = None,
) -> Plan:
    """Give every device of a guest its address, without any XML; the guest that was passed in stays as it was.

    policy, capabilities, host: as for `assign`. Raises DevaddrError when the guest cannot be.
    """
    from devaddr_xml.engine import passes

    if capabilities is None:
        from devaddr_xml.probe.embedded import architecture_of, capabilities_for

        capabilities = capabilities_for(guest.arch or architecture_of(guest.emulator))
    return passes.plan(guest, policy=policy, capabilities=capabilities, host=host)


def capacity(
    domain: str | bytes | Guest, *, capabilities: Capabilities | None = None, host: HostFacts | None = None
) -> Capacity:
    """Count the places of each kind that a domain has: used, free, and free for a device that is plugged in now.

    domain: domain XML, a snapshot or status document with a domain inside, or a guest. What has no address yet is
    counted where it would go. capabilities, host: as for `assign`. Raises DevaddrError when the domain cannot be.
    """
    from devaddr_xml.views.capacity import capacity as count

    if isinstance(domain, str | bytes):
        from devaddr_xml.domxml.nested import read_guest

        domain = read_guest(domain)
    return count(plan(domain, capabilities=capabilities, host=host).guest)


def diff(old: str | bytes | Guest, new: str | bytes | Guest) -> Diff:
    """Compare the hardware of two guests: what was added, removed, moved or changed, and what the guest notices of it.

    old, new: domain XML, a snapshot or status document with a domain inside, or guests; taken as they stand. Devices
    are matched by what they are, never by their order. Raises DevaddrError when a document cannot be read.
    """
    from devaddr_xml.views.diff import diff as compare

    return compare(old, new)


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
