"""``devaddr-xml plan``: a neutral guest with every controller and address."""

from __future__ import annotations

import click

from devaddr_xml.cli.like_options import like_options
from devaddr_xml.cli.output import deliver
from devaddr_xml.cli.policy_options import policy_options
from devaddr_xml.cli.target_options import target_options
from devaddr_xml.model.lock import Lock
from devaddr_xml.model.policy import Policy
from devaddr_xml.operations.target import Target

EXAMPLES = """\b
Examples:
  devaddr-xml plan guest.json > complete.json
  devaddr-xml model guest.xml | devaddr-xml plan --profile hotplug
"""


@click.command("plan", epilog=EXAMPLES)
@click.argument("file", default="-", type=click.Path(allow_dash=True))
@click.option("-o", "--output", metavar="FILE", type=click.Path(allow_dash=True), help="Write the result to FILE.")
@click.option("-q", "--quiet", is_flag=True, help="Leave out warnings.")
@like_options
@policy_options
@target_options
def command(
    file: str,
    output: str | None,
    quiet: bool,
    earlier: Lock | None,
    if_possible: bool,
    policy: Policy | None,
    target: Target,
) -> None:
    """Give every device of the neutral guest in FILE its address, and add what libvirt would add.

    This is assign for programs that have no domain XML. The input is JSON by the schema that model --schema prints.
    The output is the same guest with every controller, model and address. FILE can also be domain XML. With --like,
    devices that are also in OLD keep their places, as with assign.
    """
    from devaddr_xml.cli.guests import as_json, load_plan

    _, plan = load_plan(file, target, policy, quiet, earlier=earlier, if_possible=if_possible)
    deliver(as_json(plan.guest).encode(), output)
