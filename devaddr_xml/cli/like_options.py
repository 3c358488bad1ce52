"""The options that keep an earlier layout."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from devaddr_xml.cli.documents import read_bytes
from devaddr_xml.cli.failures import Unreadable
from devaddr_xml.model.errors import DevaddrError

if TYPE_CHECKING:
    from devaddr_xml.model.lock import Lock


def like_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--like`` and ``--like-if-possible``; the command gets ``earlier`` and ``if_possible``."""

    @wraps(function)
    def command(*args: Any, like: str | None, like_if_possible: str | None, **values: Any) -> Any:
        if like is not None and like_if_possible is not None:
            raise click.UsageError("--like and --like-if-possible exclude each other")
        path = like if like is not None else like_if_possible
        earlier = None if path is None else read_earlier_file(path)
        return function(*args, earlier=earlier, if_possible=like_if_possible is not None, **values)

    for option in (
        click.option(
            "--like-if-possible",
            metavar="OLD",
            type=click.Path(allow_dash=True),
            help="The same, but a device that must move gets another place, with a warning.",
        ),
        click.option(
            "--like",
            metavar="OLD",
            type=click.Path(allow_dash=True),
            help="Devices that are also in OLD keep their places. OLD is a domain, a neutral guest, or a lock file.",
        ),
    ):
        command = option(command)
    return command


def read_earlier_file(path: str) -> Lock:
    """The layout in a file or, for ``-``, on standard input; raises Unreadable."""
    from devaddr_xml.operations.earlier import read_earlier

    try:
        return read_earlier(read_bytes(path))
    except DevaddrError as error:
        raise Unreadable(f"{path}: {error}") from error
