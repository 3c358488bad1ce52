"""``devaddr-xml migrate``: from one way of placing devices to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

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
@click.argument("domain", type=click.Path(allow_dash=True))
@click.option(
    "--keep",
    metavar="all|none|REF",
    multiple=True,
    help="Which devices keep their addresses: all of them (the default), none, or those named, one option each.",
)
@click.option("--freeze", is_flag=True, help="Only write the policy and its version into the metadata.")
@click.option("-o", "--output", metavar="FILE", type=click.Path(allow_dash=True), help="Write the result to FILE.")
@click.option("--json", "as_json", is_flag=True, help="Print what changed and what is not met as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing of changes, and leave out warnings.")
@policy_options
@target_options
def command(
    domain: str,
    keep: tuple[str, ...],
    freeze: bool,
    output: str | None,
    as_json: bool,
    quiet: bool,
    policy: Policy | None,
    target: Target,
) -> int:
    """Put the domain in the file DOMAIN, whose addresses libvirt or anybody chose, under a policy, and print it.

    By default no device moves: what the policy promises is met by additions, and what cannot be met so is listed on
    standard error. With --keep none, or with the devices to keep, the others are laid out anew, controllers that only
    served them are dropped, and what the guest will notice is listed. The domain is printed on standard output; with
    --json the report is, and the domain only written to the --output FILE. The exit code is 1 when the domain cannot
    be under the policy at all, since libvirt lets something in it pass that QEMU or the guest cannot use.
    """
    from devaddr_xml.operations import migrate as operation

    kept = _kept(keep)
    if freeze and keep:
        raise click.UsageError("--freeze changes no address, so --keep has no meaning with it")
    wanted = policy or NO_POLICY
    document = one_document(domain)
    try:
        found = (
            operation.freeze(document.data, wanted, target)
            if freeze
            else operation.migrate(document.data, wanted, kept, target)
        )
    except DevaddrError as error:
        raise Refused(document, error) from error
    if not quiet:
        for notice in found.warnings:
            tell_warning(document, notice)
        if not as_json:
            _tell(found)
    if found.adopted and (not as_json or output is not None):
        deliver(encoded_like(found.xml, document.data), output)
    if as_json:
        deliver((found.to_json() + "\n").encode(), None)
    return 0 if found.adopted else REFUSED


def _kept(keep: tuple[str, ...]) -> tuple[str, ...] | None:
    """The references of the devices that keep their addresses; none for all of them."""
    if "all" in keep or "none" in keep:
        if len(keep) > 1:
            raise click.BadParameter("all and none stand alone", param_hint="--keep")
        return None if keep[0] == "all" else ()
    return keep or None


def _tell(found: Migration) -> None:
    """What changes for the guest, then what is not met."""
    from devaddr_xml.cli.diff import as_text

    for line in as_text(found.diff).splitlines():
        tell(line)
    for unmet in found.unmet:
        tell(f"{PROGRAM}: not met: {unmet}")
