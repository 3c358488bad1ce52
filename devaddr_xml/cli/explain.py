"""``devaddr-xml explain``: why the devices of a domain are where they are."""

from __future__ import annotations

import click

from devaddr_xml.cli.failures import Unreadable
from devaddr_xml.cli.guests import load_plan
from devaddr_xml.cli.output import deliver
from devaddr_xml.cli.policy_options import policy_options
from devaddr_xml.cli.target_options import target_options
from devaddr_xml.model.errors import DevaddrError
from devaddr_xml.model.policy import Policy
from devaddr_xml.operations.target import Target

EXAMPLES = """\b
Examples:
  devaddr-xml explain guest.xml
  devaddr-xml explain guest.xml vda
  devaddr-xml explain --json guest.xml pci.3
"""


@click.command("explain", epilog=EXAMPLES)
@click.argument("file", type=click.Path(allow_dash=True))
@click.argument("device", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@policy_options
@target_options
def command(
    file: str,
    device: str | None,
    as_json: bool,
    policy: Policy | None,
    target: Target,
) -> None:
    """Say why each device of the domain in FILE, or DEVICE alone, is where it is.

    DEVICE is an alias, MAC address, disk target, host address, controller such as scsi.0, or an element with its number
    such as sound[1]. For what has no address yet it says what assign would decide, for the rest that it was given.
    """
    from devaddr_xml.views.explain import explain

    _, plan = load_plan(file, target, policy, thorough=True)
    try:
        found = explain(plan, None if device is None else (device,))
    except DevaddrError as error:
        raise Unreadable(str(error)) from error
    if as_json:
        import msgspec

        deliver(msgspec.json.encode({"devices": found}) + b"\n", None)
    else:
        deliver("".join(f"{explanation}\n" for explanation in found).encode(), None)
