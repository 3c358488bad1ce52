"""``devaddr-xml assign``: its options."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from devaddr_xml.cli.assigning import assign_files
from devaddr_xml.cli.colour import colour_option
from devaddr_xml.cli.documents import named_files
from devaddr_xml.cli.like_options import like_options
from devaddr_xml.cli.policy_options import policy_options
from devaddr_xml.cli.target_options import target_options
from devaddr_xml.model.policy import Policy
from devaddr_xml.operations.target import Target

if TYPE_CHECKING:
    from devaddr_xml.model.lock import Lock

EXAMPLES = """\b
Examples:
  devaddr-xml assign guest.xml > complete.xml
  devaddr-xml assign --in-place domains/*.xml
  devaddr-xml assign --check --diff complete.xml
  virsh dumpxml --inactive guest | devaddr-xml assign --connect qemu:///system | virsh define /dev/stdin
  devaddr-xml assign --profile hotplug --set spare-ports=4 guest.xml -o complete.xml
  devaddr-xml assign rendered.xml --like deployed.xml -o complete.xml
  devaddr-xml assign guest.xml --lock guest.lock.json -o complete.xml
"""


@click.command("assign", epilog=EXAMPLES)
@click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path(allow_dash=True))
@click.option("-o", "--output", metavar="FILE", type=click.Path(allow_dash=True), help="Write the result to FILE.")
@click.option("-i", "--in-place", is_flag=True, help="Write each result to the file that was read.")
@click.option("--check", "only_check", is_flag=True, help="Write nothing. The exit code is 1 if a file would change.")
@click.option("--diff", "as_diff", is_flag=True, help="Write nothing. Print the changes as a unified diff.")
@colour_option
@click.option("-q", "--quiet", is_flag=True, help="Leave out warnings.")
@like_options
@click.option("--lock", metavar="FILE", type=click.Path(), help="Also write the layout to FILE, for a later --like.")
@click.option(
    "--report", metavar="FILE", type=click.Path(), help="Write the kept, new and removed devices to FILE, as JSON."
)
@policy_options
@target_options
def command(
    files: tuple[str, ...],
    output: str | None,
    in_place: bool,
    only_check: bool,
    as_diff: bool,
    colour: bool,
    quiet: bool,
    earlier: Lock | None,
    if_possible: bool,
    lock: str | None,
    report: str | None,
    policy: Policy | None,
    target: Target,
) -> int:
    """Give every device in the domain XML of each FILE its address.

    It adds the controllers and devices that libvirt would add. Everything else in a document stays as it is. A FILE
    may hold several documents one after the other. A folder stands for all its files whose names end in .xml. Without
    FILE, or with -, the command reads standard input. If a document is refused, its file stays as it was.

    With --like, devices that are also in OLD keep their places, and so do the controllers they need. Devices match
    by alias, MAC address, target, host address or controller number, else by kind and model in document order. New
    devices go around them. If a device must move, for example on another machine, the command lists it and writes
    nothing. With --like-if-possible the device gets another place, and the exit code is 3.
    """
    names = named_files(files)
    _refuse_options(names, output, in_place, only_check or as_diff, report is not None and earlier is None)
    return assign_files(
        names,
        output=output,
        in_place=in_place,
        only_check=only_check,
        as_diff=as_diff,
        colour=colour,
        quiet=quiet,
        earlier=earlier,
        if_possible=if_possible,
        lock=lock,
        report=report,
        policy=policy,
        target=target,
    )


def _refuse_options(names: list[str], output: str | None, in_place: bool, looks_only: bool, report_alone: bool) -> None:
    """Options that exclude each other."""
    if in_place and output is not None:
        raise click.UsageError("--in-place and --output exclude each other")
    if in_place and looks_only:
        raise click.UsageError("--check and --diff write nothing, so --in-place has no meaning with them")
    if in_place and "-" in names:
        raise click.UsageError("--in-place needs a FILE: standard input is not one")
    if report_alone:
        raise click.UsageError("--report needs --like or --like-if-possible")
