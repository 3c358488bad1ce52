"""The command for shell scripts: a small program that asks a server for a fork, since Python and all imports take long.

The program hands over its streams, folder, environment and arguments, and ends with the exit code of the fork.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

from forked import become, fork

import devaddr_xml.cli

#: Seconds that a command may take.
TIMEOUT = 60

#: The program; it uses no module that takes time to import.
CLIENT = """
import _socket, os, sys
parts = [os.getcwd(), str(len(sys.argv) - 1), *sys.argv[1:], *(f"{name}={value}" for name, value in os.environ.items())]
data = os.fsencode("\\0".join(parts))
server = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
server.connect("PLACE")
streams = b"".join(number.to_bytes(4, sys.byteorder) for number in range(3))
server.sendmsg([len(data).to_bytes(4, "big")], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
server.send(data)
os._exit(int(server.recv(4) or b"70"))
"""


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Path]:
    """A program that does what the command does, in a folder; the path must be short, as those of sockets are."""
    program = folder / "client"
    place = folder / "s"
    program.write_text(CLIENT.replace("PLACE", str(place)))
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place))
        listening.listen(64)
        pid = fork()
        if pid == 0:
            try:
                Server(listening).serve()
            finally:
                os._exit(1)
    try:
        yield program
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


class Server:
    """The process that forks, and tells each program the exit code of its fork."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self._running: dict[int, socket.socket] = {}

    def serve(self) -> None:
        """Fork for whoever asks, without an end."""
        signal.signal(signal.SIGCHLD, lambda *_: self._reap())
        while True:
            self._answer(self._listening.accept()[0])

    def _answer(self, asking: socket.socket) -> None:
        size, streams, *_ = socket.recv_fds(asking, 4, 3)
        data = b""
        while len(data) < int.from_bytes(size, "big"):
            data += asking.recv(1 << 20)
        folder, count, *parts = os.fsdecode(data).split("\0")
        arguments, variables = parts[: int(count)], parts[int(count) :]
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
        pid = fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
            environment = dict(variable.split("=", 1) for variable in variables)
            become(devaddr_xml.cli.main, ["devaddr-xml", *arguments], streams, folder, environment, TIMEOUT)
        self._running[pid] = asking
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
        for stream in streams:
            os.close(stream)

    def _reap(self) -> None:
        """Tell of the forks that have ended."""
        while self._running:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            code = os.waitstatus_to_exitcode(status)
            with self._running.pop(pid) as asking, contextlib.suppress(OSError):
                asking.send(b"%d" % (code if code >= 0 else 128 - code))
