"""Mutation testing by sample: which of randomly drawn changes of the package the tests notice.

mutmut makes the changes; here the tests are collected once, and each change is tried in a fork: of the tests that reach
the changed function the quickest run first, and the first failure ends it. ``benchmarks/mutation.md`` has the commands.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import HealthCheck, Phase, settings

#: How mutmut is told to make all changes and to run nothing.
GENERATE = """
from pathlib import Path
from mutmut.__main__ import create_mutants
from mutmut.utils.file_utils import copy_also_copy_files, copy_src_dir
Path("mutants").mkdir(exist_ok=True)
copy_src_dir()
copy_also_copy_files()
create_mutants(2)
"""

#: A change may take so many times as long as the tests take without it, and so many seconds more.
SLOWER, PATIENCE = 3, 10

#: How many examples a property is tried with.
EXAMPLES = 8


@dataclass(frozen=True)
class Trial:
    """What became of one change: ``noticed``, ``endless``, ``survived`` or ``unreached``."""

    mutant: str
    status: str
    test: str = ""
    seconds: float = 0.0


def all_mutants(folder: Path) -> list[str]:
    """The names of all changes, in order."""
    return sorted(name for file in folder.rglob("*.meta") for name in json.loads(file.read_text())["exit_code_by_key"])


def function_of(mutant: str) -> str:
    """The function that is changed, as mutmut names it."""
    return mutant.replace("__init__.", "").rpartition("__mutmut_")[0]


class Sampling:
    """A plugin of pytest that runs the collected tests once for each change."""

    def __init__(self, mutants: Sequence[str], results: Path, reach: Path, jobs: int) -> None:
        self.mutants = mutants
        self.reach = reach
        self.results = results
        self.jobs = jobs
        self.running: dict[int, tuple[str, float, float, int]] = {}
        self.reached: dict[str, list[tuple[float, int]]] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Let properties try the same few examples for each change, and not look for the smallest one that fails."""
        few = settings(
            max_examples=EXAMPLES,
            database=None,
            deadline=None,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        for item in session.items:
            test = getattr(item, "obj", None)
            if getattr(test, "is_hypothesis_test", False):
                test._hypothesis_internal_use_settings = few

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """In place of running the tests."""
        if session.testsfailed:
            raise session.Failed("The tests cannot be collected.")
        gc.collect()
        gc.freeze()
        self.measure(session.items)
        for number, mutant in enumerate(self.mutants, 1):
            tests = sorted(self.reached.get(function_of(mutant), ()))
            if not tests:
                self.record(Trial(mutant, "unreached"))
                continue
            while len(self.running) >= self.jobs:
                self.wait()
            self.start(session.items, mutant, tests)
            if number % 50 == 0:
                print(f"{number} of {len(self.mutants)}", file=sys.__stderr__, flush=True)
        while self.running:
            self.wait()
        return True

    def measure(self, items: Sequence[pytest.Item]) -> None:
        """Learn which functions each test reaches and how long it takes, unless that was written down before."""
        known = {row[0]: row for row in map(json.loads, read_lines(self.reach))}
        unknown = [item for item in items if item.nodeid not in known]
        pid = os.fork()
        if pid == 0:
            with self.reach.open("a") as stream:
                for row in self.reaching(unknown):
                    stream.write(json.dumps(row) + "\n")
            os._exit(0)
        os.waitpid(pid, 0)
        known = {row[0]: row for row in map(json.loads, read_lines(self.reach))}
        for number, item in enumerate(items):
            _, seconds, failed, functions = known[item.nodeid]
            if failed:
                raise SystemExit(f"{item.nodeid} fails without any change")
            for function in functions:
                self.reached.setdefault(function, []).append((seconds, number))
        print(f"{len(items)} tests reach {len(self.reached)} functions", file=sys.__stderr__, flush=True)

    def reaching(self, items: Sequence[pytest.Item]) -> Iterator[tuple[str, float, bool, list[str]]]:
        """For each test its name, the seconds that it takes, whether it fails, and the functions that it reaches."""
        from mutmut.mutation.trampoline import set_mutant_under_test
        from mutmut.state import state

        set_mutant_under_test("stats")
        os.environ["MUTMUT_DEPENDENCY_DEPTH"] = "-1"
        for number, item in enumerate(items):
            state()._stats.clear()
            begun = time.perf_counter()
            reports = runtestprotocol(item, log=False, nextitem=items[number + 1] if number + 1 < len(items) else None)
            failed = any(report.failed for report in reports)
            yield item.nodeid, time.perf_counter() - begun, failed, sorted(state()._stats)

    def start(self, items: Sequence[pytest.Item], mutant: str, tests: Sequence[tuple[float, int]]) -> None:
        """Try one change in a fork, which tells the test that notices it by a pipe."""
        limit = sum(seconds for seconds, _ in tests) * SLOWER + PATIENCE
        reader, writer = os.pipe()
        pid = os.fork()
        if pid:
            os.close(writer)
            self.running[pid] = (mutant, time.monotonic(), limit, reader)
            return
        from mutmut.mutation.trampoline import set_mutant_under_test

        resource.setrlimit(resource.RLIMIT_CPU, (int(limit) + 1, int(limit) + 2))
        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
        set_mutant_under_test(mutant.replace("__init__.", ""))
        order = [items[number] for _, number in tests]
        try:
            for item, following in zip(order, [*order[1:], None], strict=True):
                if any(report.failed for report in runtestprotocol(item, log=False, nextitem=following)):
                    os.write(writer, item.nodeid.encode())
                    os._exit(1)
            os._exit(0)
        finally:
            os._exit(1)

    def wait(self) -> None:
        """Wait until one of the forks ends, and end those whose time is up."""
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid in self.running:
                break
            now = time.monotonic()
            for overdue, (_, begun, limit, _) in self.running.items():
                if now - begun > 4 * limit:
                    os.kill(overdue, signal.SIGKILL)
            time.sleep(0.005)
        mutant, begun, _, reader = self.running.pop(pid)
        with open(reader) as stream:
            test = stream.read()
        ended = os.waitstatus_to_exitcode(status)
        kind = "survived" if ended == 0 else "noticed" if ended > 0 else "endless"
        self.record(Trial(mutant, kind, test, round(time.monotonic() - begun, 2)))

    def record(self, trial: Trial) -> None:
        """Write down what became of a change."""
        with self.results.open("a") as stream:
            stream.write(json.dumps(asdict(trial)) + "\n")


def read_lines(file: Path) -> list[str]:
    """The lines of a file, if it is there."""
    return file.read_text().splitlines() if file.exists() else []


def recorded(results: Path) -> dict[str, Trial]:
    """What became of the changes that were tried, by their names."""
    rows: list[dict[str, Any]] = [json.loads(line) for line in read_lines(results)]
    return {row["mutant"]: Trial(**row) for row in rows}


def interval(noticed: int, tried: int) -> tuple[float, float]:
    """The 95 % interval of a share, by Wilson's score."""
    z = 1.96
    share = noticed / tried
    middle = (share + z * z / (2 * tried)) / (1 + z * z / tried)
    half = z * sqrt(share * (1 - share) / tried + z * z / (4 * tried * tried)) / (1 + z * z / tried)
    return middle - half, middle + half


def report(trials: Sequence[Trial], population: int) -> str:
    """The figures of a sample in one line."""
    count = {kind: sum(trial.status == kind for trial in trials) for kind in ("noticed", "endless", "survived")}
    noticed = count["noticed"] + count["endless"]
    low, high = interval(noticed, len(trials))
    return (
        f"{noticed} of {len(trials)} noticed ({count['endless']} of them since the tests do not end), "
        f"{count['survived']} survived, {len(trials) - noticed - count['survived']} not reached: "
        f"{noticed / len(trials):.1%} of {population} changes, 95 % interval {low:.1%} to {high:.1%}"
    )


def main() -> None:
    """Make the changes, draw a sample, and try it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, required=True, help="how many changes to try")
    parser.add_argument("--seed", type=int, required=True, help="which sample to draw")
    parser.add_argument("--jobs", type=int, default=1, help="how many at a time")
    parser.add_argument("--results", type=Path, required=True, help="a file of JSON lines, continued if it is there")
    parser.add_argument("--reach", type=Path, required=True, help="where to keep which test reaches which function")
    parser.add_argument("--these", type=Path, help="try the changes named in this file instead of a sample")
    parser.add_argument("tests", nargs="+", help="folders and files of tests")
    given, options = parser.parse_known_args()
    subprocess.run([sys.executable, "-c", GENERATE], check=True, stdout=subprocess.DEVNULL)
    results, reach = given.results.absolute(), given.reach.absolute()
    os.chdir("mutants")
    sys.path.insert(0, str(Path.cwd()))
    os.environ["PYTHONPATH"] = str(Path.cwd())
    mutants = all_mutants(Path("devaddr_xml"))
    sample = random.Random(given.seed).sample(mutants, given.sample)
    if given.these:
        sample = given.these.read_text().split()
    known = recorded(results)
    waiting = [mutant for mutant in sample if mutant not in known]
    options += ["--capture=sys", "-p", "no:cacheprovider", "-p", "no:faulthandler", *given.tests]
    pytest.main(options, plugins=[Sampling(waiting, results, reach, given.jobs)])
    known = recorded(results)
    print(report([known[mutant] for mutant in sample if mutant in known], len(mutants)), file=sys.__stdout__)


if __name__ == "__main__":
    main()
