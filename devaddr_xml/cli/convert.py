"""``devaddr-xml convert``: from one machine to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from devaddr_xml.cli.complete import machines
from devaddr_xml.cli.guests import Refused, one_document
from devaddr_xml.cli.messages import PROGRAM, tell, tell_warning
from devaddr_xml.cli.output import deliver
from devaddr_xml.cli.target_options import target_options
from devaddr_xml.domxml.encoding import encoded_like
from devaddr_xml.model.errors import DevaddrError
from devaddr_xml.operations.target import Target

if TYPE_CHECKING:
    from devaddr_xml.operations.convert import Conversion

EXAMPLES = """\b
Examples:
  devaddr-xml convert guest.xml --machine q35 -o guest-q35.xml
  devaddr-xml convert guest.xml --machine q35 --keep-names -o guest-q35.xml
  devaddr-xml convert guest.xml --machine pc --drop > guest-pc.xml
  virsh dumpxml guest | devaddr-xml convert - --machine q35 --connect qemu:///system | virsh define /dev/stdin
"""


@click.command("convert", epilog=EXAMPLES)
@click.argument("domain", type=click.Path(allow_dash=True))
@click.option(
    "--machine",
    required=True,
    metavar="NAME",
    shell_complete=machines,
    help="The machine: q35, pc, virt, or a version such as pc-q35-9.0.",
)
@click.option("--drop", is_flag=True, help="Leave out devices that have no counterpart there.")
@click.option("--keep-names", is_flag=True, help="Put interfaces where a Linux guest gives them the same names.")
@click.option("-o", "--output", metavar="FILE", type=click.Path(allow_dash=True), help="Write the result to FILE.")
@click.option("-q", "--quiet", is_flag=True, help="List no changes, and leave out warnings.")
@target_options
def command(
    domain: str,
    machine: str,
    drop: bool,
    keep_names: bool,
    output: str | None,
    quiet: bool,
    target: Target,
) -> None:
    """Put the domain in the file DOMAIN on another machine of its architecture, and print it.

    Chipset devices that the new machine lacks become their counterparts. IDE disks go to SATA in their order. USB
    controllers of the PIIX become the machine's own. ich9 and ac97 sound and chipset watchdogs are exchanged.
    Controllers are laid out again. Every other device stays, with its model, back end and boot order. A device
    without a counterpart is an error; with --drop it is left out. With --keep-names an interface goes to a place
    that gives it the same name, such as slot 3 of a bridge for ens3; other interfaces are listed. Standard error
    lists what changes for the guest.
    """
    from devaddr_xml.operations.convert import convert

    document = one_document(domain)
    try:
        found = convert(document.data, machine, target, drop, keep_names)
    except DevaddrError as error:
        raise Refused(document, error) from error
    if not quiet:
        for notice in found.warnings:
            tell_warning(document, notice)
        _tell(found)
    deliver(encoded_like(found.xml, document.data), output)


def _tell(found: Conversion) -> None:
    """What was replaced and dropped, then all that the guest notices."""
    from devaddr_xml.cli.diff import as_text

    for replaced in found.replaced:
        tell(f"{PROGRAM}: {replaced}")
    for missing in found.missing:
        tell(f"{PROGRAM}: dropped: {missing}")
    for renamed in found.renamed:
        tell(f"{PROGRAM}: not kept: {renamed}")
    for line in as_text(found.diff).splitlines():
        tell(line)
