"""``devaddr-xml show``: the layout of a domain, as text or as a drawing."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from devaddr_xml.cli.guests import load_plan
from devaddr_xml.cli.output import deliver
from devaddr_xml.cli.policy_options import policy_options, read_policy
from devaddr_xml.cli.target_options import target, target_options

if TYPE_CHECKING:
    from devaddr_xml.views.outline import Outline

Formatter = Callable[[Sequence["Outline"], Sequence[str]], str]

EXAMPLES = """\b
Examples:
  devaddr-xml show guest.xml
  devaddr-xml show --format svg -o layout.svg guest.xml
  devaddr-xml show --format html -o layout.html --compare before.xml after.xml
  virsh dumpxml guest | devaddr-xml show | less
"""


@click.command("show", epilog=EXAMPLES)
@click.argument("file", default="-", type=click.Path(allow_dash=True))
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(["text", "svg", "html", "json", "dot"]),
    default="text",
    show_default=True,
    help="A tree for the terminal, a drawing, a page with the drawing, data, or input for Graphviz.",
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
    policy_file: str | None,
    profile: str | None,
    settings: tuple[str, ...],
    host_file: str | None,
    capabilities_file: str | None,
    libvirt_version: str | None,
    connect: str | None,
) -> None:
    """Show where every device of the domain in FILE is, or would be put: buses, slots, nodes and free places.

    FILE is a domain, a snapshot or status file with a domain inside, or a neutral guest in JSON. What is not in it and
    would be added is marked with a plus sign.
    """
    from devaddr_xml.views.outline import outline

    if other == file == "-":
        raise click.UsageError("only one of the two documents can come from standard input")
    policy = read_policy(policy_file, profile, settings)
    destination = target(capabilities_file, host_file, libvirt_version, connect)
    document, plan = load_plan(file, destination, policy)
    if other is None:
        layouts, titles = [outline(plan)], []
    else:
        from devaddr_xml.views.comparison import mark

        other_document, other_plan = load_plan(other, destination, policy)
        before, after = mark(other_plan.guest, plan.guest)
        layouts = [outline(other_plan, before), outline(plan, after)]
        titles = [other_document.name, document.name]
    to_terminal = output in (None, "-") and _is_terminal()
    with_colour = colour if colour is not None else to_terminal and not os.environ.get("NO_COLOR")
    deliver(_formatter(form, to_terminal, with_colour)(layouts, titles).encode(), output)


def _formatter(form: str, to_terminal: bool, colour: bool) -> Formatter:
    if form == "svg":
        from devaddr_xml.views.svg import as_svg

        return as_svg
    if form == "html":
        from devaddr_xml.views.html import as_html

        return as_html
    if form == "dot":
        from devaddr_xml.views.dot import as_dot

        return as_dot
    if form == "json":
        return _as_json
    return lambda layouts, titles: _as_text(layouts, titles, to_terminal, colour)


def _as_text(layouts: Sequence[Outline], titles: Sequence[str], to_terminal: bool, colour: bool) -> str:
    from devaddr_xml.views.tree import as_text

    width = None
    if to_terminal:
        import shutil

        width = shutil.get_terminal_size().columns
    return as_text(layouts, titles, width, colour)


def _as_json(layouts: Sequence[Outline], titles: Sequence[str]) -> str:
    import msgspec

    named = [{"title": title, **msgspec.to_builtins(layout)} for title, layout in zip(titles, layouts, strict=False)]
    return msgspec.json.format(msgspec.json.encode({"layouts": named or layouts}), indent=2).decode() + "\n"


def _is_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()
