"""Gives every device of a libvirt domain its address, on any machine.

The whole life of a guest: it gets its addresses, gains a network card, loses it again, and gets a policy.

>>> from devaddr_xml import assign, attach, capacity, check, detach, diff, explain, migrate
>>> domain = '''
... <domain type="kvm">
...   <name>web</name>
...   <memory unit="GiB">2</memory>
...   <os><type arch="x86_64" machine="q35">hvm</type></os>
...   <devices>
...     <disk type="file"><source file="/images/web.qcow2"/><target dev="vda" bus="virtio"/></disk>
...   </devices>
... </domain>
... '''
>>> web = assign(domain)
>>> [str(device.address) for device in web.guest.devices if device.kind == "disk"]
['0000:02:00.0']
>>> print(explain(web.guest, "vda")[0].reasons[0].outcome)
at 0000:02:00.0
>>> card = '<interface type="user"><mac address="52:54:00:00:00:01"/><model type="virtio"/></interface>'
>>> larger = attach(web.xml, card)
>>> [str(device.address) for device in larger.devices]
['0000:04:00.0']
>>> [change.change for change in diff(web.xml, larger.xml).changes]
['added']
>>> smaller = detach(larger.xml, "52:54:00:00:00:01")
>>> smaller.freed[0].hotplug
True
>>> grown = migrate(smaller.xml, "hotplug")
>>> capacity(grown.guest).total("pcie-port").hotpluggable >= 3
True
>>> check(grown.xml).ok
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from devaddr_xml._names import MODULES as _MODULES
from devaddr_xml._names import __all__ as __all__

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from devaddr_xml._names import *  # noqa: F403
    from devaddr_xml._names import (
        Assignment,
        Attachment,
        Capabilities,
        Capacity,
        Conversion,
        Detachment,
        Diff,
        Explanation,
        Guest,
        HostFacts,
        Migration,
        Plan,
        QemuArguments,
        Report,
    )
    from devaddr_xml.operations.arguments import Layout, PolicySource, References, Source

__all__ += [
    "assign",
    "attach",
    "capacity",
    "check",
    "convert",
    "define",
    "detach",
    "diff",
    "explain",
    "migrate",
    "plan",
    "qemu_args",
    "read_guest",
    "render",
    "show",
]


def assign(
    xml: Source,
    *,
    policy: PolicySource | None = None,
    capabilities: Capabilities | os.PathLike[str] | None = None,
    host: HostFacts | os.PathLike[str] | None = None,
    like: Layout | None = None,
    if_possible: bool = False,
) -> Assignment:
    """Give every device of a domain document its address, and add the controllers and devices that libvirt adds.

    xml: the domain XML, complete or a skeleton: text, bytes, or the path of its file. policy: overrides the document's
    own policy; a Policy, the name of a profile, or the path of a policy file. capabilities: the abilities of the target
    QEMU and libvirt, or the path of a file of ``devaddr-xml probe``; by default those of the newest known versions.
    host: facts about the host's PCI devices, or the path of their file; nothing is read from this machine. like: an
    earlier layout, whose devices keep their places: a domain, a snapshot or status document, a guest, or a lock file.
    if_possible: a device that cannot keep its place gets another one, with a warning, instead of LayoutNotKept.
    Raises DevaddrError if the document cannot be read or laid out. Raises LayoutNotKept if devices of ``like`` cannot
    keep their places. Raises TypeError for an argument of another type.
    """
    from devaddr_xml.operations import arguments
    from devaddr_xml.operations import assign as operation

    text, asked = arguments.document(xml), arguments.policy(policy)
    target = arguments.target(capabilities, host)
    if like is None:
        return operation.assign(text, asked, target)
    return operation.assign_like(text, arguments.earlier(like), asked, target, if_possible)


def plan(
    guest: Guest,
    *,
    policy: PolicySource | None = None,
    capabilities: Capabilities | os.PathLike[str] | None = None,
    host: HostFacts | os.PathLike[str] | None = None,
    thorough: bool = False,
    like: Layout | None = None,
    if_possible: bool = False,
) -> Plan:
    """Give every device of a guest its address, without XML. The guest itself does not change.

    guest: the neutral guest. policy, capabilities, host, like, if_possible: as for `assign`. thorough: decisions also
    list the places that were considered and not used, which takes time. Raises DevaddrError if the guest cannot be laid
    out. Raises LayoutNotKept as `assign` does.
    """
    from devaddr_xml.operations import arguments
    from devaddr_xml.operations import plan as operation

    own, asked = arguments.only_guest(guest), arguments.policy(policy)
    target = arguments.target(capabilities, host)
    if like is None:
        return operation.plan(own, asked, target, thorough)
    earlier = arguments.earlier(like)
    return operation.plan_like(own, earlier, asked, target, if_possible=if_possible, thorough=thorough).plan


def attach(
    domain: Source,
    devices: Source | Iterable[Source],
    *,
    live: bool = False,
    policy: PolicySource | None = None,
    capabilities: Capabilities | os.PathLike[str] | None = None,
    host: HostFacts | os.PathLike[str] | None = None,
    like: Layout | None = None,
) -> Attachment:
    """Find places for one or several devices that are attached to a domain.

    domain: the domain XML. devices: device XML for ``virsh attach-device``, one document or several; each can have
    several devices, hints on them, and a ``<devices>`` element around them. live: use only places that the running
    guest has: function 0 of a free hotpluggable slot. ``domain`` must then be the document of the running guest.
    Without live, controllers are added as needed. policy, capabilities, host: as for `assign`. like: an earlier layout;
    a device that is in it gets its place there. Raises PlacementError if there is no place; the message says why each
    place is unusable. Raises Unsupported for a device that cannot be hotplugged. Raises DevaddrError as `assign` does.
    """
    from devaddr_xml.operations import arguments
    from devaddr_xml.operations.attach import attach as operation

    return operation(
        arguments.document(domain, "domain"),
        arguments.documents(devices, "devices"),
        arguments.policy(policy),
        arguments.target(capabilities, host),
        live,
        earlier=None if like is None else arguments.earlier(like),
    )


def detach(
    domain: Source,
    refs: References,
    *,
    policy: PolicySource | None = None,
    capabilities: Capabilities | os.PathLike[str] | None = None,
    host: HostFacts | os.PathLike[str] | None = None,
) -> Detachment:
    """Remove devices from a domain. No other device moves.

    domain: the domain XML. refs: one reference or several: alias, MAC address, target, host address, TYPE.INDEX or
    TAG[N]. policy, capabilities, host: as for `assign`. The result lists the places that are free now, and the
    controllers that stay. Raises ValueInvalid for a reference that names no device or several devices.
    Raises PlacementError for a device that others need. Raises Unsupported for a device that libvirt would add again.
    """
    from devaddr_xml.operations import arguments
    from devaddr_xml.operations.detach import detach as operation

    text, named = arguments.document(domain, "domain"), arguments.references(refs)
    return operation(text, named, arguments.policy(policy), arguments.target(capabilities, host))


def migrate(
    domain: Source,
    policy: PolicySource | None = None,
    *,
    keep: Literal["all", "none"] | References = "all",
    freeze: bool = False,
    capabilities: Capabilities | os.PathLike[str] | None = None,
    host: HostFacts | os.PathLike[str] | None = None,
) -> Migration:
    """Put a domain under a policy, whoever chose its addresses.

    domain: the domain XML. policy: overrides the document's own policy; without it, the document's own. keep: the
    devices that keep their addresses: ``all``, ``none``, one reference or several. With ``all`` no device moves: only
    additions meet the policy, and ``unmet`` lists what they cannot meet. Otherwise the other devices are laid out
    again, except for function 0 of a slot with a kept device, and controllers that only served them are removed.
    freeze: only write the policy and its version into the metadata. capabilities, host: as for `assign`.
    Raises DevaddrError if the domain cannot be laid out, or if a device finds no place in the new layout.
    """
    from devaddr_xml.model.policy import NO_POLICY
    from devaddr_xml.operations import arguments
    from devaddr_xml.operations import migrate as operation

    text, target = arguments.document(domain, "domain"), arguments.target(capabilities, host)
    wanted = arguments.policy(policy) or NO_POLICY
    if freeze:
        return operation.freeze(text, wanted, target)
    return operation.migrate(text, wanted, arguments.kept(keep), target)


def convert(
    domain: Source,
    machine: str,
    *,
    drop: bool = False,
    keep_names: bool = False,
    capabilities: Capabilities | os.PathLike[str] | None = None,
    host: HostFacts | os.PathLike[str] | None = None,
) -> Conversion:
    """Put a domain on another machine of its architecture, such as a guest of i440fx on q35.

    domain: the domain XML. machine: the machine, as in ``os/type``. drop: leave out devices without a counterpart on
    that machine; by default they are an error that lists each of them. keep_names: give interfaces places where a Linux
    guest gives them the same names, if there are such places. capabilities, host: as for `assign`. Counterparts replace
    the devices of the old chipset, and controllers are laid out again. Raises Unsupported for an unknown machine, or
    for devices without a counterpart. Raises DevaddrError as `assign` does.
    """
    from devaddr_xml.operations import arguments
    from devaddr_xml.operations.convert import convert as operation

    target = arguments.target(capabilities, host)
    return operation(arguments.document(domain, "domain"), arguments.machine(machine), target, drop, keep_names)


def check(
    xml: Source,
    *,
    policy: PolicySource | None = None,
    capabilities: Capabilities | os.PathLike[str] | None = None,
    host: HostFacts | os.PathLike[str] | None = None,
    schema: str | os.PathLike[str] | None = None,
) -> Report:
    """Check a domain: its markup, libvirt's grammar, its hints, refusals, and the rules of every layout.

    xml: a domain, or a snapshot or status document with a domain inside. policy, capabilities, host: as for `assign`.
    schema: the path of libvirt's ``domain.rng``; by default the grammar is not checked. Faults of the document are
    findings of the report, not exceptions. Raises TypeError for an argument of another type.
    """
    from pathlib import Path

    from devaddr_xml.operations import arguments
    from devaddr_xml.operations.check import check as operation

    target = arguments.target(capabilities, host)
    grammar = Path(schema) if schema is not None else None
    return operation(arguments.document(xml), arguments.policy(policy), target, grammar)


def define(
    connection: Any,
    xml: Source,
    *,
    policy: PolicySource | None = None,
    capabilities: Capabilities | os.PathLike[str] | None = None,
    host: HostFacts | os.PathLike[str] | None = None,
) -> Any:
    """Assign the addresses of a domain, define it in libvirt, and check that libvirt changed nothing.

    connection: a ``libvirt.virConnect``. xml, policy: as for `assign`. capabilities, host: by default the connection is
    asked. Returns the ``libvirt.virDomain``. Raises DefinitionChanged with a list of changes if libvirt changed a
    device, a controller or an address; the definition is then undone. Raises DevaddrError as `assign` does. If libvirt
    refuses the domain, its own exception is raised.
    """
    from devaddr_xml.operations import arguments
    from devaddr_xml.operations.define import define as operation

    text, target = arguments.document(xml), arguments.target(capabilities, host)
    return operation(connection, text, arguments.policy(policy), target)


def capacity(
    domain: Source | Guest,
    *,
    capabilities: Capabilities | os.PathLike[str] | None = None,
    host: HostFacts | os.PathLike[str] | None = None,
) -> Capacity:
    """Count the places of each kind in a domain: used, free, and free for hotplug.

    domain: domain XML, a snapshot or status document with a domain inside, or a guest. A device without an address
    counts in the place where it would go. capabilities, host: as for `assign`. Raises DevaddrError if the domain cannot
    be laid out.
    """
    from devaddr_xml.operations import arguments
    from devaddr_xml.operations.capacity import capacity as operation

    return operation(arguments.guest(domain), arguments.target(capabilities, host))


def diff(old: Source | Guest, new: Source | Guest) -> Diff:
    """Compare the hardware of two guests: what was added, removed, moved or changed, and what the guest sees of it.

    old, new: domain XML, a snapshot or status document with a domain inside, or guests; taken as they stand. Devices
    are matched by what they are, never by their order. The result is false when nothing differs. Raises DevaddrError
    when a document cannot be read.
    """
    from devaddr_xml.operations import arguments
    from devaddr_xml.operations.diff import diff as operation

    return operation(arguments.guest(old, "old"), arguments.guest(new, "new"))


def explain(
    domain: Source | Guest,
    refs: References | None = None,
    *,
    policy: PolicySource | None = None,
    capabilities: Capabilities | os.PathLike[str] | None = None,
    host: HostFacts | os.PathLike[str] | None = None,
) -> tuple[Explanation, ...]:
    """Explain why devices are where they are.

    domain: as for `capacity`. refs: one reference or several, as for `detach`, or a PCI address in the guest; by
    default every device is explained. policy, capabilities, host: as for `assign`. Raises ValueInvalid for a reference
    that names no device or several devices. Raises DevaddrError if the domain cannot be laid out.
    """
    from devaddr_xml.operations import arguments
    from devaddr_xml.operations.explain import explain as operation

    named = None if refs is None else arguments.references(refs)
    target = arguments.target(capabilities, host)
    return operation(arguments.guest(domain), named, arguments.policy(policy), target)


def show(
    domain: Source | Guest,
    form: Literal["text", "svg", "html", "json", "dot"] = "text",
    *,
    compare: Source | Guest | None = None,
    policy: PolicySource | None = None,
    capabilities: Capabilities | os.PathLike[str] | None = None,
    host: HostFacts | os.PathLike[str] | None = None,
) -> str:
    """Show where every device of a domain is, or would go: as a tree, a drawing, a page, data or Graphviz input.

    domain: as for `capacity`. form: ``text``, ``svg``, ``html``, ``json`` or ``dot``. compare: the earlier layout, in
    the same forms as ``domain``; the result then also shows what moved. policy, capabilities, host: as for `assign`.
    Raises ValueInvalid for another form. Raises DevaddrError if a domain cannot be laid out.
    """
    from devaddr_xml.operations import arguments
    from devaddr_xml.operations.show import show_guests

    guests = [] if compare is None else [arguments.guest(compare, "compare")]
    target = arguments.target(capabilities, host)
    return show_guests([*guests, arguments.guest(domain)], form, arguments.policy(policy), target)


def qemu_args(
    domain: Source | Guest,
    *,
    policy: PolicySource | None = None,
    capabilities: Capabilities | os.PathLike[str] | None = None,
    host: HostFacts | os.PathLike[str] | None = None,
) -> QemuArguments:
    """The layout as arguments for QEMU: complete controllers, and for each device the properties of its place.

    domain: as for `capacity`. policy, capabilities, host: as for `assign`. Raises DevaddrError if the domain cannot be
    laid out.
    """
    from devaddr_xml.operations import arguments
    from devaddr_xml.operations.qemu_args import qemu_args as operation

    target = arguments.target(capabilities, host)
    return operation(arguments.guest(domain), arguments.policy(policy), target)


def read_guest(domain: Source) -> Guest:
    """The neutral guest in a document. Nothing is assigned.

    domain: a domain, a snapshot or status document with a domain inside, or the JSON of a guest. Raises DevaddrError if
    the document cannot be read.
    """
    from devaddr_xml.operations import arguments
    from devaddr_xml.operations.guests import read_guest as operation

    return operation(arguments.document(domain, "domain"))


def render(guest: Source | Guest, template: Source | None = None) -> str:
    """A neutral guest as domain XML.

    guest: a Guest, or its JSON. template: a domain without devices that the guest lacks. It gets the guest's models,
    addresses, controllers and hints, and is not changed otherwise. Without it, files, networks and other back ends are
    placeholders. Raises DevaddrError if the template cannot be read or has a device that the guest lacks.
    """
    from devaddr_xml.operations import arguments
    from devaddr_xml.operations.render import render as operation

    text = None if template is None else arguments.document(template, "template")
    return operation(arguments.guest(guest, "guest"), text)


if not TYPE_CHECKING:

    def __getattr__(name):
        from importlib import import_module

        for module, names in _MODULES.items():
            if name in names.split():
                value = globals()[name] = getattr(import_module(module), name)
                return value
        from difflib import get_close_matches

        near = get_close_matches(name, __all__, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}")

    def __dir__():
        return sorted(__all__)
