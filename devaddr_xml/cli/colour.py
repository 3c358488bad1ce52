"""Whether output has colours: as an option says, else as the environment does, else on a terminal only."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

#: Words of ``--color``.
WHEN = ("auto", "always", "never")


def colour_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--color`` to a command, which gets as ``colour`` whether its standard output has colours."""

    @wraps(function)
    def command(*args: Any, when: str, old: bool | None, **values: Any) -> Any:
        if old is not None:
            when = "always" if old else "never"
        return function(*args, colour=wanted(when), **values)

    for option in (
        click.option(
            "--color",
            "when",
            type=click.Choice(WHEN),
            default="auto",
            show_default=True,
            help="Colours in text. auto: on a terminal unless NO_COLOR is set, and wherever FORCE_COLOR is set.",
        ),
        click.option("--colour/--no-colour", "old", default=None, hidden=True, help="The older spelling of --color."),
    ):
        command = option(command)
    return command


def wanted(when: str) -> bool:
    """Whether there are colours; see https://no-color.org and https://force-color.org."""
    if when != "auto":
        return when == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or is_terminal()


def is_terminal() -> bool:
    """Whether standard output is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()
