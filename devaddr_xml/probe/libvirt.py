"""Asks a libvirt, here or elsewhere, what its QEMU can do and which PCI devices its host has."""

from __future__ import annotations

from typing import Any

import msgspec

from devaddr_xml.model.capabilities import Capabilities
from devaddr_xml.model.errors import ProbeError
from devaddr_xml.model.host import HostFacts
from devaddr_xml.probe.client import DEFAULT_TIMEOUT, ask
from devaddr_xml.probe.domain_capabilities import told_flags
from devaddr_xml.probe.embedded import capabilities_for
from devaddr_xml.probe.host_devices import host_architecture, host_cpus, host_pci, machines, parse


def probe_host(
    uri: str,
    arch: str | None = None,
    machine: str | None = None,
    emulator: str | None = None,
    timeout: float = DEFAULT_TIMEOUT,
) -> tuple[Capabilities, HostFacts]:
    """What the libvirt at ``uri`` says of its QEMU for guests of ``arch`` on ``machine``, and of its host.

    arch: as in ``os/type``; by default the host's own. machine: a name or alias; by default libvirt's choice.
    emulator: path of a QEMU binary. timeout: seconds for the whole request, more than 0.
    Abilities of which libvirt says nothing are those of the embedded table. Raises ProbeError.
    """
    return _told(ask(uri, "host-documents", timeout, arch=arch, machine=machine, emulator=emulator), uri, arch)


def probe_connection(
    connection: Any, arch: str | None = None, machine: str | None = None, emulator: str | None = None
) -> tuple[Capabilities, HostFacts]:
    """As `probe_host`, over a connection of libvirt-python that the caller has opened; it may block as long as that."""
    from libvirt import libvirtError  # type: ignore[import-not-found,import-untyped,unused-ignore]

    from devaddr_xml.probe.worker import host_documents

    try:
        answer = host_documents(connection, arch=arch, machine=machine, emulator=emulator)
    except libvirtError as error:
        raise ProbeError(f"libvirt does not report its capabilities: {error}") from error
    return _told(answer, "the other end of the connection", arch)


def _told(answer: dict[str, Any], uri: str, arch: str | None) -> tuple[Capabilities, HostFacts]:
    """What libvirt's documents say."""
    host = parse(answer["capabilities"])
    domain = parse(answer["domain-capabilities"])
    guest_arch = arch or domain.findtext("arch") or host_architecture(host)
    if guest_arch is None:
        raise ProbeError(f"libvirt at {uri} does not report its architecture", remedy="Name one")
    qemu_version = version(answer["qemu-version"])
    embedded = capabilities_for(guest_arch, qemu=qemu_version)
    offered = machines(host, guest_arch)
    capabilities = msgspec.structs.replace(
        embedded,
        flags=told_flags(domain, embedded.flags),
        aliases=offered.aliases,
        machines=offered.names - offered.aliases.keys(),
        former_machines=(embedded.former_machines | embedded.machines) - offered.names,
        all_machines=bool(offered.names),
        default_machine=answer["default-machine"],
        qemu_version=qemu_version,
        libvirt_version=version(answer["libvirt-version"]),
    )
    return capabilities, HostFacts(pci=host_pci(answer["node-devices"]), cpus=host_cpus(host))


def version(number: int) -> tuple[int, int, int]:
    """Major, minor and micro of libvirt's and QEMU's way to write a version: a million, a thousand and one each."""
    return number // 1_000_000, number // 1_000 % 1_000, number % 1_000
