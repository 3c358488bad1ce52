"""``devaddr-xml explain``: why the devices of a domain are where they are."""

from __future__ import annotations

import os.path
from typing import TYPE_CHECKING

import click

from devaddr_xml.cli.colour import colour_option, painted
from devaddr_xml.cli.complete import devices
from devaddr_xml.cli.documents import named_files
from devaddr_xml.cli.guests import Refused, load_guest
from devaddr_xml.cli.output import deliver
from devaddr_xml.cli.page import page_width, wrapped
from devaddr_xml.cli.policy_options import policy_options
from devaddr_xml.cli.target_options import target_options
from devaddr_xml.model.errors import DevaddrError
from devaddr_xml.model.policy import Policy
from devaddr_xml.operations.target import Target

if TYPE_CHECKING:
    from devaddr_xml.views.explain import Explanation

EXAMPLES = """\b
Examples:
  devaddr-xml explain guest.xml
  devaddr-xml explain guest.xml vda 03:00.0
  virsh dumpxml guest | devaddr-xml explain - interface
  devaddr-xml explain --json guest.xml pci.3
"""


@click.command("explain", epilog=EXAMPLES)
@click.argument("file", default="-", metavar="[FILE]", type=click.Path(allow_dash=True))
@click.argument("rest", metavar="[FILE]... [DEVICE]...", nargs=-1, shell_complete=devices)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("-o", "--output", metavar="FILE", type=click.Path(allow_dash=True), help="Write the result to FILE.")
@colour_option
@policy_options
@target_options
def command(
    file: str,
    rest: tuple[str, ...],
    as_json: bool,
    output: str | None,
    colour: bool,
    policy: Policy | None,
    target: Target,
) -> None:
    """Explain the place of each device of the domain in FILE, or of the DEVICEs only.

    A DEVICE is an alias, MAC address, disk target, host address, controller such as scsi.0, element with or without
    a number such as sound[1], or a PCI address as show prints it, such as 03:00.0. For a device without an address
    the command explains what assign would decide, for others the address that they have. Several FILEs come before
    the DEVICEs. Without FILE, or with -, the command reads standard input.
    """
    files, refs = _arguments(file, rest)
    found = [one for name in named_files(files) for one in _explained(name, refs, policy, target)]
    if as_json:
        import msgspec

        deliver(msgspec.json.encode({"devices": found}) + b"\n", output)
    else:
        text = "".join(f"{explanation}\n" for explanation in found)
        deliver(_headed(wrapped(text, page_width(output)), colour and output in (None, "-")).encode(), output)


def _headed(text: str, colour: bool) -> str:
    """The text with the names of devices, which have no margin, in bold."""
    if not colour:
        return text
    lines = text.splitlines()
    return "".join(f"{line if line.startswith(' ') else painted(line, 'bold', colour)}\n" for line in lines)


def _arguments(file: str, rest: tuple[str, ...]) -> tuple[list[str], tuple[str, ...]]:
    """Arguments that are files, and those after them, which name devices."""
    files = [file]
    for position, argument in enumerate(rest):
        if not os.path.exists(argument):
            return files, rest[position:]
        files.append(argument)
    return files, ()


def _explained(path: str, refs: tuple[str, ...], policy: Policy | None, target: Target) -> tuple[Explanation, ...]:
    """The explanations for one file; raises Unreadable or Refused."""
    from devaddr_xml.operations.explain import explain

    document, guest = load_guest(path)
    try:
        return explain(guest, refs or None, policy, target)
    except DevaddrError as error:
        raise Refused(document, error) from error
