"""The options that say for which QEMU, libvirt and host a document is: from files, from a live libvirt, or built in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from devaddr_xml.operations.target import Target, Version


def target_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--host``, ``--capabilities``, ``--libvirt-version`` and ``--connect``; the command gets a ``target``."""

    @wraps(function)
    def command(
        *args: Any,
        host_file: str | None,
        capabilities_file: str | None,
        libvirt_version: str | None,
        connect: str | None,
        **values: Any,
    ) -> Any:
        named = target(capabilities_file, host_file, libvirt_version, connect)
        return function(*args, target=named, **values)

    for option in (
        click.option(
            "--connect", metavar="URI", help="Ask this libvirt what its QEMU and its host are like (qemu:///system)."
        ),
        click.option(
            "--libvirt-version",
            metavar="X.Y.Z",
            help="The libvirt that will read the result; what it would refuse is left out.",
        ),
        click.option(
            "--capabilities",
            "capabilities_file",
            metavar="FILE",
            type=click.Path(),
            help="What QEMU can do, as devaddr-xml probe wrote it; without it, what the newest known QEMU can.",
        ),
        click.option(
            "--host",
            "host_file",
            metavar="FILE",
            type=click.Path(),
            help="What is known of the host, as probe or hwloc writes it; nothing is read from this machine.",
        ),
    ):
        command = option(command)
    return command


def target(
    capabilities_file: str | None, host_file: str | None, libvirt_version: str | None, connect: str | None
) -> Target:
    """What the options name; a file that cannot be read is an error of usage."""
    capabilities = host = None
    if capabilities_file is not None or host_file is not None:
        from devaddr_xml.cli.failures import Unreadable
        from devaddr_xml.model.errors import DevaddrError
        from devaddr_xml.probe.snapshot import load_capabilities, load_host_facts

        try:
            capabilities = load_capabilities(capabilities_file) if capabilities_file is not None else None
            host = load_host_facts(host_file) if host_file is not None else None
        except DevaddrError as error:
            raise Unreadable(str(error)) from error
    return Target(capabilities, host, _version(libvirt_version), connect)


def _version(text: str | None) -> Version | None:
    if text is None:
        return None
    numbers = text.split(".")
    if not 1 <= len(numbers) <= 3 or not all(number.isascii() and number.isdigit() for number in numbers):
        raise click.BadParameter(f"{text!r} is not a version such as 9.0.0", param_hint="--libvirt-version")
    major, minor, micro, *_ = (*(int(number[:9]) for number in numbers), 0, 0)
    return major, minor, micro
