"""``devaddr-xml show``: the layout of a domain, as text or as a drawing."""

from __future__ import annotations

import os

import click

from devaddr_xml.cli.colour import colour_option
from devaddr_xml.cli.documents import named_files
from devaddr_xml.cli.guests import load_plan
from devaddr_xml.cli.output import deliver
from devaddr_xml.cli.page import page_width
from devaddr_xml.cli.policy_options import policy_options
from devaddr_xml.cli.target_options import target_options
from devaddr_xml.model.policy import Policy
from devaddr_xml.operations.target import Target
from devaddr_xml.views.forms import FORMS

EXAMPLES = """\b
Examples:
  devaddr-xml show guest.xml
  devaddr-xml show -o layout.svg guest.xml
  devaddr-xml show -o layout.html --compare before.xml after.xml
  devaddr-xml show --host host.json -o both.svg guest.xml
  devaddr-xml show --format nccl --host host.json -o topology.xml guest.xml
  virsh dumpxml guest | devaddr-xml show | less
"""


#: Endings of files that hold something else than any form: a tree of text in them is a mistake.
_OTHER_ENDINGS = frozenset(
    (
        ".csv",
        ".drawio",
        ".eps",
        ".gif",
        ".gz",
        ".jpeg",
        ".jpg",
        ".pdf",
        ".png",
        ".ps",
        ".svgz",
        ".webp",
        ".xml",
        ".yaml",
    )
)

#: The form that is not of a layout as such, but of the passed-through devices in it.
NCCL = "nccl"


@click.command("show", epilog=EXAMPLES)
@click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path(allow_dash=True))
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice([*FORMS, NCCL]),
    help="A tree for the terminal, a drawing, a page with the drawing, data, input for Graphviz, or a topology for "
    "NCCL. Default: by the suffix of the --output FILE, else text.",
)
@click.option(
    "--compare", "other", metavar="OTHER", type=click.Path(allow_dash=True), help="Also show OTHER, and what moved."
)
@click.option("-o", "--output", metavar="FILE", type=click.Path(allow_dash=True), help="Write the result to FILE.")
@click.option("--all", "unfolded", is_flag=True, help="Show every row in text. By default equal rows are folded.")
@colour_option
@policy_options
@target_options
def command(
    files: tuple[str, ...],
    form: str | None,
    other: str | None,
    output: str | None,
    unfolded: bool,
    colour: bool,
    policy: Policy | None,
    target: Target,
) -> None:
    """Show where every device of the domain in each FILE is, or would go: buses, slots, cells and free places.

    A FILE is a domain, a snapshot or status file with a domain inside, or a neutral guest in JSON. A plus sign
    precedes what is not in the document and would be added. A folder stands for all its files whose names end in .xml.

    With --host the host's tree is beside that of a guest with host devices. The drawing points out each pair of
    devices that is closer or farther apart than on the host, and lists it.

    The form nccl is a file for NCCL_TOPO_FILE in the guest. With --host it has the tree of the host, with the
    addresses that the guest sees. Without --host it has the tree of the guest.
    """
    from devaddr_xml.operations.show import nccl, show

    names = named_files(files)
    if other == "-" and "-" in names:
        raise click.UsageError("only one of the documents can come from standard input")
    if other is not None and len(names) > 1:
        raise click.UsageError("--compare is for one FILE")
    loaded = [load_plan(name, target, policy) for name in names]
    if form == NCCL:
        if other is not None or len(loaded) > 1:
            raise click.UsageError("the form nccl is for one FILE, without --compare")
        deliver(nccl(loaded[0][1], target).encode(), output)
        return
    if other is not None:
        loaded.insert(0, load_plan(other, target, policy))
    titles = [document.name for document, _ in loaded] if len(loaded) > 1 else []
    width = page_width(output)
    plans = [plan for _, plan in loaded]
    kind = form or _form_of(output)
    made = show(plans, kind, titles, width, colour, comparing=other is not None, fold=not unfolded, target=target)
    deliver(made.encode(), output)


def _form_of(path: str | None) -> str:
    """The output form that the ending of a file name says, else text; raises UsageError for an ending of others."""
    ending = os.path.splitext(path or "")[1].lower()
    if ending in _OTHER_ENDINGS:
        known = ", ".join(dict.fromkeys(each for form in FORMS.values() for each in form.endings))
        raise click.UsageError(f"no form has the ending {ending}: use one of {known}, or name the form with --format")
    return next((name for name, form in FORMS.items() if ending in form.endings), "text")
