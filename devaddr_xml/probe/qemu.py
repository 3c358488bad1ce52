"""Asks a QEMU binary what it can do: device types, properties and machines, over QMP, without a guest."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from devaddr_xml.model.capabilities import Capabilities
from devaddr_xml.model.errors import ProbeError
from devaddr_xml.probe.embedded import capabilities_for
from devaddr_xml.probe.qemu_types import (
    ARCHITECTURE_OF_TARGET,
    ASKED_FLAGS,
    MACHINE_PROPERTY_OF_FLAG,
    PREFERRED_MACHINES,
    PROPERTY_OF_FLAG,
    TYPE_OF_FLAG,
)
from devaddr_xml.probe.releases import Release

#: Seconds that the whole conversation may take if the caller does not say.
DEFAULT_TIMEOUT = 30.0

#: What QEMU lists among its machines, and no guest runs on.
_NO_MACHINES = frozenset(("none", "x-remote"))

_EXTRA = "Install it with: pip install 'devaddr-xml[qemu]'"


def probe_qemu(path: str | Path, timeout: float = DEFAULT_TIMEOUT) -> Capabilities:
    """The abilities of the QEMU binary at ``path``, which is started without a machine and ended again.

    timeout: seconds, more than 0. An ability that QEMU cannot be asked about is taken from the embedded table of its
    architecture. Raises ProbeError.
    """
    try:
        from qemu.qmp import QMPError
    except ImportError:
        raise ProbeError("qemu.qmp, which this needs to ask QEMU, is not installed", remedy=_EXTRA) from None
    logging.getLogger("qemu.qmp").addHandler(logging.NullHandler())  # it logs errors that are reported here
    try:
        return asyncio.run(asyncio.wait_for(_ask(str(path)), timeout))
    except asyncio.TimeoutError:
        raise ProbeError(f"{path} did not answer within {timeout:g} seconds") from None
    except OSError as error:
        raise ProbeError(f"{path} cannot be started: {error.strerror}") from error
    except (QMPError, EOFError, LookupError, TypeError) as error:
        raise ProbeError(f"{path} does not answer like a QEMU: {error}") from error


async def _ask(path: str) -> Capabilities:
    from qemu.qmp import QMPClient

    ours, theirs = socket.socketpair()
    with ours, theirs:
        process = await asyncio.create_subprocess_exec(
            path,
            *("-S", "-no-user-config", "-nodefaults", "-nographic", "-machine", "none"),
            *("-chardev", f"socket,id=monitor,fd={theirs.fileno()}", "-mon", "chardev=monitor,mode=control"),
            pass_fds=[theirs.fileno()],
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        theirs.close()
        client = QMPClient("devaddr-xml")
        try:
            await client.connect(ours)
            found = await _capabilities(client)
            await client.disconnect()
            return found
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


class Answering(Protocol):
    """What is asked: a QMP client, or recorded answers."""

    async def execute(self, command: str, arguments: Any = None) -> Any:
        """The answer to a command."""


async def _capabilities(client: Answering) -> Capabilities:
    release = await abilities(client)
    embedded = capabilities_for(release.arch)
    return Capabilities(
        arch=release.arch,
        flags=(embedded.flags - ASKED_FLAGS) | release.flags,
        aliases=release.aliases,
        machines=release.machines,
        former_machines=(embedded.former_machines | embedded.machines) - release.machines,
        all_machines=True,
        default_machine=release.default_machine,
        qemu_version=release.qemu_version,
    )


async def abilities(client: Answering) -> Release:
    """Everything that a QEMU says of itself when it is asked."""
    target: Any = await client.execute("query-target")
    found: Any = await client.execute("query-version")
    machines: Any = await client.execute("query-machines")
    types: Any = await client.execute("qom-list-types", {"abstract": False})
    arch = ARCHITECTURE_OF_TARGET.get(target["arch"], target["arch"])
    names = frozenset(item["name"] for item in types)
    flags = {flag for flag, type_name in TYPE_OF_FLAG.items() if type_name in names}
    flags |= await _property_flags(client, names)
    flags |= await _machine_flags(client, machines)
    version = found["qemu"]
    listed = [item["name"] for item in machines if item["name"] not in _NO_MACHINES]
    return Release(
        arch=arch,
        qemu_version=(version["major"], version["minor"], version["micro"]),
        flags=frozenset(flags),
        machines=frozenset(listed),
        aliases={item["alias"]: item["name"] for item in machines if item.get("alias")},
        default_machine=_default_machine(PREFERRED_MACHINES.get(arch), machines),
        first_machine=_default_machine(None, machines) or next(iter(listed), None),
    )


async def _property_flags(client: Answering, names: frozenset[str]) -> set[str]:
    flags = set()
    for flag, (type_name, property_name) in PROPERTY_OF_FLAG.items():
        if type_name in names:
            listed: Any = await client.execute("device-list-properties", {"typename": type_name})
            flags |= {flag} if property_name in _names(listed) else set()
    return flags


async def _machine_flags(client: Answering, machines: Iterable[dict[str, Any]]) -> set[str]:
    """Abilities that any of the machines behind an alias has."""
    properties: set[str] = set()
    for machine in machines:
        if machine.get("alias"):
            listed: Any = await client.execute("qom-list-properties", {"typename": f"{machine['name']}-machine"})
            properties |= _names(listed)
    return {flag for flag, property_name in MACHINE_PROPERTY_OF_FLAG.items() if property_name in properties}


def _names(properties: Iterable[dict[str, Any]]) -> set[str]:
    return {item["name"] for item in properties}


def _default_machine(preferred: str | None, machines: Iterable[dict[str, Any]]) -> str | None:
    """The machine that libvirt would take: the one it prefers for the architecture, else QEMU's default."""
    listed = list(machines)
    if preferred is not None and any(preferred in (item["name"], item.get("alias")) for item in listed):
        return preferred
    return next((item.get("alias", item["name"]) for item in listed if item.get("is-default")), None)
