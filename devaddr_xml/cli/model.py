"""``devaddr-xml model``: a domain as a neutral guest, or the schema of neutral guests."""

from __future__ import annotations

import click

from devaddr_xml.cli.output import deliver

EXAMPLES = """\b
Examples:
  devaddr-xml model guest.xml > guest.json
  devaddr-xml model guest.xml | devaddr-xml plan - | devaddr-xml render --template guest.xml -
  devaddr-xml model --schema > guest.schema.json
"""


@click.command("model", epilog=EXAMPLES)
@click.argument("file", default="-", type=click.Path(allow_dash=True))
@click.option("--schema", is_flag=True, help="Print the JSON Schema of a guest, and read nothing.")
@click.option("-o", "--output", metavar="FILE", type=click.Path(allow_dash=True), help="Write the result to FILE.")
def command(file: str, schema: bool, output: str | None) -> None:
    """Print the domain in FILE as a neutral guest in JSON: what decides where devices go, and nothing else.

    Nothing is assigned; plan does that. FILE can also be a snapshot or status file with a domain inside.
    """
    import msgspec

    from devaddr_xml.cli.guests import as_json, load_guest
    from devaddr_xml.model.guest import Guest

    if schema:
        text = msgspec.json.format(msgspec.json.encode(Guest.json_schema()), indent=2).decode() + "\n"
    else:
        text = as_json(load_guest(file)[1])
    deliver(text.encode(), output)
