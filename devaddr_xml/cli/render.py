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

    With a template, the command writes addresses, models, controllers and hints into the template, and leaves the
    rest of it as it is. The template has no devices that the guest lacks. Without a template, files, networks and
    other back ends are placeholders, since a neutral guest has none.
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
