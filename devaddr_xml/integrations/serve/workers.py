"""The processes that answer requests. One that takes too long is ended and replaced, and no other request suffers."""

from __future__ import annotations

import multiprocessing
import signal
from contextlib import suppress
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Lock

from devaddr_xml.integrations.serve.messages import TOO_SLOW, failure


class Workers:
    """A fixed number of processes, each of which answers one request at a time.

    seconds: how long one request may take.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._idle: SimpleQueue[_Process] = SimpleQueue()
        self._all: set[_Process] = set()
        self._lock = Lock()

    def start(self, count: int) -> None:
        """Start so many processes, from 1."""
        for _ in range(count):
            self._idle.put(self._started())

    def answer(self, line: bytes) -> bytes:
        """The answer to a line, as soon as a process is free; any thread may ask."""
        process = self._idle.get()
        try:
            found = process.answer(line, self._seconds)
        except BaseException:
            self._idle.put(self._replaced(process))
            raise
        if found is not None:
            self._idle.put(process)
            return found
        self._idle.put(self._replaced(process))
        from devaddr_xml.integrations.serve.answers import identifier

        return failure(
            identifier(line), TOO_SLOW, f"the request took more than {self._seconds:g} s or more memory than there is"
        )

    def stop(self) -> None:
        """End every process."""
        with self._lock:
            for process in self._all:
                process.stop()
            self._all.clear()

    def _started(self) -> _Process:
        process = _Process()
        with self._lock:
            self._all.add(process)
        return process

    def _replaced(self, process: _Process) -> _Process:
        with self._lock:
            self._all.discard(process)
        process.stop()
        return self._started()


class _Process:
    """One process. It is started afresh and shares nothing, so it ends when this process is gone."""

    def __init__(self) -> None:
        self._connection, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(target=work, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def answer(self, line: bytes, seconds: float) -> bytes | None:
        """The answer; None when it takes longer than ``seconds`` or the process has died."""
        with suppress(OSError, EOFError):
            self._connection.send_bytes(line)
            if self._connection.poll(seconds):
                return self._connection.recv_bytes()
        return None

    def stop(self) -> None:
        """End it, whatever it is doing."""
        self._connection.close()
        self._process.kill()
        self._process.join()


def work(connection: Connection) -> None:
    """The loop of a process: lines in, answers out, until the other end of the pipe is closed.

    Signals are the parent's business: it finishes what is under way and then closes the pipe.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    from devaddr_xml.integrations.serve.answers import answer

    with suppress(EOFError, OSError):
        while True:
            connection.send_bytes(answer(connection.recv_bytes()))
