"""The command as a process that may have little memory and little time."""

from __future__ import annotations

import os
import resource
import sys
import tempfile
from pathlib import Path
from subprocess import Popen
from typing import NamedTuple

import devaddr_xml

#: What a process may have of its own, in bytes.
MEMORY = 200 * 1024 * 1024
#: Processor time of the whole process in seconds, start included, on a machine that does other things.
TIME = 2.5


class Outcome(NamedTuple):
    """How a process ended: exit code (negative for a signal), processor time in seconds, and what it wrote."""

    code: int
    time: float
    output: bytes
    errors: str


def run_limited(data: bytes, *arguments: str) -> Outcome:
    """Run the command with ``data`` as its standard input, ``MEMORY``, and ten times ``TIME``."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (int(TIME * 10), int(TIME * 10)))

    environment = {**os.environ, "PYTHONPATH": str(Path(devaddr_xml.__file__).parent.parent), "LC_ALL": "C.UTF-8"}
    with (
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as output,
        tempfile.TemporaryFile() as errors,
        tempfile.TemporaryDirectory() as folder,
    ):
        given.write(data)
        given.seek(0)
        line = [sys.executable, "-m", "devaddr_xml", *arguments]
        process = Popen(line, stdin=given, stdout=output, stderr=errors, preexec_fn=limit, env=environment, cwd=folder)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        time = usage.ru_utime + usage.ru_stime
        return Outcome(process.returncode, time, output.read(), errors.read().decode())


def assert_refused(outcome: Outcome, words: str) -> None:
    """The process ended in time with one short line that has these words, and wrote nothing else."""
    assert words in outcome.errors
    assert (outcome.code, outcome.output) == (1, b"")
    assert outcome.errors.count("\n") == 1
    assert len(outcome.errors) < 5000
    assert outcome.time < TIME
