"""Makes sure that a guest is gone although the conversation about it ended badly."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from devaddr_xml.model.errors import ProbeError
from devaddr_xml.probe.client import ask

#: Seconds for which a daemon that went away is waited for.
_PATIENCE = 5.0
_STEP = 0.5


def remove_leftovers(uri: str, uuid: str) -> None:
    """Destroy the guest of this UUID if it is still there: its QEMU if it runs on this host, and through libvirt.

    libvirt destroys the guest with the connection that started it; what is left here is what a killed daemon could
    not do. It is asked for a few seconds, as a service manager may start it again; no error is raised.
    """
    local = not urlsplit(uri).hostname
    if local:
        _kill(uuid)
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        with contextlib.suppress(ProbeError):
            ask(uri, "remove-domain", max(_STEP, end - time.monotonic()), uuid=uuid)
            return
        if local and not list(_qemus(uuid)):
            return
        time.sleep(_STEP)


def _kill(uuid: str) -> None:
    for process in _qemus(uuid):
        with contextlib.suppress(OSError):
            os.kill(process, signal.SIGKILL)


def _qemus(uuid: str) -> Iterator[int]:
    """The processes on this host that run the guest; where there is no /proc, none are found."""
    for command_line in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            arguments = command_line.read_bytes().split(b"\0")
            if b"-uuid" in arguments and uuid.encode() in arguments:
                yield int(command_line.parent.name)
