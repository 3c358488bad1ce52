"""What a shell completes: names and values of tunables, and the devices of the domain that a command line names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def tunables(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """``NAME=`` of each tunable, and after it each of its values."""
    from click.shell_completion import CompletionItem

    from devaddr_xml.model.vocabulary import TUNABLES

    name, equals, _ = incomplete.partition("=")
    if not equals:
        return [CompletionItem(f"{term.name}=", help=term.meaning) for term in TUNABLES if term.name.startswith(name)]
    words = [
        f"{name}={word}" for term in TUNABLES if term.name == name for word in (*term.words, *_numbers(term.numbers))
    ]
    return [CompletionItem(word) for word in words if word.startswith(incomplete)]


def _numbers(bounds: tuple[int, int] | None) -> Iterator[str]:
    """The first few numbers between the bounds."""
    if bounds is not None:
        yield from map(str, range(bounds[0], min(bounds[1], bounds[0] + 8) + 1))


def devices(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The references of the devices in the first document that the command line names; standard input is not read."""
    from click.shell_completion import CompletionItem

    from devaddr_xml.model.errors import DevaddrError
    from devaddr_xml.model.naming import label, preferred_references
    from devaddr_xml.operations.guests import read_guest

    path = next((value for value in _documents(context) if value != "-"), None)
    if path is None:
        return []
    try:
        with open(path, "rb") as file:
            guest = read_guest(file.read())
    except (OSError, DevaddrError):
        return []
    names = preferred_references(guest.devices)
    return [
        CompletionItem(names[id(device)], help=label(device))
        for device in guest.devices
        if names[id(device)].startswith(incomplete)
    ]


def kept(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The words for all and no devices, and the references of the devices in the document."""
    from click.shell_completion import CompletionItem

    words = [CompletionItem(word) for word in ("all", "none") if word.startswith(incomplete)]
    return words + devices(context, parameter, incomplete)


def _documents(context: click.Context) -> Iterator[str]:
    for name in ("domain", "file", "files"):
        value = context.params.get(name)
        if isinstance(value, str):
            yield value
        elif isinstance(value, tuple):
            yield from (each for each in value if isinstance(each, str))
    # behind an option without its value yet, click has no arguments, and the shell's words are all there is
    yield from (word for word in os.environ.get("COMP_WORDS", "").split()[2:] if os.path.isfile(word))


def machines(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The machines of the newest known QEMU that have an alias, and their aliases."""
    from click.shell_completion import CompletionItem

    from devaddr_xml.probe.embedded import capabilities_for

    aliases = capabilities_for(str(context.params.get("arch") or "x86_64")).aliases
    names = dict.fromkeys((*aliases, *aliases.values()))
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]
