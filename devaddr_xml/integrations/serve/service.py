"""The service: lines from standard input or from the connections of a Unix socket, and their answers."""

from __future__ import annotations

import os
import signal
import socket
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import BinaryIO

import msgspec

from devaddr_xml.integrations.serve.answers import identifier
from devaddr_xml.integrations.serve.messages import STOPPING, TOO_LARGE, failure
from devaddr_xml.integrations.serve.workers import Workers

#: How many requests of one connection may wait for a process; further ones are not read until then.
WAITING = 64


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """size: bytes of a request's line. seconds: of one request. connections: at one time. jobs: processes."""

    size: int = 64 * 1024 * 1024
    seconds: float = 30.0
    connections: int = 32
    jobs: int = 1


class Service:
    """Answers requests until it is asked to stop, then finishes those that it has taken.

    wakeup: a socket that wakes the service when a byte comes, for ``signal.set_wakeup_fd``. A thread that waits for a
    lock can miss a signal that comes just before it waits; one that reads cannot.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._workers = Workers(limits.seconds)
        self._threads = ThreadPoolExecutor(limits.jobs, thread_name_prefix="request")
        self._channels: set[_Channel] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._woken, self.wakeup = socket.socketpair()
        self.wakeup.setblocking(False)

    def stop(self) -> None:
        """Take no further request; a signal handler may call this."""
        self._stop.set()
        with suppress(OSError):  # full: the service is awake anyway
            self.wakeup.send(b"\0")

    def stream(self, source: BinaryIO, sink: BinaryIO) -> None:
        """Answer the lines of one stream until it ends or the service stops; answers come as they are ready."""

        def read() -> None:
            self._converse(source, sink)
            self.stop()

        self._run(read)

    def listen(self, listener: socket.socket) -> None:
        """Answer the connections of a listening socket until the service stops."""
        self._run(lambda: self._accept(listener))

    def _run(self, take: Callable[[], None]) -> None:
        """Take requests until the end; then wait until what was taken is answered, and end the processes."""
        self._workers.start(self._limits.jobs)
        threading.Thread(target=take, daemon=True).start()
        while not self._stop.is_set():
            self._woken.recv(1)
        with self._lock:
            channels = list(self._channels)
        for channel in channels:
            channel.finish()
        self._threads.shutdown(wait=True)
        self._workers.stop()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                if len(self._channels) >= self._limits.connections:
                    _turn_away(connection)
                else:
                    threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        """The whole of a connection; what goes wrong with it concerns no other."""
        with connection, suppress(OSError), connection.makefile("rb") as source, connection.makefile("wb") as sink:
            self._converse(source, sink)

    def _converse(self, source: BinaryIO, sink: BinaryIO) -> None:
        channel = _Channel(sink)
        with self._lock:
            self._channels.add(channel)
        try:
            self._read(source, channel)
        finally:
            channel.finish()
            with self._lock:
                self._channels.discard(channel)

    def _read(self, source: BinaryIO, channel: _Channel) -> None:
        for line in lines(source, self._limits.size):
            if line is None:
                channel.send(failure(None, TOO_LARGE, f"the request is longer than {self._limits.size:,} bytes"))
            elif line.strip():
                if self._stop.is_set() or not channel.take():
                    channel.send(failure(identifier(line), STOPPING, "the service is stopping"))
                    return
                self._threads.submit(self._work, line, channel)

    def _work(self, line: bytes, channel: _Channel) -> None:
        try:
            channel.send(self._workers.answer(line))
        finally:
            channel.done()


class _Channel:
    """Where the answers of one connection go, one line after the other, and how many are under way."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink
        self._lock = threading.Lock()
        self._places = threading.Semaphore(WAITING)
        self._under_way = 0
        self._finished = False
        self._idle = threading.Condition(self._lock)

    def take(self) -> bool:
        """Make room for one more request; waits while there are too many. False where no more are taken."""
        self._places.acquire()
        with self._lock:
            if self._finished:
                return False
            self._under_way += 1
            return True

    def done(self) -> None:
        """The request is answered."""
        with self._lock:
            self._under_way -= 1
            self._idle.notify_all()
        self._places.release()

    def send(self, answer: bytes) -> None:
        """Write an answer; one that nobody reads any more is dropped."""
        if not answer:
            return
        with self._lock, suppress(OSError, ValueError):
            self._sink.write(answer + b"\n")
            self._sink.flush()

    def finish(self) -> None:
        """Take no more requests, and wait until those that were taken are answered."""
        with self._lock:
            self._finished = True
            self._idle.wait_for(lambda: not self._under_way)


def lines(source: BinaryIO, longest: int) -> Iterator[bytes | None]:
    """The lines of a stream; None for each that is longer than ``longest`` bytes, of which nothing is kept."""
    too_long = False
    while line := source.readline(longest + 1):
        ended = line.endswith(b"\n")
        if too_long:
            too_long = not ended
        elif not ended and len(line) > longest:
            too_long = True
            yield None
        else:
            yield line


@contextmanager
def _socket(path: str) -> Iterator[socket.socket]:
    """A listening socket with mode 0600 at ``path``; one that an ended service has left there is replaced."""
    _remove_abandoned(path)
    with socket.socket(socket.AF_UNIX) as listener:
        before = os.umask(0o177)
        try:
            listener.bind(path)
        finally:
            os.umask(before)
        try:
            listener.listen()
            yield listener
        finally:
            with suppress(OSError):
                os.unlink(path)


def _remove_abandoned(path: str) -> None:
    try:
        if not stat.S_ISSOCK(os.stat(path).st_mode):
            return
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(path)
    except ConnectionRefusedError:
        os.unlink(path)
    except FileNotFoundError:
        return


def _turn_away(connection: socket.socket) -> None:
    with connection, suppress(OSError):
        connection.sendall(failure(None, STOPPING, "there are too many connections; try again later") + b"\n")


@contextmanager
def _stopped_by_signals(service: Service) -> Iterator[None]:
    """SIGTERM and SIGINT stop the service in good order."""
    numbers = (signal.SIGTERM, signal.SIGINT)
    handlers = {number: signal.signal(number, lambda *_: service.stop()) for number in numbers}
    before = signal.set_wakeup_fd(service.wakeup.fileno(), warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def run(path: str | None, limits: Limits) -> None:
    """Serve standard input and output, or the Unix socket at ``path``, until the end or a signal. Raises OSError."""
    service = Service(limits)
    with _stopped_by_signals(service):
        if path is None:
            service.stream(sys.stdin.buffer, sys.stdout.buffer)
            return
        with _socket(path) as listener:
            service.listen(listener)
