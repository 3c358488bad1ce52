"""Defining a domain in libvirt so that it stays as it was planned: assign, define, read back, compare, undo."""

from __future__ import annotations

from typing import Any

import msgspec

from devaddr_xml.domxml.document import parse
from devaddr_xml.domxml.nested import read_guest
from devaddr_xml.domxml.reader import read
from devaddr_xml.model.errors import DefinitionChanged
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.policy import Policy
from devaddr_xml.operations.assign import Assignment, assign
from devaddr_xml.operations.target import NEWEST, Target
from devaddr_xml.probe.libvirt import probe_connection
from devaddr_xml.views.diff import Change, compare

#: libvirt's flags (virDomainXMLFlags, virDomainUndefineFlagsValues).
XML_SECURE = 1
XML_INACTIVE = 2
UNDEFINE_KEEP_NVRAM = 8


def define(
    connection: Any,
    xml: str | bytes,
    policy: Policy | None = None,
    target: Target = NEWEST,
) -> Any:
    """Assign a domain, define it in libvirt, and undo that when libvirt changed anything; see ``devaddr_xml.define``.

    target: what it does not say is asked of the connection.
    """
    document = parse(xml)
    guest = read(document)
    if target.capabilities is None:
        capabilities, host = probe_connection(connection, guest.arch, guest.machine, guest.emulator)
        target = msgspec.structs.replace(target, capabilities=capabilities, host=target.host or host)
    assignment = assign(xml, policy, target)
    identifier = document.root.first("uuid")
    before = _defined(connection, document.content(identifier) if identifier else None, guest.name)
    domain = connection.defineXML(assignment.xml)
    changes = _changes(assignment, domain)
    if not changes:
        return domain
    _undo(connection, domain, before)
    lines = tuple([_line(change) for change in changes])
    raise DefinitionChanged(
        f"libvirt changed the domain {guest.name} when it defined it, so the definition was undone: "
        + "; ".join(lines),
        changes=lines,
        remedy="Name the capabilities of its QEMU (capabilities=), or report it",
    )


def _defined(connection: Any, uuid: str | None, name: str | None) -> str | None:
    """The definition that there is already; none for a domain that is new or only runs."""
    for domain in connection.listAllDomains():
        same = domain.UUIDString() == uuid.lower() if uuid else domain.name() == name
        if same:
            return str(domain.XMLDesc(XML_INACTIVE | XML_SECURE)) if domain.isPersistent() else None
    return None


def _changes(assignment: Assignment, domain: Any) -> list[Change]:
    """What libvirt made different of the devices; what it says of the guest as a whole has no bearing on addresses."""
    kept: Guest = read_guest(domain.XMLDesc(XML_INACTIVE))
    return [change for change in compare(assignment.guest, kept).changes if change.kind != "guest"]


def _undo(connection: Any, domain: Any, before: str | None) -> None:
    """Bring back the earlier definition, or take the new one away."""
    if before is not None:
        connection.defineXML(before)
    else:
        domain.undefineFlags(UNDEFINE_KEEP_NVRAM)


def _line(change: Change) -> str:
    what = f" {change.attribute}" if change.attribute else ""
    if change.change in ("added", "removed"):
        return f"{change.device} was {change.change}"
    return f"{change.device}{what} was {change.old or 'unset'} and is {change.new or 'unset'}"
