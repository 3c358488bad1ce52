"""What all tests share: where the recorded results are, the command as a process, and how hard Hypothesis tries."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from forked import run_forked
from hypothesis import settings
from recorded import Recorded

import devaddr_xml.cli

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED = REPOSITORY.parent / "shared"

# pytest-xdist hands its own width to its workers, and the command fits its text to what COLUMNS says.
os.environ.pop("COLUMNS", None)

# The same examples in every run, so that it judges what was changed, and as many as a person waits for.
# HYPOTHESIS_PROFILE=ci, which .ci/run sets, tries five times as many and every recorded row (``examples.py``); quick
# tries few; search tries ten times as many as ci, and others in every run: it is for finding what nobody has found.
settings.register_profile("standard", deadline=None, derandomize=True, max_examples=20)
settings.register_profile("ci", deadline=None, derandomize=True, max_examples=100)
settings.register_profile("quick", deadline=None, derandomize=True, max_examples=15)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "standard"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--record``: see ``recorded.py``."""
    parser.addoption("--record", action="store_true", help="write the golden lines anew, instead of comparing them")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Recorded:
    """The golden lines of this test, which ``golden/`` beside the file of the test has."""
    file = Path(request.path).parent / "golden" / f"{Path(request.path).stem}.txt"
    return Recorded(file, request.node.name, bool(request.config.getoption("--record")))


@pytest.fixture(scope="session")
def repository() -> Path:
    """The sources."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared() -> Path:
    """The recorded results of libvirt, which stand beside the sources where they are developed."""
    if not SHARED.is_dir():
        pytest.skip("../shared, with the recorded results of libvirt, is not here")
    return SHARED


class Command:
    """The command as a user has it: a process of its own, in a folder that is not the sources'."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(Path(devaddr_xml.__file__).parent.parent),
            "LC_ALL": "C.UTF-8",
        }

    def line(self, *arguments: str | Path) -> list[str]:
        """The command line."""
        return [sys.executable, "-m", "devaddr_xml", *map(str, arguments)]

    def __call__(
        self, *arguments: str | Path, stdin: str | bytes = b"", **options: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run it, in a fork; the result has exit code, standard output and standard error as text."""
        options = {"cwd": self.folder, "env": self.environment, **options}
        return _as_text(run_forked(devaddr_xml.cli.main, [*map(str, arguments)], stdin=_as_bytes(stdin), **options))

    def started(
        self, *arguments: str | Path, stdin: str | bytes = b"", **options: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run it in a Python that starts anew, with any option of ``subprocess.run``."""
        options = {"capture_output": True, "cwd": self.folder, "env": self.environment, "timeout": 60, **options}
        return _as_text(subprocess.run(self.line(*arguments), input=_as_bytes(stdin), check=False, **options))

    def start(self, *arguments: str | Path, **options: Any) -> subprocess.Popen[bytes]:
        """Start it and go on; it can be interrupted, wherever the tests have been started."""
        own = {"cwd": self.folder, "env": self.environment, "preexec_fn": _take_interrupts}
        options = {"stderr": subprocess.PIPE, **own, **options}
        return subprocess.Popen(self.line(*arguments), **options)


def _as_bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


def _as_text(done: subprocess.CompletedProcess[bytes]) -> subprocess.CompletedProcess[str]:
    output, errors = (done.stdout or b"").decode(), (done.stderr or b"").decode()
    return subprocess.CompletedProcess(done.args, done.returncode, output, errors)


def _take_interrupts() -> None:
    """What a shell starts in the background has interrupts ignored, and so has everything that is started by it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """The command, run in the test's own folder."""
    return Command(tmp_path)


@pytest.fixture(scope="session")
def modules_of() -> Callable[[Sequence[str]], set[str]]:
    """The modules that a run of Python with these arguments imports."""

    def run(arguments: Sequence[str]) -> set[str]:
        line = [sys.executable, "-X", "importtime", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(Path(devaddr_xml.__file__).parent.parent)}
        done = subprocess.run(line, capture_output=True, text=True, check=True, env=environment)
        return {row.rpartition("|")[2].strip() for row in done.stderr.splitlines() if row.startswith("import time:")}

    return run
