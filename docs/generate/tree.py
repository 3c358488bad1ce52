"""The commands as data: what the pages, the manual page and the tests say of them comes from the program itself."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import NamedTuple

import click

from devaddr_xml.cli.group import COMMANDS, commands
from devaddr_xml.cli.messages import PROGRAM


class Option(NamedTuple):
    """An option: how it is written, with its value, and what it does."""

    spelling: str
    meaning: str


class Examples(NamedTuple):
    """Lines for a shell, below a title."""

    title: str
    lines: tuple[str, ...]


class Command(NamedTuple):
    """One command, or the program itself."""

    name: str
    summary: str
    usage: str
    paragraphs: tuple[str, ...]
    options: tuple[Option, ...]
    examples: tuple[Examples, ...]


def program() -> Command:
    """The program: what is said before a command."""
    return _described(commands, PROGRAM, "")


def all_commands() -> Iterator[Command]:
    """Every command, in the order in which the program lists them."""
    context = click.Context(commands, info_name=PROGRAM)
    for name, entry in COMMANDS.items():
        command = commands.get_command(context, name)
        assert command is not None
        yield _described(command, f"{PROGRAM} {name}", entry.summary)


def _described(command: click.Command, name: str, summary: str) -> Command:
    context = click.Context(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    options = (_option(option) for option in command.params if isinstance(option, click.Option) and not option.hidden)
    helping = Option("-h, --help", "Show this message and exit.")
    return Command(
        name,
        summary,
        usage,
        tuple(" ".join(text.split()) for text in inspect.cleandoc(command.help or "").split("\n\n")),
        (*options, helping),
        tuple(_examples(command.epilog or "")),
    )


def _option(option: click.Option) -> Option:
    # Every click writes metavars of its own in its own way; these are the same with all of them.
    if option.is_flag:
        value = ""
    elif isinstance(option.type, click.Choice):
        value = " " + "|".join(map(str, option.type.choices))
    else:
        value = f" {option.metavar or option.type.name.upper()}"
    names = sorted(option.opts, key=len)
    spelling = ", ".join(names) + "".join(f" / {name}" for name in option.secondary_opts) + value
    meaning = option.help or ""
    if option.show_default and option.default is not None:
        meaning += f" Default: {option.default}."
    return Option(spelling, meaning)


def _examples(epilog: str) -> Iterator[Examples]:
    for block in inspect.cleandoc(epilog).split("\b\n")[1:]:
        title, *lines = block.strip().splitlines()
        yield Examples(title.rstrip(":"), tuple(line.strip() for line in lines))
