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
    def command(*args: Any, when: str, older_spelling: bool | None, **values: Any) -> Any:
        if older_spelling is not None:
            when = "always" if older_spelling else "never"
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
        click.option(
            "--colour/--no-colour", "older_spelling", default=None, hidden=True, help="The older spelling of --color."
        ),
    ):
        command = option(command)
    return command


#: The colours of severities and of changes, as a terminal knows them.
_CODES = {"error": 31, "warning": 33, "note": 36, "added": 32, "removed": 31, "moved": 33, "changed": 33, "bold": 1}


def painted(text: str, name: str, colour: bool) -> str:
    """The text in the colour of a severity or a change, where there are colours; line breaks stay outside."""
    code = _CODES.get(name)
    return f"\x1b[{code}m{text}\x1b[0m" if colour and text and code is not None else text


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
