"""The options of a layout: a profile, single tunables, or a policy from a file."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from devaddr_xml.cli.complete import tunables
from devaddr_xml.cli.documents import read_bytes
from devaddr_xml.cli.failures import Unreadable
from devaddr_xml.model.errors import DevaddrError
from devaddr_xml.model.policy import PROFILES, Policy


def policy_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--policy``, ``--profile`` and ``--set`` to a command, which gets what they ask for as ``policy``."""

    @wraps(function)
    def command(
        *args: Any, policy_file: str | None, profile: str | None, settings: tuple[str, ...], **values: Any
    ) -> Any:
        return function(*args, policy=read_policy(policy_file, profile, settings), **values)

    for option in (
        click.option(
            "--set",
            "settings",
            metavar="NAME=VALUE",
            multiple=True,
            shell_complete=tunables,
            help="One tunable, such as spare-ports=4. Repeatable.",
        ),
        click.option("--profile", type=click.Choice(list(PROFILES)), help="A named set of tunables."),
        click.option(
            "--policy",
            "policy_file",
            metavar="FILE",
            type=click.Path(),
            help="A policy that overrides the document's own: XML whose root is devaddr:policy, or JSON.",
        ),
    ):
        command = option(command)
    return command


def read_policy(policy_file: str | None, profile: str | None, settings: tuple[str, ...]) -> Policy | None:
    """What the options ask for, the single tunables over the file; none when they ask for nothing."""
    policy = _from_file(policy_file) if policy_file is not None else None
    pairs = [_pair(setting) for setting in settings]
    if profile is not None:
        pairs.append(("profile", profile))
    if pairs:
        policy = _from_pairs(pairs).over(policy or Policy())
    return policy


def _pair(setting: str) -> tuple[str, str]:
    name, equals, value = setting.partition("=")
    if not equals:
        raise click.BadParameter(f"{setting!r} is not NAME=VALUE", param_hint="--set")
    return name.strip(), value


def _from_pairs(pairs: list[tuple[str, str]]) -> Policy:
    from devaddr_xml.model.validate import parse_attributes
    from devaddr_xml.model.vocabulary import POLICY

    try:
        return Policy(**parse_attributes(pairs, POLICY, "tunable"))  # type: ignore[arg-type]
    except DevaddrError as error:
        raise click.BadParameter(str(error), param_hint="--set") from error


def _from_file(path: str) -> Policy:
    from devaddr_xml.domxml.policy_file import read_policy_file

    try:
        return read_policy_file(read_bytes(path), path)
    except DevaddrError as error:
        raise Unreadable(f"{path}: {error}") from error
