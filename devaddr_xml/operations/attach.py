"""Attaching: a domain and device XML in, device XML with addresses and the domain out."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from devaddr_xml.domxml.document import Document
from devaddr_xml.domxml.facts.relations import taken
from devaddr_xml.domxml.faults import located, warned
from devaddr_xml.domxml.fragment import Arrival, Fragment, element_text, read_fragment, refuse_unsound_devices
from devaddr_xml.domxml.nested import parse_holder
from devaddr_xml.domxml.policy_writer import strip_hints
from devaddr_xml.domxml.sound import read_sound
from devaddr_xml.domxml.splice import Splicer
from devaddr_xml.domxml.writer import write, write_device
from devaddr_xml.engine.lifecycle.attach import attach as place
from devaddr_xml.engine.lifecycle.both import with_places_of
from devaddr_xml.model.address import Address
from devaddr_xml.model.device import AnyDevice, Device
from devaddr_xml.model.lines import SourceLine
from devaddr_xml.model.lock import Lock
from devaddr_xml.model.notice import Notice
from devaddr_xml.model.policy import Policy
from devaddr_xml.operations.plan import plan
from devaddr_xml.operations.results import Result
from devaddr_xml.operations.target import NEWEST, Target
from devaddr_xml.views.plug_commands import in_order


class Attachment(Result, frozen=True, kw_only=True):
    """A domain with the devices that were attached.

    devices: the attached devices, in the order given; live, functions of a slot come from the highest, function 0 last.
    device_xml: each of them as XML, ready for ``virsh attach-device``; their hints are in the policy of the domain.
    """

    devices: tuple[Device, ...] = ()
    device_xml: tuple[str, ...] = ()

    @property
    def commands(self) -> tuple[str, ...]:
        """The QMP commands by which QEMU itself plugs the devices in, without their back ends."""
        from devaddr_xml.views.plug_commands import plug_commands

        return plug_commands(self.guest, self.devices)


def attach(
    domain: str | bytes,
    fragments: Sequence[tuple[str, str | bytes]],
    policy: Policy | None = None,
    target: Target = NEWEST,
    live: bool = False,
    name: str = "the domain",
    earlier: Lock | None = None,
    addresses: Sequence[Address | None] | None = None,
) -> Attachment:
    """Give the devices of ``fragments``, pairs of a name for messages and device XML, their places in a domain.

    domain: a domain, or a snapshot or status document that holds one; name: of it, for messages. live: only places
    that the running guest has. earlier: a layout to whose places devices go back. addresses: of the devices, where they
    are known. Raises DevaddrError; the line number of a device knows its document.
    """
    document = parse_holder(domain)
    guest = read_sound(document)
    for device in guest.devices:
        device.line = SourceLine(device.line or 1, name)
    parts = [read_fragment(xml, fragment) for fragment, xml in fragments]
    for part in parts:
        refuse_unsound_devices(part)
        for error in taken(part.document, part.nodes, document):
            error.line = SourceLine(error.line or 1, part.name)
            error.other_line = SourceLine(error.other_line or 1, name)
            raise error
    capabilities, host = target.facts(guest)
    devices = [device for part in parts for device in part.devices]
    if addresses is not None:
        devices = [msgspec.structs.replace(device, address=at) for device, at in zip(devices, addresses, strict=True)]
    with located(document):
        layout = place(guest, devices, policy=policy, capabilities=capabilities, host=host, live=live, earlier=earlier)
    for device in layout.plan.guest.devices:
        device.line = int(device.line) if device.line else None
    texts = _texts(parts, layout.devices)
    new = {id(device) for device in (*layout.devices, *layout.plan.added)}
    devices = layout.plan.guest.devices
    aligned = [d for d in devices if id(d) not in new] + [d for d in devices if id(d) in new]
    arrivals = {id(device): Arrival(device.kind, text) for device, text in zip(layout.devices, texts, strict=True)}
    by_device = dict(zip(map(id, layout.devices), texts, strict=True))
    ordered = in_order(layout.devices) if live else layout.devices
    return Attachment(
        xml=write(document, guest, layout.plan.guest, aligned, arrivals=arrivals),
        guest=layout.plan.guest,
        devices=tuple(ordered),
        device_xml=tuple([document.as_text(by_device[id(device)]) for device in ordered]),
        added=layout.plan.added,
        decisions=layout.plan.decisions,
        warnings=(*(doubt for part in parts for doubt in part.doubts), *_warned(document, name, layout.plan.warnings)),
    )


class BothAttached(msgspec.Struct, frozen=True, kw_only=True):
    """Devices that were attached to a running guest and to its definition, at the same places.

    live, config: the one and the other with the devices.
    """

    live: Attachment
    config: Attachment

    @property
    def device_xml(self) -> tuple[str, ...]:
        """Each device as XML, ready for ``virsh attach-device --live --config``."""
        return self.live.device_xml


def attach_both(
    live: str | bytes,
    config: str | bytes,
    fragments: Sequence[tuple[str, str | bytes]],
    policy: Policy | None = None,
    target: Target = NEWEST,
    names: tuple[str, str] = ("the running domain", "the definition"),
) -> BothAttached:
    """Give devices places that are free both in a running guest and in its definition, and attach them to both.

    live, config: the document of the running guest, and that with which it starts next. names: of both, for messages.
    Raises DevaddrError.
    """
    running, defined = read_sound(parse_holder(live)), read_sound(parse_holder(config))
    parts = [read_fragment(xml, fragment) for fragment, xml in fragments]
    capabilities, host = target.facts(running)
    complete = plan(defined, policy, target).guest
    layout = place(
        with_places_of(running, complete),
        [device for part in parts for device in part.devices],
        policy=policy,
        capabilities=capabilities,
        host=host,
        live=True,
    )
    addresses = [device.address for device in layout.devices]
    return BothAttached(
        live=attach(live, fragments, policy, target, live=True, name=names[0], addresses=addresses),
        config=attach(config, fragments, policy, target, name=names[1], addresses=addresses),
    )


def _warned(document: Document, name: str, notices: Sequence[Notice]) -> list[Notice]:
    """The warnings about the domain, whose document has a name in messages."""
    return [
        msgspec.structs.replace(each, line=each.line if isinstance(each.line, SourceLine) else SourceLine(line, name))
        for each in warned(document, notices)
        if (line := each.line or 1)
    ]


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
