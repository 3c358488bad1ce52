"""A process without the time that Python takes to start: a fork of the tests' own, in which all is imported already.

It has streams, a folder, an environment and an exit code of its own, and nothing that the tests changed in the
interpreter. What a start imports it cannot show: ``cli/test_starts.py`` starts every command for that.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib
import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
import traceback
import types
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import devaddr_xml


def run_forked(
    function: Callable[[], Any],
    arguments: Sequence[str] = (),
    *,
    stdin: bytes = b"",
    cwd: Path | str,
    env: Mapping[str, str],
    timeout: float = 60,
    preexec_fn: Callable[[], Any] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """What a process that calls a function ends with; ``arguments`` are those of ``sys.argv``.

    Raises:
        subprocess.TimeoutExpired: It runs for more than ``timeout`` seconds.
    """
    line = ["devaddr-xml", *arguments]
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        given.write(stdin)
        given.seek(0)
        pid = fork()
        if pid == 0:
            become(function, line, [given.fileno(), output.fileno(), errors.fileno()], cwd, env, timeout, preexec_fn)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if code == -signal.SIGALRM:
            raise subprocess.TimeoutExpired(line, timeout)
        output.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess(line, code, output.read(), errors.read())


def fork() -> int:
    """Fork, although pytest-xdist reads in another thread: the child uses nothing that this thread holds."""
    import_all()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


@functools.cache
def import_all() -> None:
    """Import every module of the package whose requirements are installed."""
    for module in pkgutil.walk_packages(devaddr_xml.__path__, "devaddr_xml."):
        if not module.name.endswith("__main__"):
            with contextlib.suppress(ModuleNotFoundError):
                importlib.import_module(module.name)
    gc.collect()
    gc.freeze()  # a fork that collects garbage would copy all memory


def become(
    function: Callable[[], Any],
    line: list[str],
    streams: Sequence[int],
    cwd: Path | str,
    env: Mapping[str, str],
    timeout: float,
    preexec_fn: Callable[[], Any] | None = None,
) -> NoReturn:
    """Be the process, as a fork, and never come back."""
    code = 70
    try:
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        _forget_the_tests()
        signal.setitimer(signal.ITIMER_REAL, timeout)
        os.chdir(cwd)
        os.environ.clear()
        os.environ.update(env)
        sys.argv = line
        if preexec_fn is not None:
            preexec_fn()
        code = _call(function)
    finally:
        os._exit(code)


def _forget_the_tests() -> None:
    """Make the interpreter what it is when it has just started."""
    atexit._clear()
    gc.enable()
    for number in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.modules["__main__"] = types.ModuleType("__main__")  # a process that is spawned imports it
    sys.stdin = open(0, encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    warnings.resetwarnings()
    for ignored in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
        warnings.simplefilter("ignore", ignored)
    warnings.showwarning = _show


def _show(message: Any, category: Any, filename: str, number: int, file: Any = None, line: Any = None) -> None:
    sys.stderr.write(warnings.formatwarning(message, category, filename, number, line))


def _call(function: Callable[[], Any]) -> int:
    """Call it; the exit code is the one that Python gives for how it ends."""
    code = 0
    try:
        function()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
        code = 1
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return code
