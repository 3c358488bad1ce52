"""``devaddr-xml attach``: where devices go that are attached to a domain."""

from __future__ import annotations

import click

from devaddr_xml.cli.documents import read_bytes
from devaddr_xml.cli.guests import Refused, one_document
from devaddr_xml.cli.like_options import read_earlier_file
from devaddr_xml.cli.messages import tell_warning
from devaddr_xml.cli.output import deliver
from devaddr_xml.cli.policy_options import policy_options
from devaddr_xml.cli.target_options import target_options
from devaddr_xml.domxml.encoding import encoded_like
from devaddr_xml.model.errors import DevaddrError
from devaddr_xml.model.policy import Policy
from devaddr_xml.operations.target import Target

EXAMPLES = """\b
Examples:
  devaddr-xml attach guest.xml nic.xml disk.xml -o guest-with-them.xml
  virsh dumpxml guest | devaddr-xml attach --live - nic.xml > placed.xml && virsh attach-device guest placed.xml --live
  devaddr-xml attach --print devices guest.xml nic.xml
"""


@click.command("attach", epilog=EXAMPLES)
@click.argument("domain", type=click.Path(allow_dash=True))
@click.argument("devices", metavar="DEVICE...", nargs=-1, required=True, type=click.Path(allow_dash=True))
@click.option("--live", is_flag=True, help="Allow only what can be hotplugged into the running guest.")
@click.option(
    "--config", is_flag=True, help="Attach to the stopped guest, with new controllers where needed; the default."
)
@click.option(
    "--print",
    "wanted",
    type=click.Choice(["devices", "domain", "commands"]),
    help="Print device XML, the whole domain, or commands for QEMU. By default devices with --live, else the domain.",
)
@click.option("-o", "--output", metavar="FILE", type=click.Path(allow_dash=True), help="Write the result to FILE.")
@click.option("-q", "--quiet", is_flag=True, help="Leave out warnings.")
@click.option(
    "--like",
    metavar="OLD",
    type=click.Path(allow_dash=True),
    help="A device that is in OLD goes back to its place there: a domain, a neutral guest, or a lock file.",
)
@policy_options
@target_options
def command(
    domain: str,
    devices: tuple[str, ...],
    live: bool,
    config: bool,
    wanted: str | None,
    output: str | None,
    quiet: bool,
    like: str | None,
    policy: Policy | None,
    target: Target,
) -> None:
    """Find places for the devices in DEVICE files in the domain in the file DOMAIN.

    A DEVICE file holds device XML for virsh attach-device: one device or several, with or without hints. With
    --live, DOMAIN is the output of virsh dumpxml for the running guest, and only places that the running guest
    already has are used. Without --live, controllers are added as needed, and the command prints the new domain.
    When there is no place, the error says why each place is unusable and what helps.

    Devices of one slot-group are plugged in as functions of one slot: the highest function comes first, and function 0
    last, since the guest looks at the slot then. libvirt plugs in function 0 only. --print commands gives the commands
    that QEMU takes itself (device_add), without back ends.
    """
    from devaddr_xml.operations.attach import attach

    if live and config:
        raise click.UsageError("--live is for the running guest, and --config for the stopped one; choose one")
    if [domain, *devices, like].count("-") > 1:
        raise click.UsageError("only one of the documents can come from standard input")
    document = one_document(domain)
    earlier = read_earlier_file(like) if like is not None else None
    fragments = [("<stdin>" if path == "-" else path, read_bytes(path)) for path in devices]

    try:
        found = attach(document.data, fragments, policy, target, live, document.name, earlier)
    except DevaddrError as error:
        raise Refused(document, error) from error
    if not quiet:
        for notice in found.warnings:
            tell_warning(document, notice)
    wanted = wanted or ("devices" if live else "domain")
    if wanted == "commands":
        deliver("".join(f"{command}\n" for command in found.commands).encode(), output)
    elif wanted == "domain":
        deliver(encoded_like(found.xml, document.data), output)
    else:
        deliver("".join(f"{xml}\n" for xml in found.device_xml).encode(), output)
