"""The options that say for which QEMU, libvirt and host a document is: from files, from a live libvirt, or built in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click
import msgspec

import devaddr_xml
from devaddr_xml.model.capabilities import Capabilities
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.host import HostFacts
from devaddr_xml.model.plan import Plan
from devaddr_xml.model.policy import Policy

_Command = TypeVar("_Command", bound=Callable[..., Any])
_Version = tuple[int, int, int]


def target_options(function: _Command) -> _Command:
    """Add ``--host``, ``--capabilities``, ``--libvirt-version`` and ``--connect``; `target` takes what they give."""
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
        function = option(function)
    return function


class Target(msgspec.Struct, frozen=True):
    """The QEMU, libvirt and host that a document is for, as far as the command line names them."""

    capabilities: Capabilities | None = None
    host: HostFacts | None = None
    libvirt_version: _Version | None = None
    connect: str | None = None

    def plan(self, guest: Guest, policy: Policy | None, thorough: bool = False) -> Plan:
        """Plan the guest for this target, thoroughly where its decisions shall be explained; raises DevaddrError."""
        capabilities, host = self.facts(guest)
        return devaddr_xml.plan(guest, policy=policy, capabilities=capabilities, host=host, thorough=thorough)

    def facts(self, guest: Guest) -> tuple[Capabilities, HostFacts | None]:
        """What can be used for the guest, and what is known of the host; raises DevaddrError."""
        capabilities, host = self.capabilities, self.host
        if self.connect is not None:
            from devaddr_xml.probe.libvirt import probe_host

            probed, probed_host = probe_host(self.connect, guest.arch, guest.machine, guest.emulator)
            capabilities, host = capabilities or probed, host or probed_host
        if capabilities is None:
            from devaddr_xml.probe.embedded import capabilities_of

            capabilities = capabilities_of(guest)
        if self.libvirt_version is not None:
            capabilities = msgspec.structs.replace(capabilities, libvirt_version=self.libvirt_version)
        return capabilities, host


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


def _version(text: str | None) -> _Version | None:
    if text is None:
        return None
    numbers = text.split(".")
    if not 1 <= len(numbers) <= 3 or not all(number.isascii() and number.isdigit() for number in numbers):
        raise click.BadParameter(f"{text!r} is not a version such as 9.0.0", param_hint="--libvirt-version")
    major, minor, micro, *_ = (*(int(number[:9]) for number in numbers), 0, 0)
    return major, minor, micro
