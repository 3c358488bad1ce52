"""The group of all commands: one table, from which only the called command is imported."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import click

from devaddr_xml._version import __version__

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class Entry:
    """Where a command is, and its line in the list of commands; the module has it as ``command``."""

    __slots__ = ("module", "summary")

    def __init__(self, module: str, summary: str) -> None:
        self.module = module
        self.summary = summary


#: The list of commands by what people do with them.
GROUPS: dict[str, tuple[str, ...]] = {
    "Layouts": ("assign", "check", "batch"),
    "Existing and running guests": ("attach", "detach", "migrate", "convert", "edit", "diff"),
    "Looking at a layout": ("show", "explain", "capacity"),
    "Hosts": ("probe", "verify"),
    "Programs": ("model", "plan", "render", "qemu-args", "serve", "kubevirt", "libvirt-hook"),
    "Reference": ("hints", "completion"),
}

COMMANDS: dict[str, Entry] = {
    "assign": Entry("devaddr_xml.cli.assign", "Give every device of a domain its address."),
    "probe": Entry("devaddr_xml.cli.probe", "Ask a libvirt or a QEMU what it can do."),
    "verify": Entry("devaddr_xml.cli.verify", "Try a domain on a real libvirt and QEMU."),
    "show": Entry("devaddr_xml.cli.show", "Show where every device of a domain is."),
    "capacity": Entry("devaddr_xml.cli.capacity", "Count the free places of a domain."),
    "diff": Entry("devaddr_xml.cli.diff", "Compare the hardware of two domains."),
    "attach": Entry("devaddr_xml.cli.attach", "Find places for devices that are attached to a domain."),
    "detach": Entry("devaddr_xml.cli.detach", "Remove devices from a domain."),
    "migrate": Entry("devaddr_xml.cli.migrate", "Put a domain under another policy."),
    "convert": Entry("devaddr_xml.cli.convert", "Put a domain on another machine."),
    "edit": Entry("devaddr_xml.cli.edit", "Edit a domain, and keep the places of its devices."),
    "check": Entry("devaddr_xml.cli.check", "Check a domain for errors and warnings."),
    "hints": Entry("devaddr_xml.cli.hints", "Print the vocabulary of hints and policies."),
    "explain": Entry("devaddr_xml.cli.explain", "Explain where devices are, and why."),
    "batch": Entry("devaddr_xml.cli.batch", "Give the devices of thousands of domains their addresses."),
    "serve": Entry("devaddr_xml.cli.serve", "Answer requests of other programs."),
    "kubevirt": Entry("devaddr_xml.cli.kubevirt", "Answer KubeVirt's onDefineDomain hook."),
    "libvirt-hook": Entry("devaddr_xml.cli.libvirt_hook", "Answer libvirt's qemu hook."),
    "model": Entry("devaddr_xml.cli.model", "Print a domain as a neutral guest in JSON."),
    "plan": Entry("devaddr_xml.cli.plan", "Give every device of a neutral guest its address."),
    "render": Entry("devaddr_xml.cli.render", "Print a neutral guest as a domain."),
    "qemu-args": Entry("devaddr_xml.cli.qemu_args", "Print the layout as arguments for QEMU."),
    "completion": Entry("devaddr_xml.cli.completion", "Print the completion script of a shell."),
}


class LazyGroup(click.Group):
    """A group that knows the names of its commands without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command: click.Command = importlib.import_module(entry.module).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            ctx.fail(f"No such command {args[0]!r}." + (f" Did you mean {near[0]!r}?" if near else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        grouped = {name for names in GROUPS.values() for name in names}
        others = {"Other commands": tuple([name for name in COMMANDS if name not in grouped])}
        for title, names in {**GROUPS, **others}.items():
            rows = [(name, COMMANDS[name].summary) for name in names if name in COMMANDS]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        names = [
            CompletionItem(name, help=entry.summary) for name, entry in COMMANDS.items() if name.startswith(incomplete)
        ]
        return names + click.Command.shell_complete(self, ctx, incomplete)


HELP = """Give every device of a libvirt domain its address, on any machine.

Each COMMAND has its own --help. Results go to standard output, messages to standard error. The exit code is 0 on
success, 1 when a document is refused or the result cannot be written, and 2 when the command line is wrong.
"""

EXAMPLES = """\b
Examples:
  devaddr-xml assign guest.xml > complete.xml
  devaddr-xml assign --in-place guest.xml
  virsh dumpxml --inactive guest | devaddr-xml assign --connect qemu:///system | virsh define /dev/stdin
"""

commands = LazyGroup(
    name="devaddr-xml",
    help=HELP,
    epilog=EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
click.version_option(__version__, message="%(prog)s %(version)s")(commands)
