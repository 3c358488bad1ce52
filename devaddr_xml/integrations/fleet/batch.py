"""A whole batch: documents in, results out, with everything that is done noted."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing

from devaddr_xml.integrations.fleet.document import Outcome, Settings, Task
from devaddr_xml.integrations.fleet.errors import SourceError
from devaddr_xml.integrations.fleet.ledger import Ledger
from devaddr_xml.integrations.fleet.local import work_here, work_in_processes
from devaddr_xml.integrations.fleet.names import output_name
from devaddr_xml.integrations.fleet.outputs import Outputs
from devaddr_xml.integrations.fleet.report import Report
from devaddr_xml.integrations.fleet.sources import Item

#: Told of each outcome as it comes, and whether an earlier run had it.
Told = Callable[[Outcome, bool], None]


class Batch:
    """Documents from a source into a folder. ``report`` is complete for what is done at any time."""

    def __init__(self, items: Iterator[Item], folder: str, settings: Settings, told: Told) -> None:
        self.report = Report()
        self._items = items
        self._settings = settings
        self._told = told
        self._outputs = Outputs(folder)
        self._ledger = Ledger(folder, settings.encoded())
        self._taken: dict[str, tuple[int, str]] = {}
        self._names: set[str] = set()
        self._position = 0

    def run(self, jobs: int = 1, scheduler: str | None = None) -> None:
        """Work on everything that is not done yet, in so many processes or on a Dask cluster.

        Raises SourceError, WorkersError or OutputError when the batch cannot go on; what is done stays done.
        """
        with closing(self._ledger), closing(self._outcomes(jobs, scheduler)) as outcomes:
            for outcome in outcomes:
                self._take_in(outcome)

    def _outcomes(self, jobs: int, scheduler: str | None) -> Generator[Outcome, None, None]:
        if scheduler is not None:
            from devaddr_xml.integrations.fleet.cluster import work_in_cluster

            yield from work_in_cluster(self._tasks(), self._settings, scheduler)
        elif jobs > 1:
            yield from work_in_processes(self._tasks(), self._settings, jobs)
        else:
            yield from work_here(self._tasks(), self._settings)

    def _tasks(self) -> Iterator[Task]:
        """The documents that workers have to work on; what becomes of the others is told at once."""
        for item in self._items:
            position = self._position
            self._position += 1
            if isinstance(item, Outcome):
                self._tell(position, item)
                continue
            try:
                self._claim(item.name)
            except SourceError as error:
                self._tell(position, Outcome(name=item.name, status="refused", error=str(error)))
                continue
            key = self._ledger.key(item.data + item.earlier)
            earlier = self._ledger.outcome(item.name, key, self._outputs.read)
            if earlier is not None:
                self._tell(position, earlier, skipped=True)
                continue
            self._taken[item.name] = (position, key)
            yield item

    def _claim(self, name: str) -> None:
        """Raise SourceError when the result would have no place of its own."""
        place = output_name(name)
        if place in self._names:
            raise SourceError("another document of the batch has this name")
        self._names.add(place)

    def _take_in(self, outcome: Outcome) -> None:
        """Write the result of a document, and note that it is done."""
        position, key = self._taken.pop(outcome.name)
        if outcome.xml:
            try:
                self._outputs.write(outcome.name, outcome.xml)
            except SourceError as error:
                outcome = Outcome(name=outcome.name, status="failed", error=str(error))
        if outcome.status != "failed":
            self._ledger.add(outcome, key)
        self._tell(position, outcome)

    def _tell(self, position: int, outcome: Outcome, skipped: bool = False) -> None:
        self.report.add(position, outcome, skipped)
        self._told(outcome, skipped)
