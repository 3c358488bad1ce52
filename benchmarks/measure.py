"""Measuring on a machine that does other things too: both sides in turn, processor time, and the median of ratios."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).resolve().parent.parent


class Pair(NamedTuple):
    """Two things measured in turn: the seconds that each takes, and the ratio."""

    first: float
    second: float
    ratio: float


def in_turn(first: Callable[[], object], second: Callable[[], object], rounds: int) -> Pair:
    """The processor time of two functions, called in turn."""
    return _in_turn(lambda: _clocked(first, time.thread_time), lambda: _clocked(second, time.thread_time), rounds)


def quickest_in_turn(first: Callable[[], object], second: Callable[[], object], rounds: int) -> Pair:
    """The shortest time on the wall of two functions, called in turn: for what waits for another process.

    Of times on the wall only the shortest says what a call takes when nothing else wants the processor.
    """
    first(), second()
    ones, others = [], []
    for _ in range(rounds):
        ones.append(_clocked(first, time.perf_counter))
        others.append(_clocked(second, time.perf_counter))
    return Pair(min(ones), min(others), min(ones) / min(others))


def processes_in_turn(first: Sequence[str], second: Sequence[str], rounds: int) -> Pair:
    """The processor time of two commands, started in turn."""
    return _in_turn(lambda: process_time(first), lambda: process_time(second), rounds)


def _in_turn(first: Callable[[], float], second: Callable[[], float], rounds: int) -> Pair:
    first(), second()
    times = [(first(), second()) for _ in range(rounds)]
    return Pair(
        statistics.median(one for one, _ in times),
        statistics.median(other for _, other in times),
        statistics.median(one / other for one, other in times),
    )


def _clocked(call: Callable[[], object], clock: Callable[[], float]) -> float:
    start = clock()
    call()
    return clock() - start


def process_time(command: Sequence[str]) -> float:
    """The processor time of a whole process, and of those that it starts, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment(), cwd=REPOSITORY
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def peak_memory(code: str) -> tuple[int, int]:
    """The most memory that a Python process has that runs code, and how much of that its last line added; in KiB.

    What is before the last line of code, such as imports, counts for the first figure only.
    """
    *preparation, last = code.strip().splitlines()
    lines = [_PEAK, *preparation, "before = peak()", last, "print(peak(), peak() - before)"]
    command = [sys.executable, "-c", "\n".join(lines)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment(), cwd=REPOSITORY)
    peak, added = done.stdout.split()
    return int(peak), int(added)


#: The kernel's figure for the whole life of a process; what getrusage tells includes what its parent had.
_PEAK = """
def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
"""


def environment() -> dict[str, str]:
    """The environment of a user: compiled modules are kept, and the package is the one beside this folder."""
    return {
        **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        "PYTHONPATH": str(REPOSITORY),
    }
