"""``devaddr-xml qemu-args``: the layout as arguments for QEMU."""

from __future__ import annotations

import click

from devaddr_xml.cli.guests import load_plan
from devaddr_xml.cli.output import deliver
from devaddr_xml.cli.policy_options import policy_options
from devaddr_xml.cli.target_options import target_options
from devaddr_xml.model.policy import Policy
from devaddr_xml.operations.target import Target

EXAMPLES = """\b
Examples:
  devaddr-xml qemu-args guest.xml
  devaddr-xml qemu-args --json guest.json
"""


@click.command("qemu-args", epilog=EXAMPLES)
@click.argument("file", default="-", type=click.Path(allow_dash=True))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@policy_options
@target_options
def command(
    file: str,
    as_json: bool,
    policy: Policy | None,
    target: Target,
) -> None:
    """Print the -device arguments of the guest in FILE, for programs that run QEMU without libvirt.

    FILE is a domain or a neutral guest in JSON. Controllers are complete, one argument a line, quoted for a shell.
    For each device there is a comment with the properties of its name and place, for its own -device argument.
    Names and properties are those that libvirt uses.
    """
    import shlex

    import msgspec

    from devaddr_xml.views.qemu_args import qemu_arguments

    _, plan = load_plan(file, target, policy)
    found = qemu_arguments(plan.guest)
    if as_json:
        deliver((found.to_json() + "\n").encode(), None)
        return
    lines = [f"-device {shlex.quote(msgspec.json.encode(one).decode())}" for one in found.controllers]
    for placed in found.devices:
        name = placed.device if placed.device.isprintable() else placed.ref.encode("unicode_escape").decode()
        lines.append(f"# {name}: {msgspec.json.encode(placed.properties).decode()}")
    deliver("".join(line + "\n" for line in lines).encode(), None)
