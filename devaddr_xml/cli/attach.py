"""``devaddr-xml attach``: where devices go that are attached to a domain."""

from __future__ import annotations

import click

from devaddr_xml.cli.documents import read_bytes
from devaddr_xml.cli.guests import Refused, one_document
from devaddr_xml.cli.like_options import read_earlier_file
from devaddr_xml.cli.messages import tell_warning
from devaddr_xml.cli.output import deliver
from devaddr_xml.cli.policy_options import policy_options
from devaddr_xml.cli.source import Document
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
  devaddr-xml attach --live --config live.xml inactive.xml nic.xml > placed.xml
"""


@click.command("attach", epilog=EXAMPLES)
@click.argument("domain", type=click.Path(allow_dash=True))
@click.argument("devices", metavar="DEVICE...", nargs=-1, required=True, type=click.Path(allow_dash=True))
@click.option("--live", is_flag=True, help="Allow only what can be hotplugged into the running guest.")
@click.option(
    "--config",
    is_flag=True,
    help="Attach to the stopped guest, with new controllers where needed; the default. With --live: to both.",
)
@click.option(
    "--print",
    "wanted",
    type=click.Choice(["devices", "domain", "commands"]),
    help="Print device XML, the whole domain, or commands for QEMU. By default devices with --live, else the domain.",
)
@click.option("-o", "--output", metavar="FILE", type=click.Path(allow_dash=True), help="Write the result to FILE.")
@click.option("-i", "--in-place", is_flag=True, help="With --live --config: write the devices into both documents.")
@click.option("-q", "--quiet", is_flag=True, help="Leave out warnings.")
@click.option(
    "--like",
    metavar="OLD",
    type=click.Path(allow_dash=True),
    help="A device that is in OLD gets its place there. OLD is a domain, a neutral guest, or a lock file.",
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
    in_place: bool,
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

    With --live and --config, the first DEVICE is the document with which the guest starts next (virsh dumpxml
    --inactive). The places are free in both documents, and the device XML is for virsh attach-device --live --config.

    Devices of one slot-group become functions of one slot. The highest function is plugged in first and function 0
    last, since the guest then looks at the slot. libvirt plugs in function 0 only. So --print commands prints QEMU's
    own commands (device_add), without back ends.
    """
    from devaddr_xml.operations.attach import attach

    both = live and config
    _refuse_options(both, len(devices), in_place, wanted, output, like)
    if [domain, *devices, like].count("-") > 1:
        raise click.UsageError("only one of the documents can come from standard input")
    document = one_document(domain)
    earlier = read_earlier_file(like) if like is not None else None
    fragments = [("<stdin>" if path == "-" else path, read_bytes(path)) for path in devices]
    if both:
        _attach_to_both(document, fragments, policy, target, quiet, output, in_place)
        return
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


def _refuse_options(
    both: bool, devices: int, in_place: bool, wanted: str | None, output: str | None, like: str | None
) -> None:
    """Refuse options that exclude each other, and what --live with --config needs and does not have."""
    if in_place and not both:
        raise click.UsageError("--in-place is for --live with --config")
    if in_place and output is not None:
        raise click.UsageError("--in-place and --output exclude each other")
    if both and devices < 2:
        raise click.UsageError("--live with --config needs the running domain, its definition, and then devices")
    if both and (wanted not in (None, "devices") or like is not None):
        raise click.UsageError("--live with --config prints device XML, and excludes --like")


def _attach_to_both(
    running: Document,
    fragments: list[tuple[str, bytes]],
    policy: Policy | None,
    target: Target,
    quiet: bool,
    output: str | None,
    in_place: bool,
) -> None:
    """Attach devices to a running guest and its definition, which is the first of the fragments."""
    from devaddr_xml.operations.attach import attach_both

    (name, data), *devices = fragments
    try:
        found = attach_both(running.data, data, devices, policy, target, (running.name, name))
    except DevaddrError as error:
        raise Refused(running, error) from error
    if not quiet:
        for notice in dict.fromkeys((*found.live.warnings, *found.config.warnings)):
            tell_warning(running, notice)
    if in_place:
        deliver(encoded_like(found.config.xml, data), name)
        deliver(encoded_like(found.live.xml, running.data), running.name)
        return
    deliver("".join(f"{xml}\n" for xml in found.device_xml).encode(), output)
