"""A real Dask cluster of several processes, one of which is killed while it works."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from integrations.fleet.fleet_documents import BAD, contents, document, expected, write_folder

from devaddr_xml.integrations.fleet.cluster import work_in_cluster
from devaddr_xml.integrations.fleet.document import Settings, Task
from devaddr_xml.integrations.fleet.errors import WorkersError
from devaddr_xml.integrations.fleet.ledger import NAME
from devaddr_xml.integrations.fleet.local import work_here

WORKERS = 2

#: So many documents that the batch is not over when a worker is killed.
COUNT = 600


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    distributed = pytest.importorskip("distributed", reason="distributed is not installed: pip install -e '.[test]'")
    with distributed.LocalCluster(
        n_workers=WORKERS,
        processes=True,
        threads_per_worker=1,
        dashboard_address=None,
        silence_logs=50,
        local_directory=str(tmp_path_factory.mktemp("dask")),
    ) as started:
        yield started


def worker_processes(cluster: Any) -> list[int]:
    return [nanny.pid for nanny in cluster.workers.values() if nanny.pid]


def test_a_cluster_gives_what_this_process_gives(cluster: Any) -> None:
    given = [*(Task(str(number), document(number)) for number in range(100)), Task("bad", BAD)]
    here = {outcome.name: outcome for outcome in work_here(given, Settings())}
    there = {outcome.name: outcome for outcome in work_in_cluster(given, Settings(), cluster.scheduler_address)}
    assert here == there


def test_a_worker_is_killed_while_it_works(cluster: Any, tmp_path: Path, command: Any) -> None:
    """The batch goes on with the others, and in the end nothing is missing."""
    source, out = write_folder(tmp_path / "in", COUNT), tmp_path / "out"
    (source / "bad.xml").write_bytes(BAD)
    before = set(worker_processes(cluster))
    assert len(before) == WORKERS
    batch = command.start(
        "batch", source, "--out", out, "--scheduler", cluster.scheduler_address, "--report", tmp_path / "report.jsonl"
    )
    wait_for_lines(out / NAME, 40, batch)
    victim = worker_processes(cluster)[0]
    os.kill(victim, signal.SIGKILL)
    at_the_kill = len((out / NAME).read_bytes().splitlines())
    _, errors = batch.communicate(timeout=240)
    assert batch.returncode == 1, errors
    assert at_the_kill < COUNT, "the batch was over before the worker was killed"
    assert b"601 documents: 600 assigned, 0 unchanged, 1 refused, 0 failed" in errors
    assert errors.count(b"error: ") == 1
    (source / "bad.xml").unlink()
    assert contents(out) == expected(source)
    report = [json.loads(line) for line in (tmp_path / "report.jsonl").read_text().splitlines()]
    assert len(report) == COUNT + 1
    assert victim not in worker_processes(cluster)


def wait_for_lines(path: Path, count: int, batch: subprocess.Popen[bytes]) -> None:
    for _ in range(1200):
        if path.exists() and len(path.read_bytes().splitlines()) >= count:
            return
        if batch.poll() is not None:
            raise AssertionError(f"the batch ended: {batch.stderr.read() if batch.stderr else ''}")
        time.sleep(0.05)
    raise AssertionError("the batch does not get on")


def test_no_scheduler(tmp_path: Path, command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("devaddr_xml.integrations.fleet.cluster._TIMEOUT", 1)
    for address in ("tcp://127.0.0.1:9", "nonsense://there"):
        with pytest.raises(WorkersError, match="no Dask scheduler"):
            list(work_in_cluster([], Settings(), address))


def test_without_distributed(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr("devaddr_xml.integrations.fleet.cluster.import_module", missing)
    with pytest.raises(WorkersError, match=r"devaddr-xml\[fleet\]"):
        list(work_in_cluster([], Settings(), "tcp://127.0.0.1:9"))
