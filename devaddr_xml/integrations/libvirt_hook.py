"""The answers to libvirt's qemu hook: whether a guest that is about to run has the layout that its policy asks for.

libvirt calls a hook with the name of the guest, an operation and the domain on standard input, while it holds the guest
(https://libvirt.org/hooks.html). A hook must not call libvirt, and it cannot give addresses: what it prints is read for
two operations only, and must have the same guest ABI. So this one looks, and refuses.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from devaddr_xml.domxml.document import Document
    from devaddr_xml.model.guest import Guest
    from devaddr_xml.views.diff import Change

REFUSED = 1

#: Operations before a guest runs: for the first time, or again, since it comes from another host or from a file.
BEFORE_START = ("prepare", "start")

#: Operations on a guest that comes from another host or from a file; libvirt reads what is printed.
ON_THE_MOVE = ("migrate", "restore")

#: What a document without any hint does not contain.
HINTS_MARK = b"urn:devaddr-xml:"

REMEDY = "Run devaddr-xml assign on the domain and define the result, or change the policy in its metadata"


class Answer(msgspec.Struct, frozen=True):
    """What the hook answers: its exit code, what it prints, and lines for standard error, which libvirt reports."""

    code: int = 0
    output: bytes = b""
    messages: tuple[str, ...] = ()


def needs_document(operation: str) -> bool:
    """Whether the answer depends on the domain; the others (reconnect, release, unknown ones ...) are always 0."""
    return operation in BEFORE_START or operation in ON_THE_MOVE


def answer(operation: str, document: bytes = b"") -> Answer:
    """Answer an operation: 0 with the unchanged document where libvirt reads one, or 1 and why.

    A document without a policy, and an operation that asks nothing, is always answered with 0. Nothing that the
    document names is opened. Never raises DevaddrError.
    """
    if not needs_document(operation):
        return Answer()
    moving = operation in ON_THE_MOVE
    accepted = Answer(output=document if moving else b"")
    if HINTS_MARK not in document:
        return accepted
    from devaddr_xml.model.errors import DevaddrError

    try:
        broken = broken_promises(document, moving)
    except DevaddrError as error:
        return Answer(REFUSED, messages=(str(error),))
    return Answer(REFUSED, messages=(*broken, REMEDY)) if broken else accepted


def broken_promises(xml: bytes, moving: bool = False) -> list[str]:
    """What the policy in the domain's metadata asks for and the domain does not have, one line each.

    Of a guest that has run, as ``moving`` or elements of a running guest show, only what it
    has counts: devices that were plugged in since have used its spare ports, as intended, and it cannot get new ones.
    Raises DevaddrError when the policy cannot be met at all.
    """
    from devaddr_xml.domxml.document import parse
    from devaddr_xml.domxml.reader import read
    from devaddr_xml.views.diff import compare

    document = parse(xml)
    guest = read(document)
    found = compare(_planned(_without_policy(guest)), _planned(guest))
    return [_line(change) for change in _that_count(found.changes, moving or has_run(document))]


def has_run(document: Document) -> bool:
    """Whether libvirt has written into the document what it only knows of a guest that it has started.

    That is the control group of the guest, and that its processor was compared with the host's in full. Before a guest
    starts for the first time neither is there, unless somebody asked for it.
    """
    root = document.root
    cpu = root.first("cpu")
    return root.first("resource") is not None or (cpu is not None and cpu.attributes.get("check") == "full")


def _planned(guest: Guest) -> Guest:
    import devaddr_xml

    return devaddr_xml.plan(guest).guest


def _without_policy(guest: Guest) -> Guest:
    """The guest as plain libvirt would take it: what it adds to a document by itself is no breach of the policy."""
    devices = [msgspec.structs.replace(device, hints=None) for device in guest.devices]
    return msgspec.structs.replace(guest, policy=None, devices=devices)


def _that_count(changes: Iterable[Change], has_run: bool) -> list[Change]:
    if not has_run:
        return list(changes)
    return [change for change in changes if change.change != "added" and change.attribute != "hotplug"]


def _line(change: Change) -> str:
    line = f"line {change.old_line}: " if change.old_line else ""
    if change.change == "added":
        return f"{line}{change.device} is missing" + (f" at {change.new}" if change.new else "")
    what = "address" if change.change == "moved" else change.attribute
    return f"{line}{change.device}: {what} is {change.old or 'unset'}, and the policy asks for {change.new or 'none'}"
