"""Attaching from documents to documents: a domain and device XML in, device XML with addresses and the domain out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from devaddr_xml.domxml.fragment import Arrival, Fragment, element_text, read_fragment
from devaddr_xml.domxml.nested import parse_holder
from devaddr_xml.domxml.policy_writer import strip_hints
from devaddr_xml.domxml.reader import read
from devaddr_xml.domxml.splice import Splicer
from devaddr_xml.domxml.writer import write, write_device
from devaddr_xml.engine.lifecycle.attach import Attachment as Layout
from devaddr_xml.model.device import AnyDevice, Device
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.lines import SourceLine
from devaddr_xml.model.plan import Decision, Notice


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """Devices with their places, and the domain with them in it.

    devices: device XML in the order given, each ready for ``virsh attach-device``; hints are not in it, they are in the
    policy of the domain. xml: the domain, complete, with the devices. guest: the same as the neutral model. attached:
    the devices as the model has them. added: controllers and devices that were in neither. decisions: what was
    decided, why, and what else was considered.
    """

    devices: tuple[str, ...]
    xml: str
    guest: Guest
    attached: tuple[Device, ...] = ()
    added: tuple[Device, ...] = ()
    decisions: tuple[Decision, ...] = ()
    warnings: tuple[Notice, ...] = ()


def attach(
    domain: str | bytes,
    fragments: Sequence[tuple[str, str | bytes]],
    place: Callable[[Guest, Sequence[AnyDevice]], Layout],
    name: str = "the domain",
) -> Attachment:
    """Give the devices of ``fragments``, pairs of a name for messages and device XML, the places that ``place`` finds.

    domain: a domain, or a snapshot or status document that holds one; name: of it, for messages. Raises DevaddrError;
    the line number of a device knows its document.
    """
    document = parse_holder(domain)
    guest = read(document)
    for device in guest.devices:
        device.line = SourceLine(device.line or 1, name)
    parts = [read_fragment(xml, fragment) for fragment, xml in fragments]
    layout = place(guest, [device for part in parts for device in part.devices])
    for device in layout.plan.guest.devices:
        device.line = int(device.line) if device.line else None
    texts = _texts(parts, layout.devices)
    new = {id(device) for device in (*layout.devices, *layout.plan.added)}
    devices = layout.plan.guest.devices
    aligned = [d for d in devices if id(d) not in new] + [d for d in devices if id(d) in new]
    arrivals = {id(device): Arrival(device.kind, text) for device, text in zip(layout.devices, texts, strict=True)}
    return Attachment(
        devices=tuple(document.as_text(text) for text in texts),
        xml=write(document, guest, layout.plan.guest, aligned, arrivals=arrivals),
        guest=layout.plan.guest,
        attached=layout.devices,
        added=layout.plan.added,
        decisions=layout.plan.decisions,
        warnings=layout.plan.warnings,
    )


def _texts(parts: Sequence[Fragment], placed: Sequence[AnyDevice]) -> list[str]:
    """The elements of the devices with their addresses and without their hints."""
    texts = []
    waiting = iter(placed)
    for part in parts:
        splicer = Splicer(part.document)
        for node in part.document.dropped:
            splicer.remove(node)
        for node, old in zip(part.nodes, part.devices, strict=True):
            new = next(waiting)
            write_device(splicer, node, old, new, part.document.respelled.get(node.start, frozenset()))
            strip_hints(splicer, node)
        texts += [element_text(splicer, node) for node in part.nodes]
    return texts
