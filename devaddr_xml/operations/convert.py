"""Converting a document: its guest goes over to another machine."""

from __future__ import annotations

from devaddr_xml.domxml.document import Document, parse
from devaddr_xml.domxml.faults import located, warned
from devaddr_xml.domxml.sound import read_sound
from devaddr_xml.domxml.splice import Splicer
from devaddr_xml.domxml.writer import write
from devaddr_xml.engine.lifecycle.convert import Missing, Replaced
from devaddr_xml.engine.lifecycle.convert import convert as change
from devaddr_xml.engine.lifecycle.keep_names import Renamed
from devaddr_xml.model.errors import Unsupported
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.naming import references
from devaddr_xml.operations.results import Result
from devaddr_xml.operations.target import NEWEST, Target
from devaddr_xml.views.diff import Diff, compare


class Conversion(Result, frozen=True, kw_only=True):
    """A domain on another machine.

    before: its guest as it was, complete. replaced: devices whose counterpart takes their place. missing: devices that
    were dropped. renamed: interfaces that could not keep their names, where that was asked for. diff: what the guest
    notices.
    """

    before: Guest
    replaced: tuple[Replaced, ...] = ()
    missing: tuple[Missing, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    diff: Diff = Diff()


def convert(
    domain: str | bytes, machine: str, target: Target = NEWEST, drop: bool = False, keep_names: bool = False
) -> Conversion:
    """Put a domain on another machine of its architecture.

    drop: leave out what has no counterpart there. keep_names: interfaces keep their names where they can.
    Raises Unsupported for what has no counterpart unless it is dropped, else DevaddrError.
    """
    document = parse(domain)
    guest = read_sound(document)
    capabilities, host = target.facts(guest)
    with located(document):
        layout = change(guest, machine, capabilities=capabilities, host=host, drop=drop, keep_names=keep_names)
    _check_firmware(document, layout.after.guest)
    document = parse(_on_machine(document, machine))
    guest = read_sound(document)
    gone = {id(device) for device in layout.leaving}
    complete = layout.before.aligned
    count = len(guest.devices)
    positions = frozenset(at for at, device in enumerate(complete[:count]) if id(device) in gone)
    staying = [device for device in layout.before.guest.devices if id(device) not in gone]
    now = dict(zip(map(id, staying), layout.after.aligned, strict=False))
    devices = [now[id(device)] for device in complete if id(device) not in gone]
    devices += layout.after.aligned[len(staying) :]
    named = references(layout.before.guest.devices)
    owners = {ref: now.get(id(devices[0])) for ref, devices in named.items() if len(devices) == 1}
    return Conversion(
        xml=write(document, guest, layout.after.guest, devices, leaving=positions, owners=owners),
        before=layout.before.guest,
        guest=layout.after.guest,
        added=layout.after.added,
        removed=layout.leaving,
        decisions=layout.after.decisions,
        replaced=layout.replaced,
        missing=layout.missing,
        renamed=layout.renamed,
        warnings=warned(document, layout.after.warnings),
        diff=compare(layout.before.guest, layout.after.guest),
    )


def _on_machine(document: Document, machine: str) -> str:
    """The text of the document with another machine type."""
    splicer = Splicer(document)
    system = document.root.first("os")
    type_ = system.first("type") if system is not None else None
    if type_ is not None:
        splicer.set_attributes(type_, {"machine": machine}, {"arch": 0, "machine": 1})
    return splicer.result()


def _check_firmware(document: Document, guest: Guest) -> None:
    """Refuse what of the firmware exists on q35 only; raises Unsupported."""
    system = document.root.first("os")
    loader = system.first("loader") if system is not None else None
    if loader is None or loader.attributes.get("secure") != "yes" or "q35" in (guest.machine or ""):
        return
    raise Unsupported(
        f"secure boot (<loader secure='yes'>) exists on q35 machines only, and this one is {guest.machine}",
        line=document.line(loader),
        remedy="Choose a loader without secure boot first",
    )
