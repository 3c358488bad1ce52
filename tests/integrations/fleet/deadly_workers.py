"""Workers that die. They are in a module of their own that a new process can import under its name."""

from __future__ import annotations

import os
import signal
import sys
from multiprocessing.connection import Connection

from devaddr_xml.integrations.fleet.document import run_chunk


def deadly_serve(connection: Connection, settings: bytes) -> None:
    """A worker that dies of one document, as one does that takes all memory."""
    while True:
        chunk = connection.recv_bytes()
        if b"guest-7<" in chunk:
            os.kill(os.getpid(), signal.SIGKILL)
        connection.send_bytes(run_chunk(settings, chunk))


def always_dead(connection: Connection, settings: bytes) -> None:
    """A worker that does not even begin."""
    sys.exit(1)
