"""Runs that are stopped, and disks that take no more: a file has its old content or its new one, never half."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from forked import run_forked

import devaddr_xml.cli

OLD = """<domain type='kvm'>
  <name>guest</name>
  <memory>1048576</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <disk type='file'><source file='/disk'/><target dev='vda' bus='virtio'/></disk>
  </devices>
</domain>
"""
NEW = devaddr_xml.assign(OLD).xml

#: Calls of the operating system that a run can be stopped at, before or after, by what they are called in ``os``.
CALLS = ("open", "write", "fchown", "fchmod", "fsync", "close", "replace", "rename", "unlink", "makedirs")


def stopping_main(call: str, when: str, number: int, word: str) -> Callable[[], None]:
    """Does what the command does, but sends itself a signal at one call; in the middle of a write half is written."""

    def main() -> None:
        real, write = getattr(os, call), os.write
        left = [number]

        def stopping(*arguments: Any, **options: Any) -> Any:
            left[0] -= 1
            if left[0]:
                return real(*arguments, **options)
            if when == "after":
                done = real(*arguments, **options)
            elif when == "half":
                write(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
            print("stopped", flush=True, file=sys.stderr)
            os.kill(os.getpid(), getattr(signal, word))
            return done if when == "after" else real(*arguments, **options)

        setattr(os, call, stopping)
        devaddr_xml.cli.main()

    return main


def stopped(
    command: Any, folder: Path, call: str, when: str, number: int, word: str, *arguments: str
) -> tuple[int, bool]:
    """The exit code of a run that is stopped at a call, and whether it came to that call."""
    done = run_forked(stopping_main(call, when, number, word), arguments, cwd=folder, env=command.environment)
    assert b"Traceback" not in done.stderr
    return done.returncode, b"stopped" in done.stderr


@pytest.mark.parametrize("word", ["SIGKILL", "SIGINT", "SIGTERM"])
@pytest.mark.parametrize(
    "target", [["--in-place", "guest.xml"], ["guest.xml", "-o", "out.xml"]], ids=["in place", "output"]
)
def test_stopped_at_any_point(command: Any, tmp_path: Path, target: list[str], word: str) -> None:
    written = tmp_path / ("out.xml" if "-o" in target else "guest.xml")
    codes = set()
    for call in CALLS:
        for when in ("before", "after", *(["half"] if call == "write" else [])):
            (tmp_path / "guest.xml").write_text(OLD)
            (tmp_path / "out.xml").write_text(OLD)
            code, reached = stopped(command, tmp_path, call, when, 1, word, "assign", *target)
            assert written.read_text() in (OLD, NEW)
            if not reached:
                assert (code, written.read_text()) == (0, NEW)
                continue
            codes.add(code)
            left = set(os.listdir(tmp_path)) - {"guest.xml", "out.xml"}
            if word == "SIGINT":
                assert left == set()
            assert all(name.startswith(".") for name in left)
            for name in left:
                (tmp_path / name).unlink()
    assert codes <= ({130, 0} if word == "SIGINT" else {-getattr(signal, word)})
    assert codes


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one page more than the old files need; only root can make one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    line = ["mount", "-t", "tmpfs", "-o", "size=16k", "none", str(folder)]
    if os.geteuid() or subprocess.run(line, capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


BATCH = ["batch", "given", "--out", "disk/out", "--jobs", "1"]


def fill(folder: Path) -> None:
    """Leave no room."""
    with open(folder / "full", "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass


@pytest.mark.parametrize("target", [["--in-place", "disk/guest.xml"], ["guest.xml", "-o", "disk/guest.xml"]])
def test_a_full_disk(command: Any, tmp_path: Path, small_disk: Path, target: list[str]) -> None:
    (tmp_path / "guest.xml").write_text(OLD)
    (small_disk / "guest.xml").write_text(OLD)
    fill(small_disk)
    before = sorted(os.listdir(small_disk))
    done = command("assign", *target)
    assert done.returncode == 1
    assert done.stderr == "devaddr-xml: error: cannot write disk/guest.xml: No space left on device\n"
    assert (small_disk / "guest.xml").read_text() == OLD
    assert sorted(os.listdir(small_disk)) == before


def test_a_full_disk_under_a_batch(command: Any, tmp_path: Path, small_disk: Path) -> None:
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "a.xml").write_text(OLD)
    (small_disk / "out").mkdir()
    (small_disk / "out" / "a.xml").write_text("old")
    fill(small_disk)
    done = command(*BATCH)
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert (small_disk / "out" / "a.xml").read_text() == "old"


@pytest.mark.parametrize("target", [["--in-place", "disk/guest.xml"], ["guest.xml", "-o", "disk/guest.xml"]])
def test_a_read_only_disk(command: Any, tmp_path: Path, small_disk: Path, target: list[str]) -> None:
    (tmp_path / "guest.xml").write_text(OLD)
    (small_disk / "guest.xml").write_text(OLD)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    done = command("assign", *target)
    assert done.returncode == 1
    assert done.stderr.startswith("devaddr-xml: error: cannot write disk/guest.xml: ")
    assert done.stderr.count("\n") == 1
    assert (small_disk / "guest.xml").read_text() == OLD


@pytest.mark.parametrize("word", ["SIGKILL", "SIGINT", "SIGTERM"])
def test_a_batch_that_is_stopped_can_be_finished(command: Any, tmp_path: Path, word: str) -> None:
    """Whenever it is stopped, every result is whole, and the next run makes the rest."""
    given, out = tmp_path / "given", tmp_path / "out"
    given.mkdir()
    out.mkdir()
    count = 120
    for number in range(count):
        (given / f"guest-{number}.xml").write_text(OLD)
        (out / f"guest-{number}.xml").write_text("old")
    line = ["batch", "given", "--out", "out", "--jobs", "2"]
    process = command.start(*line, start_new_session=True)
    while process.poll() is None and not any(path.read_text() == NEW for path in out.glob("guest-*.xml")):
        pass
    os.killpg(process.pid, getattr(signal, word))
    _, errors = process.communicate(timeout=60)
    assert b"Traceback" not in errors
    assert {path.read_text() for path in out.glob("guest-*.xml")} <= {"old", NEW}
    assert len(list(out.glob("guest-*.xml"))) == count
    done = command(*line)
    assert done.returncode == 0, done.stderr
    assert {path.read_text() for path in out.glob("guest-*.xml")} == {NEW}
    assert [name for name in os.listdir(out) if name.endswith(".part")] == []
