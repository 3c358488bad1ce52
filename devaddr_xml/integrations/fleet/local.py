"""Workers on this machine: processes that take chunks from a pipe, and end when it does."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait

from devaddr_xml.integrations.fleet.chunks import Chunk, Chunks
from devaddr_xml.integrations.fleet.document import Outcome, Settings, Task, run_chunk, work_on


def processors() -> int:
    """How many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def work_here(tasks: Iterable[Task], settings: Settings) -> Iterator[Outcome]:
    """The outcomes, worked out in this process."""
    return (work_on(task, settings) for task in tasks)


def work_in_processes(tasks: Iterable[Task], settings: Settings, jobs: int) -> Iterator[Outcome]:
    """The outcomes, in the order in which they are ready, from so many processes.

    A process that dies is replaced. Raises WorkersError when processes only ever die.
    """
    chunks = Chunks(tasks)
    encoded = settings.encoded()
    idle: list[_Worker] = []
    busy: dict[Connection, tuple[_Worker, Chunk]] = {}
    try:
        while True:
            while len(busy) < jobs and (chunk := chunks.take()) is not None:
                worker = idle.pop() if idle else _Worker(encoded)
                worker.send(chunk)
                busy[worker.connection] = (worker, chunk)
            if not busy:
                return
            for ready in wait(list(busy)):
                assert isinstance(ready, Connection)
                worker, chunk = busy.pop(ready)
                result = worker.receive()
                if result is None:
                    worker.stop()
                    yield from chunks.lost(chunk)
                else:
                    idle.append(worker)
                    yield from chunks.done(chunk, result)
    finally:
        for worker in [*idle, *(worker for worker, _ in busy.values())]:
            worker.stop()


class _Worker:
    """One process. It is started afresh and shares nothing, so it sees when this process is gone."""

    def __init__(self, settings: bytes) -> None:
        self.connection, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(target=serve, args=(theirs, settings), daemon=True)
        with _uninterrupted():
            self._process.start()
        theirs.close()

    def send(self, chunk: Chunk) -> None:
        """Hand it a chunk; a dead one does not take it, which is seen when the result is asked for."""
        with suppress(OSError):
            self.connection.send_bytes(chunk.encoded())

    def receive(self) -> bytes | None:
        """The result; none when the process has died."""
        try:
            return self.connection.recv_bytes()
        except (EOFError, OSError):
            return None

    def stop(self) -> None:
        """End it, whatever it is doing."""
        self.connection.close()
        self._process.kill()
        self._process.join()


def serve(connection: Connection, settings: bytes) -> None:
    """The life of a worker: chunks in, results out, until the other end of the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, OSError):
        while True:
            connection.send_bytes(run_chunk(settings, connection.recv_bytes()))


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """A process that is started now ignores Ctrl-C from its first moment; this one ends it when the time has come."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
