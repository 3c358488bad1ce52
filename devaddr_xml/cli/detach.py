"""``devaddr-xml detach``: a domain without some of its devices, and what they leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from devaddr_xml.cli.complete import devices
from devaddr_xml.cli.guests import Refused, one_document
from devaddr_xml.cli.messages import PROGRAM, tell, tell_warning
from devaddr_xml.cli.output import deliver
from devaddr_xml.cli.target_options import target_options
from devaddr_xml.domxml.encoding import encoded_like
from devaddr_xml.model.errors import DevaddrError
from devaddr_xml.model.naming import label
from devaddr_xml.operations.target import Target

if TYPE_CHECKING:
    from devaddr_xml.operations.detach import Freed

EXAMPLES = """\b
Examples:
  devaddr-xml detach guest.xml vdb -o without-vdb.xml
  devaddr-xml detach guest.xml 52:54:00:11:22:33 ua-gpu0 > smaller.xml
  virsh dumpxml --inactive guest | devaddr-xml detach --connect qemu:///system - sound[1] | virsh define /dev/stdin
"""


@click.command("detach", epilog=EXAMPLES)
@click.argument("domain", type=click.Path(allow_dash=True))
@click.argument("refs", metavar="REF...", nargs=-1, required=True, shell_complete=devices)
@click.option("-o", "--output", metavar="FILE", type=click.Path(allow_dash=True), help="Write the result to FILE.")
@click.option("-q", "--quiet", is_flag=True, help="List no free places, and leave out warnings.")
@target_options
def command(
    domain: str,
    refs: tuple[str, ...],
    output: str | None,
    quiet: bool,
    target: Target,
) -> None:
    """Remove the devices that REFs name from the domain in the file DOMAIN, and print the domain.

    A REF is an alias, MAC address, disk target, host address, controller such as scsi.0, or an element with its
    number such as sound[1]. No other device moves. Standard error lists the places that are free now and the
    controllers that stay reserved. Devices that others depend on are refused, such as function 0 of a shared slot.
    """
    from devaddr_xml.operations.detach import detach

    document = one_document(domain)

    try:
        found = detach(document.data, refs, target=target)
    except DevaddrError as error:
        raise Refused(document, error) from error
    if not quiet:
        for freed in found.freed:
            tell(f"{PROGRAM}: {as_text(freed)}")
        for controller in found.hotplug_on:
            tell(f"{PROGRAM}: hotplug of {label(controller)} is on now, as the policy asks for free ports")
        for device in found.added:
            reason = ", as the policy asks for free ports" if device.kind == "controller" else ""
            tell(f"{PROGRAM}: {label(device)} is added{reason}")
        for notice in found.warnings:
            tell_warning(document, notice)
    deliver(encoded_like(found.xml, document.data), output)


def as_text(freed: Freed) -> str:
    """The place that a device leaves, the controllers that stay, and its hints."""
    if freed.address is None:
        text = f"{freed.device} is removed; it had no address"
    elif freed.shared is not None:
        text = f"{freed.device} is removed from function {freed.address}; {freed.shared} still uses the slot"
    else:
        when = "even while the guest runs" if freed.hotplug else "but not while the guest runs"
        text = f"{freed.device} is removed from {freed.address}; the place is free for another device, {when}"
    if freed.stays:
        names = [f"{stay.controller}{' (now empty)' if stay.empty else ''}" for stay in freed.stays]
        text += f"; {' and '.join(names)} {'stay' if len(names) > 1 else 'stays'}"
    return text + ("; its hints are removed from the policy" if freed.hints else "")
