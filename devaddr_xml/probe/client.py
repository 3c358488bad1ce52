"""Asks libvirt through a child process, so that a daemon that never answers costs no more than the time allowed."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from typing import Any

from devaddr_xml.model.errors import ProbeError

#: Seconds that a whole request may take if the caller does not say.
DEFAULT_TIMEOUT = 30.0

_EXTRA = "Install it with: pip install 'devaddr-xml[libvirt]'"


class LibvirtRefusal(ProbeError):
    """libvirt answered, with an error."""


class ConnectionLost(ProbeError):
    """The daemon could not be reached, did not answer in time, or went away while it was asked."""


def ask(uri: str, task: str, timeout: float = DEFAULT_TIMEOUT, **arguments: Any) -> dict[str, Any]:
    """Have a child process carry out ``task`` on the libvirt at ``uri``; timeout in seconds, more than 0.

    Raises ConnectionLost when nobody answers in time, LibvirtRefusal when libvirt says no, and ProbeError when
    libvirt-python is not installed.
    """
    if importlib.util.find_spec("libvirt") is None:
        raise ProbeError("libvirt-python, which this needs to ask libvirt, is not installed", remedy=_EXTRA)
    request = json.dumps({"uri": uri, "task": task, "arguments": arguments})
    try:
        done = subprocess.run(
            [sys.executable, "-m", "devaddr_xml.probe.worker"],
            input=request,
            capture_output=True,
            text=True,
            timeout=timeout,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )
    except subprocess.TimeoutExpired:
        raise ConnectionLost(
            f"libvirt at {uri} did not answer within {timeout:g} seconds", remedy="Check that its daemon is running"
        ) from None
    return _result(uri, done)


def _result(uri: str, done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        last = done.stderr.strip().rpartition("\n")[2]
        raise ProbeError(f"the process that asked libvirt at {uri} ended without an answer: {last}") from None
    if "result" in answer:
        result: dict[str, Any] = answer["result"]
        return result
    message = str(answer["error"])
    if answer["failure"] == "refused":
        raise LibvirtRefusal(message)
    happened = "could not be reached" if answer["failure"] == "unreachable" else "went away while it was asked"
    raise ConnectionLost(f"libvirt at {uri} {happened}: {message}")
