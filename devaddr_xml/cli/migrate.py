"""``devaddr-xml migrate``: from one way of placing devices to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from devaddr_xml.cli.complete import kept
from devaddr_xml.cli.documents import named_files
from devaddr_xml.cli.failures import REFUSED
from devaddr_xml.cli.guests import Refused, one_document
from devaddr_xml.cli.messages import PROGRAM, tell, tell_warning
from devaddr_xml.cli.output import deliver
from devaddr_xml.cli.policy_options import policy_options
from devaddr_xml.cli.target_options import target_options
from devaddr_xml.domxml.encoding import encoded_like
from devaddr_xml.model.errors import DevaddrError
from devaddr_xml.model.policy import NO_POLICY, Policy
from devaddr_xml.operations.target import Target

if TYPE_CHECKING:
    from devaddr_xml.operations.migrate import Migration

EXAMPLES = """\b
Examples:
  devaddr-xml migrate --profile hotplug guest.xml -o guest-hotplug.xml
  devaddr-xml migrate --profile packed --keep none guest.xml > packed.xml
  devaddr-xml migrate --set pcie-placement=root-complex --keep vda --keep 52:54:00:11:22:33 guest.xml
  virsh dumpxml --inactive guest | devaddr-xml migrate --freeze --connect qemu:///system - | virsh define /dev/stdin
"""


@click.command("migrate", epilog=EXAMPLES)
@click.argument("files", metavar="[DOMAIN]...", nargs=-1, type=click.Path(allow_dash=True))
@click.option(
    "--keep",
    metavar="all|none|REF",
    shell_complete=kept,
    multiple=True,
    help="The devices that keep their addresses: all (the default), none, or those named, one option each. "
    "The controllers above such a device and function 0 of its slot also stay.",
)
@click.option("--freeze", is_flag=True, help="Only write the policy and its version into the metadata.")
@click.option("-o", "--output", metavar="FILE", type=click.Path(allow_dash=True), help="Write the result to FILE.")
@click.option("-i", "--in-place", is_flag=True, help="Write each result to the file that was read.")
@click.option("--json", "as_json", is_flag=True, help="Print the changes and unmet requests as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="List no changes, and leave out warnings.")
@policy_options
@target_options
def command(
    files: tuple[str, ...],
    keep: tuple[str, ...],
    freeze: bool,
    output: str | None,
    in_place: bool,
    as_json: bool,
    quiet: bool,
    policy: Policy | None,
    target: Target,
) -> int:
    """Put the domain in each file DOMAIN under a policy, whoever chose its addresses, and print it.

    By default no device moves. The command meets the policy by additions, and lists on standard error what
    additions cannot meet. With --keep none, or with the devices to keep, it lays out the other devices anew, drops
    controllers that only served them, and lists what the guest sees of the change. It prints the domain on standard
    output. With --json it prints the report instead, and writes the domain only to the --output FILE. The exit code is
    1 if the domain has something that libvirt accepts but QEMU or the guest cannot use, since no policy allows that.
    """
    kept = _kept(keep)
    if freeze and keep:
        raise click.UsageError("--freeze changes no address, so --keep has no meaning with it")
    names = named_files(files)
    if in_place and (output is not None or "-" in names):
        raise click.UsageError("--in-place needs files, and excludes --output")
    made = {name: _migrated(name, policy or NO_POLICY, kept, freeze, target, as_json, quiet) for name in names}
    adopted = {name: data for name, (found, data) in made.items() if found.adopted}
    if in_place:
        for name, data in adopted.items():
            deliver(data, name)
    elif adopted and (not as_json or output is not None):
        deliver(b"".join(adopted.values()), output)
    if as_json:
        deliver("".join(found.to_json() + "\n" for found, _ in made.values()).encode(), None)
    return 0 if len(adopted) == len(made) else REFUSED


def _migrated(
    path: str,
    policy: Policy,
    keep: tuple[str, ...] | None,
    freeze: bool,
    target: Target,
    as_json: bool,
    quiet: bool,
) -> tuple[Migration, bytes]:
    """One domain under the policy, and its document; what changes is told. Raises Unreadable or Refused."""
    from devaddr_xml.operations import migrate as operation

    document = one_document(path)
    try:
        found = (
            operation.freeze(document.data, policy, target)
            if freeze
            else operation.migrate(document.data, policy, keep, target)
        )
    except DevaddrError as error:
        raise Refused(document, error) from error
    if not quiet:
        for notice in found.warnings:
            tell_warning(document, notice)
        if not as_json:
            _tell(found)
    return found, encoded_like(found.xml, document.data)


def _kept(keep: tuple[str, ...]) -> tuple[str, ...] | None:
    """The references of the devices that keep their addresses; None for all of them."""
    if "all" in keep or "none" in keep:
        if len(keep) > 1:
            raise click.BadParameter("all and none exclude other values", param_hint="--keep")
        return None if keep[0] == "all" else ()
    return keep or None


def _tell(found: Migration) -> None:
    """What changes for the guest, then what is not met."""
    from devaddr_xml.cli.diff import as_text

    for line in as_text(found.diff).splitlines():
        tell(line)
    for unmet in found.unmet:
        tell(f"{PROGRAM}: not met: {unmet}")
