"""A daemon that dies or never answers ends in a clear error, and leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from live.test_live_guest import card, domain

ROOT = Path(__file__).resolve().parents[2]

NOBODY = 65534


class Daemon:
    """A libvirtd of another user, so that it can be killed without harm to the tests' own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.uri = f"qemu+unix:///session?socket={folder}/run/libvirt/libvirt-sock"
        for name in ("run", "config/libvirt", "cache", "data"):
            (folder / name).mkdir(parents=True)
        (folder / "config/libvirt/qemu.conf").write_text('stdio_handler = "file"\n')
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
        self.start()
        # At first it asks every QEMU of the host about its abilities.
        subprocess.run(["virsh", "-q", "-c", self.uri, "capabilities"], capture_output=True, check=True, timeout=300)

    def start(self) -> None:
        places = {"HOME": "", "XDG_RUNTIME_DIR": "run", "XDG_CONFIG_HOME": "config"}
        places |= {"XDG_CACHE_HOME": "cache", "XDG_DATA_HOME": "data"}
        self.process = subprocess.Popen(
            ["libvirtd"],
            env=os.environ | {name: str(self.folder / place) for name, place in places.items()},
            user=NOBODY,
            group=NOBODY,
            extra_groups=[],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + 180  # it waits for guests that it finds half started
        while subprocess.run(["virsh", "-q", "-c", self.uri, "list"], capture_output=True).returncode:
            assert time.monotonic() < end, "the daemon does not answer"
            time.sleep(0.2)

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def domains(self) -> str:
        shown = subprocess.run(
            ["virsh", "-q", "-c", self.uri, "list", "--all", "--name"], capture_output=True, text=True
        )
        assert shown.returncode == 0, shown.stderr
        return shown.stdout.strip()


@pytest.fixture(scope="module")
def daemon() -> Iterator[Daemon]:
    if os.geteuid() != 0 or shutil.which("libvirtd") is None or shutil.which("virsh") is None:
        pytest.skip("it needs root and libvirtd")
    folder = Path(subprocess.run(["mktemp", "-d"], capture_output=True, text=True, check=True).stdout.strip())
    started = Daemon(folder)
    yield started
    started.kill()
    for process in _processes("devaddr-verify-"):
        os.kill(process, signal.SIGKILL)
    shutil.rmtree(folder)


@pytest.fixture
def guest(tmp_path: Path) -> Path:
    path = tmp_path / "guest.xml"
    path.write_text(domain("q35", 2, card(1, "devaddr:node='1'") + card(2)))
    return path


def start(*arguments: str) -> subprocess.Popen[str]:
    """The command as a user runs it: it can be interrupted, also where the tests run in the background."""
    command = [sys.executable, "-c", "from devaddr_xml.cli import main; main()", *arguments]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def refused(process: subprocess.Popen[str], word: str, within: float) -> None:
    """The command ends in time with exit code 1, one line that says what happened, and no result."""
    began = time.monotonic()
    out, err = process.communicate(timeout=60)
    assert time.monotonic() - began < within
    assert process.returncode == 1, err
    assert out == ""
    assert word in err
    assert "Traceback" not in err
    assert len(err.strip().splitlines()) == 1


def test_probe_of_a_daemon_that_is_killed(daemon: Daemon) -> None:
    daemon.signal(signal.SIGSTOP)
    process = start("probe", "--connect", daemon.uri)
    time.sleep(1.5)
    daemon.kill()
    refused(process, "libvirt", within=10)
    daemon.start()


def test_probe_of_a_daemon_that_is_stopped(daemon: Daemon) -> None:
    daemon.signal(signal.SIGSTOP)
    try:
        refused(start("probe", "--connect", daemon.uri, "--timeout", "2"), "within 2 seconds", within=8)
    finally:
        daemon.signal(signal.SIGCONT)


@pytest.mark.parametrize("command", ["probe", "verify"])
def test_socket_that_never_answers(command: str, tmp_path: Path, guest: Path) -> None:
    pytest.importorskip("libvirt", reason="libvirt-python is not installed")
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        arguments = [command, *([str(guest)] if command == "verify" else [])]
        process = start(*arguments, "--connect", f"qemu+unix:///system?socket={path}", "--timeout", "2")
        refused(process, "within 2 seconds", within=15)


def test_no_socket(tmp_path: Path) -> None:
    pytest.importorskip("libvirt", reason="libvirt-python is not installed")
    refused(
        start("probe", "--connect", f"qemu+unix:///system?socket={tmp_path}/none"), "could not be reached", within=15
    )


@pytest.mark.parametrize("moment", [0.0, 0.3, 1.0])
def test_verify_with_a_daemon_that_is_killed(daemon: Daemon, guest: Path, moment: float) -> None:
    """However far the trial has come, nothing stays: no QEMU, and no domain when the daemon is back."""
    process = start("verify", str(guest), "--connect", daemon.uri, "--start")
    wait_for_trial()
    time.sleep(moment)
    daemon.kill()
    refused(process, "went away", within=20)
    assert _processes("devaddr-verify-") == []
    daemon.start()
    assert daemon.domains() == ""


def test_verify_that_is_interrupted(daemon: Daemon, guest: Path) -> None:
    process = start("verify", str(guest), "--connect", daemon.uri, "--start")
    wait_for_trial()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=120)
    assert process.returncode == 130
    end = time.monotonic() + 60
    while (daemon.domains() or _processes("devaddr-verify-")) and time.monotonic() < end:
        time.sleep(0.2)
    assert daemon.domains() == ""
    assert _processes("devaddr-verify-") == []


def test_verify_that_works(daemon: Daemon, guest: Path) -> None:
    """The same, with nothing in its way."""
    process = start("verify", str(guest), "--connect", daemon.uri, "--start")
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err + out
    assert "interface 52:54:00:00:00:01" in out
    assert daemon.domains() == ""


def wait_for_trial() -> None:
    end = time.monotonic() + 180
    while not _processes("devaddr-verify-"):
        assert time.monotonic() < end, "no QEMU was started"
        time.sleep(0.02)


def _processes(name: str) -> list[int]:
    """The QEMU processes of the daemon's user, with guests whose name begins like this."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.stat().st_uid == NOBODY and f"guest={name}" in path.read_text(errors="replace"):
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found
