"""Workers on this machine: what they make of documents, and what happens when they die."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from integrations.fleet.deadly_workers import always_dead, deadly_serve
from integrations.fleet.fleet_documents import BAD, document, result

import devaddr_xml
from devaddr_xml.integrations.fleet import local
from devaddr_xml.integrations.fleet.chunks import Chunks
from devaddr_xml.integrations.fleet.document import (
    Outcome,
    Settings,
    Task,
    decode_outcomes,
    decode_tasks,
    encode_tasks,
    run_chunk,
    work_on,
)
from devaddr_xml.integrations.fleet.errors import WorkersError
from devaddr_xml.integrations.fleet.local import work_here, work_in_processes
from devaddr_xml.model.capabilities import Capabilities
from devaddr_xml.model.policy import Policy

SETTINGS = Settings()


def tasks(count: int) -> list[Task]:
    return [Task(str(number), document(number)) for number in range(count)]


def test_outcomes() -> None:
    outcomes = {
        outcome.name: outcome
        for outcome in work_here(
            [Task("new", document(1)), Task("done", result(1)), Task("bad", BAD), Task("none", b"")], SETTINGS
        )
    }
    assert [outcome.status for outcome in outcomes.values()] == ["assigned", "unchanged", "refused", "refused"]
    new, done, bad = outcomes["new"], outcomes["done"], outcomes["bad"]
    assert new.xml == done.xml == result(1)
    assert (new.placed > 3, new.moved, "controller pci.1 (pcie-root-port)" in new.added) == (True, 0, True)
    assert (done.placed, done.moved, done.added, done.devices) == (0, 0, [], new.devices)
    assert (bad.line, bad.xml) == (2, b"")
    assert (bad.error or "").startswith("not well-formed XML")


def test_documents_one_after_the_other() -> None:
    outcome = work_on(Task("two", document(1) + document(2)), SETTINGS)
    assert outcome.xml == result(1) + result(2)
    broken = work_on(Task("two", document(1) + document(2).replace(b"vdb", b"")), SETTINGS)
    assert broken.status == "refused"
    assert broken.line is not None
    assert broken.line > document(1).count(b"\n")


def test_settings_reach_the_document() -> None:
    settings = Settings(policy=Policy(spare_ports=9), libvirt_version=(9, 0, 0))
    outcome = work_on(Task("a", document(1)), settings)
    assert sum("pcie-root-port" in added for added in outcome.added) > 9
    assert b"itco" not in outcome.xml
    assert b"itco" in work_on(Task("a", document(1)), SETTINGS).xml


def test_equal_settings_are_equal_bytes() -> None:
    flags = [f"flag-{number}" for number in range(50)]
    one = Settings(capabilities=Capabilities(arch="x86_64", flags=frozenset(flags)))
    other = Settings(capabilities=Capabilities(arch="x86_64", flags=frozenset(reversed(flags))))
    assert one.encoded() == other.encoded()
    assert one.encoded() != Settings(capabilities=Capabilities(arch="i686", flags=frozenset(flags))).encoded()


def test_another_version_is_refused() -> None:
    settings = SETTINGS.encoded().replace(b'"version":"', b'"version":"other-')
    with pytest.raises(WorkersError, match="other-"):
        run_chunk(settings, encode_tasks(tasks(1)))


def test_an_unexpected_error_is_that_of_one_document(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a\nfault")

    monkeypatch.setattr("devaddr_xml.integrations.fleet.document.complete", fail)
    outcome = work_on(tasks(1)[0], SETTINGS)
    assert (outcome.status, outcome.error) == ("failed", "internal error: ZeroDivisionError: a fault")


def test_processes_give_what_this_process_gives() -> None:
    given = [*tasks(50), Task("bad", BAD)]
    here = {outcome.name: outcome for outcome in work_here(given, SETTINGS)}
    there = {outcome.name: outcome for outcome in work_in_processes(given, SETTINGS, 2)}
    assert here == there
    assert not multiprocessing.active_children()


def test_nothing_is_read_ahead() -> None:
    """A folder of thousands is not in memory at once."""
    read: list[int] = []

    def reading() -> Iterator[Task]:
        for number, task in enumerate(tasks(400)):
            read.append(number)
            yield task

    outcomes = work_in_processes(reading(), SETTINGS, 1)
    next(outcomes)
    assert len(read) <= 32
    outcomes.close()  # type: ignore[attr-defined]
    assert not multiprocessing.active_children()


def test_a_worker_is_killed() -> None:
    """What it worked on is done again by another."""
    outcomes = work_in_processes(tasks(120), SETTINGS, 2)
    found = [next(outcomes)]
    victim = multiprocessing.active_children()[0]
    assert victim.pid is not None
    os.kill(victim.pid, signal.SIGKILL)
    found += outcomes
    assert sorted(int(outcome.name) for outcome in found) == list(range(120))
    assert {outcome.status for outcome in found} == {"assigned"}


def test_a_document_that_kills_workers_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "serve", deadly_serve)
    found = {outcome.name: outcome for outcome in work_in_processes(tasks(40), SETTINGS, 2)}
    assert len(found) == 40
    assert [outcome.name for outcome in found.values() if outcome.status != "assigned"] == ["7"]
    assert found["7"].status == "failed"
    assert "2 workers ended" in (found["7"].error or "")


def test_workers_that_do_not_start(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(local, "serve", always_dead)
    with pytest.raises(WorkersError, match="without any result"):
        list(work_in_processes(tasks(100), SETTINGS, 2))
    assert not multiprocessing.active_children()
    assert capfd.readouterr().err == ""


def test_a_wrong_result_is_noticed() -> None:
    chunks = Chunks(tasks(2))
    chunk = chunks.take()
    assert chunk is not None
    with pytest.raises(WorkersError, match="other documents"):
        chunks.done(chunk, run_chunk(SETTINGS.encoded(), encode_tasks(tasks(1))))


JUNK = {
    "nothing": b"",
    "cut off": encode_tasks(tasks(2))[:-1],
    "too long": encode_tasks(tasks(2)) + b"\0",
    "another type": b"\x93\1\2\3",
    "no such opcode": b"\xc1",
    "no UTF-8": b"\x91\x82\xa4name\xa1\xff\xa4data\xc4\0",
    "deeply nested": b"\x91\x81\xa1a" + b"\x91" * 100_000,
    "a pickle": pickle.dumps(tasks(1)),
}


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
def test_junk_is_refused(junk: bytes) -> None:
    for decode in (decode_tasks, decode_outcomes):
        with pytest.raises(WorkersError, match=r"is something else: .+the same version") as error:
            decode(junk)
        assert "\n" not in str(error.value)
    with pytest.raises(WorkersError, match="documents of a batch"):
        run_chunk(SETTINGS.encoded(), junk)
    with pytest.raises(WorkersError, match="settings of a batch"):
        run_chunk(junk, encode_tasks(tasks(1)))


def test_a_result_that_is_none_is_noticed() -> None:
    chunks = Chunks(tasks(1))
    chunk = chunks.take()
    assert chunk is not None
    with pytest.raises(WorkersError, match="outcomes of a batch"):
        chunks.done(chunk, b"\xc1")


UNPICKLED = """
import sys
found = []
def watch(event, arguments):
    if event == "pickle.find_class":
        found.append(arguments)
from devaddr_xml.integrations.fleet.document import Settings, Task, encode_tasks, run_chunk
from devaddr_xml.integrations.fleet.errors import WorkersError
chunk = encode_tasks([Task("pickle", sys.stdin.buffer.read()), Task("domain", b"<domain/>")])
sys.addaudithook(watch)
run_chunk(Settings().encoded(), chunk)
for junk in (sys.argv[1].encode("latin-1"), b"", b"\\x93"):
    try:
        run_chunk(Settings().encoded(), junk)
    except WorkersError:
        continue
    sys.exit("junk was taken")
sys.exit(str(found) if found else 0)
"""


def test_workers_unpickle_nothing() -> None:
    """A pickle is a bad document, or no chunk at all."""
    data = pickle.dumps(Path("x"), protocol=0)
    environment = {**os.environ, "PYTHONPATH": str(Path(devaddr_xml.__file__).parent.parent)}
    command = [sys.executable, "-c", UNPICKLED, data.decode("latin-1")]
    done = subprocess.run(command, input=data, capture_output=True, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, b"")


ORPHANS = """
import os, sys, time
from devaddr_xml.integrations.fleet.document import Settings, Task
from devaddr_xml.integrations.fleet.local import work_in_processes
import multiprocessing
def endless():
    while True:
        yield Task("a", b"<domain/>")
if __name__ == "__main__":
    for outcome in work_in_processes(endless(), Settings(), 2):
        print(*(child.pid for child in multiprocessing.active_children()), flush=True)
"""


def test_no_worker_outlives_the_batch(tmp_path: Path) -> None:
    """Not even when the batch is killed."""
    script = tmp_path / "orphans.py"
    script.write_text(ORPHANS)
    environment = {**os.environ, "PYTHONPATH": str(Path(devaddr_xml.__file__).parent.parent)}
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, env=environment, text=True) as batch:
        assert batch.stdout is not None
        pids: list[int] = []
        while len(pids) < 2:
            pids = [int(word) for word in batch.stdout.readline().split()]
        batch.kill()
    for _ in range(100):
        if not any(alive(pid) for pid in pids):
            return
        time.sleep(0.1)
    raise AssertionError(f"still there: {[pid for pid in pids if alive(pid)]}")


def alive(pid: int) -> bool:
    """Whether the process is there, and not only waits to be noticed by who inherits it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_outcomes_have_names_that_lead_back() -> None:
    assert [outcome.name for outcome in work_here(tasks(3), SETTINGS)] == ["0", "1", "2"]
    assert isinstance(next(iter(work_here(tasks(1), SETTINGS))), Outcome)
