"""Gives every device of a libvirt domain its address, off the hypervisor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from devaddr_xml._version import __version__
    from devaddr_xml.model.capabilities import Capabilities
    from devaddr_xml.model.errors import DefinitionChanged, DevaddrError, LayoutNotKept
    from devaddr_xml.model.guest import Guest
    from devaddr_xml.model.hints import Hints
    from devaddr_xml.model.host import HostFacts
    from devaddr_xml.model.lock import Lock
    from devaddr_xml.model.plan import Plan
    from devaddr_xml.model.policy import DeviceHints, Policy, Spare
    from devaddr_xml.operations.assign import Assignment
    from devaddr_xml.operations.attach import Attachment
    from devaddr_xml.operations.check import Report
    from devaddr_xml.operations.detach import Detachment
    from devaddr_xml.operations.migrate import Migration
    from devaddr_xml.probe.embedded import known_capabilities
    from devaddr_xml.views.capacity import Capacity
    from devaddr_xml.views.diff import Diff

__all__ = [
    "Assignment",
    "Attachment",
    "Capabilities",
    "Capacity",
    "DefinitionChanged",
    "Detachment",
    "DevaddrError",
    "DeviceHints",
    "Diff",
    "Guest",
    "Hints",
    "HostFacts",
    "LayoutNotKept",
    "Lock",
    "Migration",
    "Plan",
    "Policy",
    "Report",
    "Spare",
    "__version__",
    "assign",
    "attach",
    "capacity",
    "check",
    "define",
    "detach",
    "diff",
    "known_capabilities",
    "migrate",
    "plan",
]

#: Where the public names live; they are imported when they are first asked for.
_HOMES = {
    "Assignment": "devaddr_xml.operations.assign",
    "Attachment": "devaddr_xml.operations.attach",
    "Capabilities": "devaddr_xml.model.capabilities",
    "Capacity": "devaddr_xml.views.capacity",
    "DefinitionChanged": "devaddr_xml.model.errors",
    "Detachment": "devaddr_xml.operations.detach",
    "DevaddrError": "devaddr_xml.model.errors",
    "DeviceHints": "devaddr_xml.model.policy",
    "Diff": "devaddr_xml.views.diff",
    "Guest": "devaddr_xml.model.guest",
    "Hints": "devaddr_xml.model.hints",
    "HostFacts": "devaddr_xml.model.host",
    "LayoutNotKept": "devaddr_xml.model.errors",
    "Lock": "devaddr_xml.model.lock",
    "Migration": "devaddr_xml.operations.migrate",
    "Plan": "devaddr_xml.model.plan",
    "Policy": "devaddr_xml.model.policy",
    "Report": "devaddr_xml.operations.check",
    "Spare": "devaddr_xml.model.policy",
    "__version__": "devaddr_xml._version",
    "known_capabilities": "devaddr_xml.probe.embedded",
}


def assign(
    xml: str | bytes,
    *,
    policy: Policy | None = None,
    capabilities: Capabilities | None = None,
    host: HostFacts | None = None,
    like: str | bytes | Guest | Lock | None = None,
    if_possible: bool = False,
) -> Assignment:
    """Give every device of a domain document its address, and add the controllers and devices that libvirt adds.

    xml: the domain XML, complete or a skeleton. policy: wishes that win over the document's own. capabilities: of the
    QEMU and libvirt that the domain is for; the newest known ones without it. host: what is known of the host's PCI
    devices; nothing is read from this machine. like: an earlier layout (a domain, a snapshot or status document, a
    guest, or a lock file), whose devices keep their places. if_possible: a device that cannot have its place gets
    another one, with a warning, and LayoutNotKept is not raised. Raises DevaddrError when the document cannot be read
    or the domain cannot be.
    """
    from devaddr_xml.operations import assign as operation
    from devaddr_xml.operations.target import Target

    target = Target(capabilities, host)
    if like is None:
        return operation.assign(xml, policy, target)
    from devaddr_xml.operations.earlier import read_earlier

    return operation.assign_like(xml, read_earlier(like), policy, target, if_possible)


def plan(
    guest: Guest,
    *,
    policy: Policy | None = None,
    capabilities: Capabilities | None = None,
    host: HostFacts | None = None,
    thorough: bool = False,
    like: str | bytes | Guest | Lock | None = None,
    if_possible: bool = False,
) -> Plan:
    """Give every device of a guest its address, without any XML; the guest that was passed in stays as it was.

    policy, capabilities, host, like, if_possible: as for `assign`. thorough: let decisions also say what else was
    considered. Raises DevaddrError when the guest cannot be.
    """
    from devaddr_xml.operations import plan as operation
    from devaddr_xml.operations.target import Target

    target = Target(capabilities, host)
    if like is None:
        return operation.plan(guest, policy, target, thorough)
    from devaddr_xml.operations.earlier import read_earlier

    earlier = read_earlier(like)
    return operation.plan_like(guest, earlier, policy, target, if_possible=if_possible, thorough=thorough).plan


def attach(
    domain: str | bytes,
    devices: str | bytes | Sequence[str | bytes],
    *,
    live: bool = False,
    policy: Policy | None = None,
    capabilities: Capabilities | None = None,
    host: HostFacts | None = None,
    like: str | bytes | Guest | Lock | None = None,
) -> Attachment:
    """Find the places at which devices should be attached to a domain, several at once if need be.

    domain: the domain XML. devices: device XML as ``virsh attach-device`` takes it; each text may hold several devices,
    hints on them, and a ``<devices>`` around them. live: allow only what can be hotplugged into the running guest,
    whose own document ``domain`` then is: no new controller, function 0 of a place with hotplug. Without it controllers
    are added as needed. policy, capabilities, host: as for `assign`. like: an earlier layout; a device that was in it
    goes back to its place.
    Raises PlacementError when there is no place, with every candidate and why it is out; Unsupported for a device that
    cannot be hotplugged; else DevaddrError as `assign` does.
    """
    from devaddr_xml.operations.attach import attach as place
    from devaddr_xml.operations.target import Target

    texts = [devices] if isinstance(devices, str | bytes) else devices
    fragments = [(f"device document {number}", text) for number, text in enumerate(texts, 1)]
    if like is None:
        return place(domain, fragments, policy, Target(capabilities, host), live)
    from devaddr_xml.operations.earlier import read_earlier

    return place(domain, fragments, policy, Target(capabilities, host), live, earlier=read_earlier(like))


def detach(
    domain: str | bytes,
    refs: str | Sequence[str],
    *,
    policy: Policy | None = None,
    capabilities: Capabilities | None = None,
    host: HostFacts | None = None,
) -> Detachment:
    """Take devices out of a domain; nothing else moves, and the result says what is free now and what stays reserved.

    domain: the domain XML. refs: references of the hint vocabulary: alias, MAC address, target, host address,
    TYPE.INDEX or TAG[N]. policy, capabilities, host: as for `assign`.
    Raises ValueInvalid for a reference that names no device or several, PlacementError for a device that others need,
    Unsupported for one that libvirt would add again.
    """
    from devaddr_xml.operations.detach import detach as remove
    from devaddr_xml.operations.target import Target

    names = [refs] if isinstance(refs, str) else refs
    return remove(domain, names, policy, Target(capabilities, host))


def migrate(
    domain: str | bytes,
    policy: Policy | None = None,
    *,
    keep: Literal["all", "none"] | Sequence[str] = "all",
    freeze: bool = False,
    capabilities: Capabilities | None = None,
    host: HostFacts | None = None,
) -> Migration:
    """Put a domain, whose addresses libvirt or anybody chose, under a policy.

    domain: the domain XML. policy: what wins over the document's own. keep: which devices keep their addresses. With
    ``all`` nothing moves: the policy's promises are met by additions, and what cannot be met so is in ``unmet``. With
    ``none``, or a list of references, everything else is laid out anew, and controllers that only served it are
    dropped. freeze: only write the policy and its version into the metadata. capabilities, host: as for `assign`.
    Raises DevaddrError when the domain cannot be, or what is laid out anew finds no place.
    """
    from devaddr_xml.model.policy import NO_POLICY
    from devaddr_xml.operations import migrate as operation
    from devaddr_xml.operations.target import Target

    wanted, target = policy or NO_POLICY, Target(capabilities, host)
    if freeze:
        return operation.freeze(domain, wanted, target)
    kept = None if keep == "all" else () if keep == "none" else keep
    return operation.migrate(domain, wanted, kept, target)


def check(
    xml: str | bytes,
    *,
    policy: Policy | None = None,
    capabilities: Capabilities | None = None,
    host: HostFacts | None = None,
    schema: str | Path | None = None,
) -> Report:
    """Look at a domain from every side: markup, libvirt's grammar, hints, refusals, and the rules of every layout.

    xml: a domain, or a snapshot or status document with a domain inside. policy, capabilities, host: as for `assign`.
    schema: libvirt's ``domain.rng``; without it the grammar is not looked at (``domxml.schema.installed_schema`` finds
    it). What is wrong with the document is a finding, not an error.
    """
    from pathlib import Path

    from devaddr_xml.operations.check import check as examine
    from devaddr_xml.operations.target import Target

    return examine(xml, policy, Target(capabilities, host), Path(schema) if schema is not None else None)


def define(
    connection: Any,
    xml: str | bytes,
    *,
    policy: Policy | None = None,
    capabilities: Capabilities | None = None,
    host: HostFacts | None = None,
) -> Any:
    """Assign the addresses of a domain, define it in libvirt, and make sure that libvirt took it as it is.

    connection: a ``libvirt.virConnect``. xml, policy: as for `assign`. capabilities, host: without them the connection
    is asked. Returns the ``libvirt.virDomain``. When libvirt changed a device, a controller or an address, the earlier
    definition, or that there was none, is restored, and DefinitionChanged is raised with what was changed.
    Raises DevaddrError as `assign` does; libvirt's own error when libvirt refuses the domain.
    """
    from devaddr_xml.operations.define import define as define_domain
    from devaddr_xml.operations.target import Target

    return define_domain(connection, xml, policy, Target(capabilities, host))


def capacity(
    domain: str | bytes | Guest, *, capabilities: Capabilities | None = None, host: HostFacts | None = None
) -> Capacity:
    """Count the places of each kind that a domain has: used, free, and free for a device that is plugged in now.

    domain: domain XML, a snapshot or status document with a domain inside, or a guest. What has no address yet is
    counted where it would go. capabilities, host: as for `assign`. Raises DevaddrError when the domain cannot be.
    """
    from devaddr_xml.operations.capacity import capacity as count
    from devaddr_xml.operations.target import Target

    return count(domain, Target(capabilities, host))


def diff(old: str | bytes | Guest, new: str | bytes | Guest) -> Diff:
    """Compare the hardware of two guests: what was added, removed, moved or changed, and what the guest notices of it.

    old, new: domain XML, a snapshot or status document with a domain inside, or guests; taken as they stand. Devices
    are matched by what they are, never by their order. Raises DevaddrError when a document cannot be read.
    """
    from devaddr_xml.operations.diff import diff as compare

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
