"""``devaddr-xml render``: a neutral guest as a domain."""

from __future__ import annotations

import click

from devaddr_xml.cli.output import deliver
from devaddr_xml.model.errors import DevaddrError

EXAMPLES = """\b
Examples:
  devaddr-xml render --template guest.xml complete.json
  devaddr-xml plan guest.json | devaddr-xml render > guest.xml
"""


@click.command("render", epilog=EXAMPLES)
@click.argument("file", default="-", type=click.Path(allow_dash=True))
@click.option(
    "--template", metavar="DOMAIN", type=click.Path(allow_dash=True), help="The domain into which the guest is written."
)
@click.option("-o", "--output", metavar="FILE", type=click.Path(allow_dash=True), help="Write the result to FILE.")
def command(file: str, template: str | None, output: str | None) -> None:
    """Print the neutral guest in FILE as domain XML.

    With a template, which must have devices of the guest only, its addresses, models, controllers and hints are written
    into that, and everything else of it stays as it is. Without one, the domain is made up: files, networks and other
    back ends, of which the guest says nothing, have placeholders.
    """
    from devaddr_xml.cli.documents import read_documents
    from devaddr_xml.cli.guests import Refused, load_guest
    from devaddr_xml.operations.render import render

    if template == file == "-":
        raise click.UsageError("only one of the two documents can come from standard input")
    document, guest = load_guest(file)
    if template is not None:
        document = read_documents(template)[0]
    try:
        text = render(guest, document.data if template is not None else None)
    except DevaddrError as error:
        raise Refused(document, error) from error
    deliver(text.encode(), output)
