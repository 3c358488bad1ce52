"""Workers of a Dask cluster, for more documents than one machine holds.

Dask's processes pass functions and results to each other with pickle: whoever can reach its scheduler can run programs
on its workers. Documents are bytes there as everywhere; they are never unpickled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from itertools import count
from typing import Any

from devaddr_xml.integrations.fleet.chunks import Chunk, Chunks
from devaddr_xml.integrations.fleet.document import Outcome, Settings, Task, run_chunk
from devaddr_xml.integrations.fleet.errors import WorkersError

#: Seconds that the scheduler has to answer at first.
_TIMEOUT = 20

#: Chunks under way for each thread of a worker, so that none waits for its next one.
_AHEAD = 2

#: Workers are counted again after so many results: some may have come or gone.
_COUNTED_AFTER = 32


def work_in_cluster(tasks: Iterable[Task], settings: Settings, scheduler: str) -> Iterator[Outcome]:
    """The outcomes, in the order in which they are ready, from the workers of a Dask scheduler.

    scheduler: such as ``tcp://HOST:8786``. A worker that dies is no loss: others do its work, and workers that come are
    used. Raises WorkersError when the scheduler cannot be reached or is lost, and when workers cannot do the work.
    """
    client = _connected(scheduler)
    try:
        yield from _outcomes(client, Chunks(tasks), settings.encoded())
    finally:
        client.close(timeout=_TIMEOUT)


def _outcomes(client: Any, chunks: Chunks, settings: bytes) -> Iterator[Outcome]:
    under_way: dict[Any, Chunk] = {}
    distributed = _distributed()
    completed = distributed.as_completed(loop=client.loop)
    for number in count():
        if number % _COUNTED_AFTER == 0:
            room = max(4, _AHEAD * sum(client.nthreads().values()))
        while len(under_way) < room and (chunk := chunks.take()) is not None:
            future = client.submit(run_chunk, settings, chunk.encoded(), pure=False)
            under_way[future] = chunk
            completed.add(future)
        if not under_way:
            return
        future = next(completed)
        chunk = under_way.pop(future)
        try:
            result = future.result()
        except distributed.KilledWorker:
            yield from chunks.lost(chunk)
        except WorkersError:
            raise
        except OSError as error:
            remedy = "Start the same batch again; it skips what is done"
            raise WorkersError(f"the cluster was lost: {_in_one_line(error)}", remedy=remedy) from error
        except Exception as error:
            raise WorkersError(
                f"the cluster could not do the work: {type(error).__name__}: {_in_one_line(error)}",
                remedy="Its workers need devaddr-xml, in the version that starts the batch",
            ) from error
        else:
            yield from chunks.done(chunk, result)


def _connected(scheduler: str) -> Any:
    distributed = _distributed()
    try:
        return distributed.Client(scheduler, timeout=_TIMEOUT, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise WorkersError(f"no Dask scheduler answers at {scheduler}: {_in_one_line(error)}") from error


def _distributed() -> Any:
    try:
        return import_module("distributed")
    except ImportError as error:
        remedy = "pip install 'devaddr-xml[fleet]'"
        raise WorkersError("a cluster needs the package distributed", remedy=remedy) from error


def _in_one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
