"""The command as a process that may have little memory and little time."""

from __future__ import annotations

import os
import re
import resource
import sys
import tempfile
from pathlib import Path
from subprocess import Popen
from typing import NamedTuple

from examples import THOROUGH
from forked import become, fork

import devaddr_xml.cli

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
    """Run the command with ``data`` as its standard input, ``MEMORY``, and ten times ``TIME``.

    It is a fork, unless everything is tried; a fork may have ``MEMORY`` beside what the tests have.
    """
    environment = {**os.environ, "PYTHONPATH": str(Path(devaddr_xml.__file__).parent.parent), "LC_ALL": "C.UTF-8"}
    line = [sys.executable, "-m", "devaddr_xml", *arguments]
    with (
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as output,
        tempfile.TemporaryFile() as errors,
        tempfile.TemporaryDirectory() as folder,
    ):
        given.write(data)
        given.seek(0)
        if THOROUGH:
            options = {"preexec_fn": limit, "env": environment, "cwd": folder}
            process = Popen(line, stdin=given, stdout=output, stderr=errors, **options)
            pid, process.returncode = process.pid, 0  # waited for below, with what it used
        elif (pid := fork()) == 0:
            streams = [given.fileno(), output.fileno(), errors.fileno()]
            become(devaddr_xml.cli.main, ["devaddr-xml", *arguments], streams, folder, environment, 60, limit_more)
        _, status, usage = os.wait4(pid, 0)
        output.seek(0)
        errors.seek(0)
        time = usage.ru_utime + usage.ru_stime
        return Outcome(os.waitstatus_to_exitcode(status), time, output.read(), errors.read().decode())


def limit(memory: int = MEMORY) -> None:
    """Let this process have so much memory, and ten times ``TIME``."""
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (int(TIME * 10), int(TIME * 10)))


def limit_more() -> None:
    """Let this process have ``MEMORY`` more than it has."""
    status = Path("/proc/self/status").read_text()
    limit(MEMORY + 1024 * int(re.search(r"^VmData:\s+(\d+) kB", status, re.MULTILINE)[1]))  # type: ignore[index]


def assert_refused(outcome: Outcome, words: str) -> None:
    """The process ended in time with one short line that has these words, and wrote nothing else."""
    assert words in outcome.errors
    assert (outcome.code, outcome.output) == (1, b"")
    assert outcome.errors.count("\n") == 1
    assert len(outcome.errors) < 5000
    assert outcome.time < TIME
