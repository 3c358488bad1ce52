"""``devaddr-xml assign``: complete one document or several."""

from __future__ import annotations

import click

from devaddr_xml.cli.documents import read_documents
from devaddr_xml.cli.failures import REFUSED
from devaddr_xml.cli.messages import tell_refusal, tell_warning
from devaddr_xml.cli.output import deliver
from devaddr_xml.cli.policy_options import policy_options
from devaddr_xml.cli.source import Document
from devaddr_xml.cli.target_options import target_options
from devaddr_xml.model.errors import DevaddrError
from devaddr_xml.model.policy import Policy
from devaddr_xml.operations.assign import assign
from devaddr_xml.operations.target import Target

EXAMPLES = """\b
Examples:
  devaddr-xml assign guest.xml > complete.xml
  devaddr-xml assign --in-place guest.xml
  virsh dumpxml --inactive guest | devaddr-xml assign --connect qemu:///system | virsh define /dev/stdin
  devaddr-xml assign --profile hotplug --set spare-ports=4 guest.xml -o complete.xml
"""


@click.command("assign", epilog=EXAMPLES)
@click.argument("file", default="-", type=click.Path(allow_dash=True))
@click.option("-o", "--output", metavar="FILE", type=click.Path(allow_dash=True), help="Write the result to FILE.")
@click.option("-i", "--in-place", is_flag=True, help="Write the result to the file that was read.")
@click.option("-q", "--quiet", is_flag=True, help="Leave out warnings.")
@policy_options
@target_options
def command(
    file: str,
    output: str | None,
    in_place: bool,
    quiet: bool,
    policy: Policy | None,
    target: Target,
) -> None:
    """Give every device in the domain XML of FILE its address.

    Controllers and devices that libvirt would add are added; everything else in the document stays as it is. FILE may
    hold several documents one after the other; without FILE, or with -, standard input is read. Files are replaced as a
    whole or, when a document is refused, not at all.
    """
    if in_place and output is not None:
        raise click.UsageError("--in-place and --output exclude each other")
    if in_place and file == "-":
        raise click.UsageError("--in-place needs a FILE: standard input is not one")
    documents = read_documents(file)
    results = [_assigned(document, policy, target, quiet) for document in documents]
    if None in results:
        raise click.exceptions.Exit(REFUSED)
    data = "".join(result for result in results if result is not None).encode()
    if in_place and data == b"".join(document.data for document in documents):
        return
    deliver(data, file if in_place else output)


def _assigned(document: Document, policy: Policy | None, target: Target, quiet: bool) -> str | None:
    """The completed document; none when it is refused, which is told."""
    try:
        assignment = assign(document.data, policy, target)
    except DevaddrError as error:
        tell_refusal(document, error)
        return None
    if not quiet:
        for notice in assignment.warnings:
            tell_warning(document, notice)
    return assignment.xml
