"""``devaddr-xml show``: the layout of a domain, as text or as a drawing."""

from __future__ import annotations

import os
import sys

import click

from devaddr_xml.cli.guests import load_plan
from devaddr_xml.cli.output import deliver
from devaddr_xml.cli.policy_options import policy_options
from devaddr_xml.cli.target_options import target_options
from devaddr_xml.model.policy import Policy
from devaddr_xml.operations.target import Target
from devaddr_xml.views.forms import FORMS

EXAMPLES = """\b
Examples:
  devaddr-xml show guest.xml
  devaddr-xml show --format svg -o layout.svg guest.xml
  devaddr-xml show --format html -o layout.html --compare before.xml after.xml
  devaddr-xml show --format nccl --host host.json -o topology.xml guest.xml
  virsh dumpxml guest | devaddr-xml show | less
"""


#: The form that is not of a layout as such, but of the passed-through devices in it.
NCCL = "nccl"


@click.command("show", epilog=EXAMPLES)
@click.argument("file", default="-", type=click.Path(allow_dash=True))
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice([*FORMS, NCCL]),
    default="text",
    show_default=True,
    help="A tree for the terminal, a drawing, a page with it, data, input for Graphviz, or a topology for NCCL.",
)
@click.option(
    "--compare", "other", metavar="OTHER", type=click.Path(allow_dash=True), help="Show OTHER, too, and what moved."
)
@click.option("-o", "--output", metavar="FILE", type=click.Path(allow_dash=True), help="Write the result to FILE.")
@click.option("--colour/--no-colour", default=None, help="Colours in text; without this, on a terminal only.")
@policy_options
@target_options
def command(
    file: str,
    form: str,
    other: str | None,
    output: str | None,
    colour: bool | None,
    policy: Policy | None,
    target: Target,
) -> None:
    """Show where every device of the domain in FILE is, or would be put: buses, slots, nodes and free places.

    FILE is a domain, a snapshot or status file with a domain inside, or a neutral guest in JSON. What is not in it and
    would be added is marked with a plus sign. The form nccl is a file for NCCL_TOPO_FILE in the guest: with --host it
    has the tree of the host, with addresses as the guest sees them; without, that of the guest.
    """
    from devaddr_xml.operations.show import nccl, show

    if other == file == "-":
        raise click.UsageError("only one of the two documents can come from standard input")
    document, plan = load_plan(file, target, policy)
    if form == NCCL:
        if other is not None:
            raise click.UsageError("--compare is for forms that show a layout, and nccl does not")
        deliver(nccl(plan, target).encode(), output)
        return
    plans, titles = [plan], list[str]()
    if other is not None:
        other_document, other_plan = load_plan(other, target, policy)
        plans, titles = [other_plan, plan], [other_document.name, document.name]
    to_terminal = output in (None, "-") and _is_terminal()
    with_colour = colour if colour is not None else to_terminal and not os.environ.get("NO_COLOR")
    deliver(show(plans, form, titles, _width() if to_terminal else None, with_colour).encode(), output)


def _width() -> int:
    """The columns of the terminal."""
    import shutil

    return shutil.get_terminal_size().columns


def _is_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()
