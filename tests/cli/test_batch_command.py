"""``devaddr-xml batch`` as a process: what it writes, skips, lists and leaves behind."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import resource
import signal
import subprocess
import tarfile
import time
from pathlib import Path
from typing import Any

import pytest
from host_trees import SERVER, facts
from integrations.fleet.fleet_documents import BAD, contents, document, expected, write_folder
from properties.host_guests import HostGuest, Passed, guest_devices, guest_levels, host_levels

import devaddr_xml

LEDGER = ".devaddr-xml-batch.jsonl"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "in", 30)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_folder(command: Any, source: Path, out: Path, jobs: str) -> None:
    done = command("batch", source, "--out", out, "--jobs", jobs)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "devaddr-xml: 30 documents: 30 assigned, 0 unchanged, 0 refused, 0 failed\n"
    assert contents(out) == expected(source)


def test_archive_and_lines_give_the_same(command: Any, source: Path, out: Path, tmp_path: Path) -> None:
    wanted = expected(source)
    with tarfile.open(tmp_path / "all.tar.gz", "w:gz") as tar:
        tar.add(source, arcname=".")
    assert command("batch", tmp_path / "all.tar.gz", "--out", out / "tar").returncode == 0
    assert contents(out / "tar") == wanted
    records = [
        json.dumps({"name": str(path.relative_to(source)), "xml": path.read_text()}) for path in source.rglob("*.xml")
    ]
    assert command("batch", "-", "--out", out / "lines", stdin="\n".join(records)).returncode == 0
    assert contents(out / "lines") == wanted


def test_bad_documents_fail_alone(command: Any, source: Path, out: Path, tmp_path: Path) -> None:
    wanted = expected(source)
    (source / "bad.xml").write_bytes(BAD)
    (source / "site-1" / "hints.xml").write_bytes(
        document(1).replace(b"<disk ", b"<disk xmlns:d='urn:devaddr-xml:hints:1' d:nod='1' ")
    )
    done = command(
        "batch", source, "--out", out, "--report", tmp_path / "report.jsonl", "--report", tmp_path / "report.csv"
    )
    assert done.returncode == 1
    assert "bad.xml:2: error: not well-formed XML" in done.stderr
    assert "site-1/hints.xml:5: error: disk vda: " in done.stderr
    assert done.stderr.endswith("32 documents: 30 assigned, 0 unchanged, 2 refused, 0 failed\n")
    assert contents(out) == wanted
    report = {line["name"]: line for line in lines(tmp_path / "report.jsonl")}
    assert list(report) == sorted(report)
    assert (report["bad.xml"]["status"], report["bad.xml"]["line"]) == ("refused", 2)
    good = report["0.xml"]
    assert (good["status"], good["moved"], good["error"], good["skipped"]) == ("assigned", 0, None, False)
    assert "controller pci.1 (pcie-root-port)" in good["added"]
    assert good["placed"] > len(good["added"]) / 2
    table = list(csv.DictReader(io.StringIO((tmp_path / "report.csv").read_text())))
    assert [row["name"] for row in table] == list(report)
    assert int(table[0]["added"]) == len(report[table[0]["name"]]["added"])


def test_what_is_done_is_left_out(command: Any, source: Path, out: Path, tmp_path: Path) -> None:
    (source / "bad.xml").write_bytes(BAD)
    assert command("batch", source, "--out", out).returncode == 1
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.xml")}
    (source / "2.xml").write_bytes(document(99))
    (out / "4.xml").write_text("edited")
    (out / "6.xml").unlink()
    (source / "new.xml").write_bytes(document(100))
    done = command(
        "batch", source, "--out", out, "--report", tmp_path / "report.jsonl", "--report", tmp_path / "report.csv"
    )
    assert done.returncode == 1
    assert "32 documents: 31 assigned, 0 unchanged, 1 refused, 0 failed; 28 were done already" in done.stderr
    assert "bad.xml:2: error" in done.stderr
    (source / "bad.xml").unlink()
    assert contents(out) == expected(source)
    written = {path.name for path in out.rglob("*.xml") if before.get(path) != path.stat().st_mtime_ns}
    assert written == {"2.xml", "4.xml", "6.xml", "new.xml"}
    skipped = {line["name"] for line in lines(tmp_path / "report.jsonl") if not line["skipped"]}
    assert skipped == written


def test_other_options_are_other_work(command: Any, source: Path, out: Path) -> None:
    command("batch", source, "--out", out)
    done = command("batch", source, "--out", out, "--profile", "hotplug", "--set", "spare-ports=3")
    assert "were done already" not in done.stderr
    assert 'profile="hotplug"' in (out / "0.xml").read_text().replace("'", '"')
    again = command("batch", source, "--out", out, "--profile", "hotplug", "--set", "spare-ports=3")
    assert "30 were done already" in again.stderr


def test_complete_documents_are_unchanged(command: Any, source: Path, out: Path) -> None:
    command("batch", source, "--out", out / "1")
    done = command("batch", out / "1", "--out", out.parent / "2")
    assert "0 assigned, 30 unchanged" in done.stderr
    assert contents(out / "1") == contents(out.parent / "2")


def test_names_that_lead_out(command: Any, out: Path, tmp_path: Path) -> None:
    names = ["../escaped", "/tmp/devaddr-xml-escaped", "a/../../escaped", "ok", "ok.xml", "./ok"]
    records = "\n".join(json.dumps({"name": name, "xml": document(0).decode()}) for name in names)
    done = command("batch", "-", "--out", out, stdin=records)
    assert done.returncode == 1
    assert "1 assigned, 0 unchanged, 5 refused" in done.stderr
    assert list(contents(out)) == ["ok.xml"]
    assert not list(tmp_path.rglob("*escaped*"))
    assert not Path("/tmp/devaddr-xml-escaped.xml").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{in}"], "--out"),
        (["{in}", "--out", "{in}"], "output folder"),
        (["{in}", "--out", "{in}/below"], "output folder"),
        (["{in}/gone", "--out", "{out}"], "cannot read"),
        (["{in}/0.xml", "--out", "{out}"], "neither a folder nor a TAR archive"),
        (["{in}", "--out", "{out}", "--jobs", "0"], "--jobs"),
        (["{in}", "--out", "{out}", "--jobs", "2", "--scheduler", "tcp://a:1"], "--jobs"),
        (["{in}", "--out", "{out}", "--connect", "test:///default"], "--capabilities"),
        (["{in}", "--out", "{out}", "--set", "nonsense=1"], "nonsense"),
    ],
)
def test_usage(command: Any, source: Path, out: Path, arguments: list[str], message: str) -> None:
    done = command("batch", *(argument.format(**{"in": source, "out": out}) for argument in arguments))
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not out.exists()


def test_output_that_cannot_be_written(command: Any, source: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for arguments in (["--out", tmp_path / "file"], ["--out", tmp_path / "o", "--report", tmp_path / "gone" / "r"]):
        done = command("batch", source, *arguments)
        assert done.returncode == 1
        assert "cannot write" in done.stderr


def test_full_disk(command: Any, source: Path, out: Path) -> None:
    """Files cannot grow over a limit: what does not fit is not there, and what was there still is."""
    command("batch", source, "--out", out)
    before = contents(out)
    (source / "0.xml").write_bytes(document(0, disks=20))

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))

    size = len(devaddr_xml.assign(document(0, disks=20)).xml)
    assert size > 6000
    done = command("batch", source, "--out", out, "--jobs", "1", preexec_fn=limit)
    assert done.returncode == 1
    assert "cannot write" in done.stderr
    assert "Traceback" not in done.stderr
    assert contents(out) == before


def started(command: Any, source: Path, out: Path, **options: Any) -> subprocess.Popen[bytes]:
    """A batch that is under way."""
    batch = command.start("batch", source, "--out", out, "--jobs", "2", start_new_session=True, **options)
    for _ in range(1200):
        if (out / LEDGER).exists() and (out / LEDGER).read_bytes().count(b"\n") > 40:
            return batch
        assert batch.poll() is None
        time.sleep(0.05)
    raise AssertionError("the batch does not get on")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_stopped_and_started_again(command: Any, tmp_path: Path, out: Path, number: signal.Signals) -> None:
    """Every result that is there is whole; the next run does the rest."""
    source = write_folder(tmp_path / "in", 600)
    report = tmp_path / "report.jsonl"
    batch = started(command, source, out)
    if number == signal.SIGINT:
        os.killpg(batch.pid, number)  # as a terminal does, to all of its processes
    else:
        batch.send_signal(number)
    _, errors = batch.communicate(timeout=60)
    wanted = expected(source)
    there = contents(out)
    whole = {name: digest for name, digest in there.items() if not name.endswith(".part")}
    assert 40 <= len(whole) < 600
    assert whole.items() <= wanted.items()
    assert batch.returncode == (130 if number == signal.SIGINT else -number)
    assert b"Traceback" not in errors
    again = command("batch", source, "--out", out, "--report", report)
    assert again.returncode == 0
    done_already = int(re.search(r"; ([\d,]+) were done already", again.stderr)[1].replace(",", ""))
    assert done_already >= len(whole) - 1
    assert contents(out) == wanted


def test_one_batch_at_a_time(command: Any, tmp_path: Path, out: Path) -> None:
    source = write_folder(tmp_path / "in", 300)
    batch = started(command, source, out)
    batch.send_signal(signal.SIGSTOP)  # so that it is there as long as it is needed
    other = command("batch", source, "--out", out)
    batch.kill()
    batch.communicate()
    assert other.returncode == 1
    assert "another batch" in other.stderr


def test_bar_on_a_terminal(command: Any, tmp_path: Path, out: Path) -> None:
    """How many, how fast, and for how long still; and lines about bad documents above."""
    source = write_folder(tmp_path / "in", 200)
    (source / "bad.xml").write_bytes(BAD)
    terminal, theirs = pty.openpty()
    environment = {**command.environment, "TERM": "xterm", "COLUMNS": "100"}
    batch = command.start("batch", source, "--out", out, "--jobs", "1", stderr=theirs, env=environment)
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    assert batch.wait(60) == 1
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.decode())
    assert re.search(r"in .*\d+/201 +[\d,]+/s +\d+:\d\d", text), text[-2000:]
    assert "bad.xml:2: error: not well-formed XML" in text
    assert "201 documents: 200 assigned, 0 unchanged, 1 refused" in text


def test_no_bar_in_a_file(command: Any, source: Path, out: Path) -> None:
    done = command("batch", source, "--out", out)
    assert "\x1b" not in done.stderr
    assert done.stderr.count("\n") == 1


def test_control_characters_of_documents_are_not_shown(command: Any, out: Path) -> None:
    record = json.dumps({"name": "a\x1b]0;title\x07", "xml": "<domain/>"})
    done = command("batch", "-", "--out", out, stdin=record)
    assert done.returncode == 1
    assert "\x1b" not in done.stderr


def test_formulas_in_the_table_are_text(command: Any, out: Path, tmp_path: Path) -> None:
    record = json.dumps({"name": "=HYPERLINK(1)", "xml": "<domain/>"})
    command("batch", "-", "--out", out, "--report", tmp_path / "report.csv", stdin=record)
    assert "\n'=HYPERLINK(1)," in (tmp_path / "report.csv").read_text()


def test_nothing_of_a_batch_is_imported_by_other_commands(modules_of: Any) -> None:
    modules = modules_of(["-m", "devaddr_xml", "assign", "--help"])
    assert not any(
        module.startswith(("devaddr_xml.integrations", "multiprocessing", "distributed")) for module in modules
    )
    modules = modules_of(["-m", "devaddr_xml", "batch", "--help"])
    assert not any(module.startswith(("distributed", "rich", "multiprocessing")) for module in modules)


def test_every_guest_of_a_host_mirrors_it(command: Any, out: Path, tmp_path: Path) -> None:
    """Each document gets its own part of the host's tree; the one that cannot be mirrored is listed."""
    (tmp_path / "host.json").write_text(facts(SERVER).to_json())
    (tmp_path / "in").mkdir()
    guests = {
        "one": HostGuest(facts(SERVER), [Passed(f"0000:{bus}:00.0", False) for bus in (17, 13, 16)], [0]),
        "two": HostGuest(facts(SERVER), [Passed("0001:81:01.0", True), Passed("0000:18:00.1", False)], [1, 0]),
        "plain": HostGuest(facts(SERVER), [], [0]),
        "far": HostGuest(facts(SERVER), [Passed("0001:81:00.0", False)], [0]),
    }
    for name, guest in guests.items():
        (tmp_path / f"in/{name}.xml").write_text(guest.xml(policy=""))
    options = ("--set", "topology=mirror", "--host", tmp_path / "host.json")
    done = command("batch", *options, "--out", out, tmp_path / "in")
    assert done.returncode == 1
    assert "far.xml:1: error: hostdev 0001:81:00.0: the node of the device is not known" in done.stderr
    assert sorted(path.name for path in out.glob("*.xml")) == ["one.xml", "plain.xml", "two.xml"]
    for name in ("one", "two"):
        devices = guest_devices((out / f"{name}.xml").read_text())
        assert guest_levels(devices) == host_levels(guests[name])
    done = command("batch", *options, "--set", "extra-cells=add", "--out", out / "more", tmp_path / "in")
    assert done.returncode == 0
    assert guest_devices((out / "more/far.xml").read_text())["0001:81:00.0"].cell == 1
    assert command("batch", *options[2:], "--out", out / "again", out / "more").returncode == 0
    for path in (out / "more").glob("*.xml"):
        assert (out / "again" / path.name).read_bytes() == path.read_bytes()
