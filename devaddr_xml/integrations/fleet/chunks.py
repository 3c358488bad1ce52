"""Documents in portions for workers, and what happens to a portion whose worker died."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

import msgspec

from devaddr_xml.integrations.fleet.document import Outcome, Task, decode_outcomes, encode_tasks
from devaddr_xml.integrations.fleet.errors import WorkersError

#: A portion has at most so many documents, and is complete with so many bytes.
DOCUMENTS = 16
BYTES = 1024 * 1024

#: A document is given up when so many workers have died of it alone.
ATTEMPTS = 2

#: So many workers in a row may die without one result in between.
DEATHS = 12


class Chunk(msgspec.Struct, frozen=True):
    """Some documents for one worker, and how many have died over exactly these."""

    tasks: tuple[Task, ...]
    deaths: int = 0

    def encoded(self) -> bytes:
        """The chunk as a worker takes it."""
        return encode_tasks(list(self.tasks))


class Chunks:
    """Cuts documents into chunks as workers ask for them; nothing is read ahead."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        self._tasks = iter(tasks)
        self._again: deque[Chunk] = deque()
        self._deaths = 0

    def take(self) -> Chunk | None:
        """The next chunk: first what has to be done again; none when nothing is left."""
        if self._again:
            return self._again.popleft()
        taken: list[Task] = []
        size = 0
        for task in self._tasks:
            taken.append(task)
            size += len(task.data)
            if len(taken) == DOCUMENTS or size >= BYTES:
                break
        return Chunk(tuple(taken)) if taken else None

    def done(self, chunk: Chunk, result: bytes) -> list[Outcome]:
        """The outcomes of a chunk; raises WorkersError when the result is that of another, or none."""
        self._deaths = 0
        outcomes = decode_outcomes(result)
        if [outcome.name for outcome in outcomes] != [task.name for task in chunk.tasks]:
            raise WorkersError("a worker returned the result of other documents")
        return outcomes

    def lost(self, chunk: Chunk) -> Iterator[Outcome]:
        """The worker died: its documents are tried again one by one, until it is known which of them it dies of.

        Gives an outcome for a document that is given up. Raises WorkersError when workers only ever die.
        """
        self._deaths += 1
        if self._deaths > DEATHS:
            raise WorkersError(f"{DEATHS} workers ended one after the other, without any result")
        if len(chunk.tasks) > 1:
            self._again.extend(Chunk((task,)) for task in chunk.tasks)
        elif chunk.deaths + 1 < ATTEMPTS:
            self._again.append(Chunk(chunk.tasks, chunk.deaths + 1))
        else:
            error = f"{ATTEMPTS} workers ended while they worked on this document"
            yield Outcome(name=chunk.tasks[0].name, status="failed", error=error)
