"""The options that say for which QEMU, libvirt and host a document is: from files, from a live libvirt, or built in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from devaddr_xml.cli.messages import PROGRAM, tell
from devaddr_xml.model.version import Version
from devaddr_xml.operations.target import Target
from devaddr_xml.probe.targets import TARGETS


def target_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of this module to a command, which gets a ``target`` of what they say."""

    @wraps(function)
    def command(
        *args: Any,
        host_file: str | None,
        capabilities_file: str | None,
        libvirt_version: str | None,
        qemu_version: str | None,
        distribution: str | None,
        connect: str | None,
        **values: Any,
    ) -> Any:
        libvirt, qemu = _versions(libvirt_version, qemu_version, distribution, quiet=values.get("quiet", False))
        if qemu is not None and (capabilities_file is not None or connect is not None):
            raise click.UsageError(
                "--qemu-version and --target are for a QEMU that nobody asks: leave out --capabilities and --connect"
            )
        named = target(capabilities_file, host_file, libvirt, qemu, connect)
        return function(*args, target=named, **values)

    for option in (
        click.option(
            "--connect", metavar="URI", help="Ask this libvirt about its QEMU and its host, such as qemu:///system."
        ),
        click.option(
            "--target",
            "distribution",
            metavar="NAME",
            type=click.Choice(list(TARGETS)),
            help=f"The libvirt and QEMU of a distribution: {', '.join(TARGETS)}.",
        ),
        click.option(
            "--qemu-version",
            metavar="X.Y.Z",
            help="Target QEMU version. Devices that it lacks are refused.",
        ),
        click.option(
            "--libvirt-version",
            metavar="X.Y.Z",
            help="Target libvirt version. What it does not support is left out.",
        ),
        click.option(
            "--capabilities",
            "capabilities_file",
            metavar="FILE",
            type=click.Path(),
            help="The abilities of QEMU: a file that devaddr-xml probe wrote. Default: those of the newest known QEMU.",
        ),
        click.option(
            "--host",
            "host_file",
            metavar="FILE",
            type=click.Path(),
            help="Host facts: a file that devaddr-xml probe or hwloc wrote. Nothing is read from this machine.",
        ),
    ):
        command = option(command)
    return command


def target(
    capabilities_file: str | None,
    host_file: str | None,
    libvirt_version: Version | None,
    qemu_version: Version | None,
    connect: str | None,
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
    return Target(capabilities, host, libvirt_version, qemu_version, connect)


def _versions(
    libvirt: str | None, qemu: str | None, distribution: str | None, *, quiet: bool
) -> tuple[Version | None, Version | None]:
    """The versions of libvirt and QEMU that the options name; a version by number wins over that of a distribution."""
    if libvirt is None and qemu is None and distribution is None:
        return None, None
    pair = TARGETS[distribution] if distribution is not None else None
    found = (
        _version(libvirt, "libvirt", "--libvirt-version") or (pair.libvirt if pair is not None else None),
        _version(qemu, "QEMU", "--qemu-version") or (pair.qemu if pair is not None else None),
    )
    if not quiet:
        from devaddr_xml.probe.embedded import doubtful_versions

        for doubt in doubtful_versions(*found):
            tell(f"{PROGRAM}: warning: {doubt}")
    return found


def _version(text: str | None, program: str, option: str) -> Version | None:
    if text is None:
        return None
    from devaddr_xml.model.errors import ValueInvalid
    from devaddr_xml.probe.embedded import parsed_version

    try:
        return parsed_version(text, program)
    except ValueInvalid as error:
        raise click.BadParameter(str(error), param_hint=option) from error
