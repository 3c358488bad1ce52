"""``devaddr-xml assign`` from outside: what goes where, and which exit code says what."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

import devaddr_xml

SMALL = """<domain type='kvm'>
  <name>small</name>
  <memory>1048576</memory>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
  </os>
  <devices>
    <disk type='file' device='disk'><source file='/srv/disk.img'/>
      <target dev='vda' bus='virtio'/>
    </disk>
  </devices>
</domain>
"""
COMPLETE = devaddr_xml.assign(SMALL).xml
TWICE = "      <address type='pci' domain='0x0000' bus='0x00' slot='0x09' function='0x0'/>\n"
CONFLICT = SMALL.replace(
    "    </disk>\n",
    f"""{TWICE}    </disk>
    <disk type='file' device='disk'><source file='/srv/disk.img'/>
      <target dev='vdb' bus='virtio'/>
{TWICE}    </disk>
""",
)


def test_standard_input_to_standard_output(command: Any) -> None:
    done = command("assign", stdin=SMALL)
    assert (done.returncode, done.stdout, done.stderr) == (0, COMPLETE, "")


def test_a_dash_is_standard_input(command: Any) -> None:
    assert command("assign", "-", stdin=SMALL).stdout == COMPLETE


def test_a_file_to_standard_output(command: Any, tmp_path: Path) -> None:
    (tmp_path / "guest.xml").write_text(SMALL)
    done = command("assign", "guest.xml")
    assert (done.returncode, done.stdout, done.stderr) == (0, COMPLETE, "")
    assert (tmp_path / "guest.xml").read_text() == SMALL


@pytest.mark.parametrize("files", ["guest.xml", "twice.xml", "guest.xml twice.xml", "absent.xml", ".", "empty"])
def test_a_command_line_without_options_does_what_a_parsed_one_does(command: Any, tmp_path: Path, files: str) -> None:
    (tmp_path / "guest.xml").write_text(SMALL)
    (tmp_path / "twice.xml").write_text(CONFLICT)
    (tmp_path / "empty").mkdir()
    plain, parsed = command("assign", *files.split()), command("assign", "--", *files.split())
    assert (plain.returncode, plain.stdout, plain.stderr) == (parsed.returncode, parsed.stdout, parsed.stderr)


def test_what_is_complete_stays_as_it_is(command: Any) -> None:
    assert command("assign", stdin=COMPLETE).stdout == COMPLETE


def test_a_conflict_names_file_line_and_both_devices(command: Any, tmp_path: Path) -> None:
    (tmp_path / "guest.xml").write_text(CONFLICT)
    done = command("assign", "guest.xml")
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"guest\.xml:12: error: disk vdb: .*disk vda \(line 8\).*\n", done.stderr)


@pytest.mark.parametrize(
    "document",
    [
        "",
        "no XML",
        "<domain",
        "<network/>",
        "<domain><devices></domain>",
        "<!DOCTYPE d [<!ENTITY a 'b'>]><domain/>",
        "\0",
    ],
)
def test_what_is_no_domain_is_refused_in_one_line(command: Any, document: str) -> None:
    done = command("assign", stdin=document)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"<stdin>(:\d+)?: error: .+\n", done.stderr)


@pytest.mark.parametrize(
    "arguments",
    [
        ["assign", "missing.xml"],
        ["assign", "--no-such-option"],
        ["assign", "--in-place"],
        ["assign", "--in-place", "-"],
        ["assign", "--in-place", "guest.xml", "-o", "other.xml"],
        ["assign", "guest.xml", "--set", "spare-ports"],
        ["assign", "guest.xml", "--set", "spare-prts=1"],
        ["assign", "guest.xml", "--set", "spare-ports=many"],
        ["assign", "guest.xml", "--profile", "best"],
        ["assign", "guest.xml", "--policy", "missing.xml"],
        ["assign", "guest.xml", "--policy", "guest.xml"],
        ["assign", "guest.xml", "--host", "missing.json"],
        ["assign", "guest.xml", "--host", "guest.xml"],
        ["assign", "guest.xml", "--capabilities", "guest.xml"],
        ["assign", "guest.xml", "--libvirt-version", "new"],
        ["assign", "guest.xml", "--qemu-version", "new"],
        ["assign", "guest.xml", "--target", "debian-99"],
        ["assign", "guest.xml", "--target", "debian-12", "--connect", "qemu:///system"],
        ["no-such-command"],
        ["--no-such-option"],
    ],
)
def test_a_wrong_call_is_an_error_of_usage(command: Any, tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "guest.xml").write_text(SMALL)
    done = command(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "rror: " in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(os.listdir(tmp_path)) == ["guest.xml"]


def test_options_reach_the_layout(command: Any, tmp_path: Path) -> None:
    (tmp_path / "guest.xml").write_text(SMALL.replace("'pc'", "'q35'"))
    (tmp_path / "policy.json").write_text('{"spare-ports": 5}')
    (tmp_path / "policy.xml").write_text('<p:policy xmlns:p="urn:devaddr-xml:hints:1" spare-ports="6"/>')

    def ports(*options: str) -> int:
        done = command("assign", "guest.xml", *options)
        assert done.returncode == 0, done.stderr
        return int(done.stdout.count("pcie-root-port'>"))

    none = ports("--set", "spare-ports=0")
    assert ports("--set", "spare-ports=3") == none + 3
    assert ports("--policy", "policy.json") == none + 5
    assert ports("--policy", "policy.xml") == none + 6
    assert ports("--policy", "policy.xml", "--set", "spare-ports=2") == none + 2
    assert ports("--profile", "integrated") < none


def test_the_libvirt_that_reads_the_result_decides_what_it_is_given(command: Any, tmp_path: Path) -> None:
    (tmp_path / "guest.xml").write_text(SMALL.replace("'pc'", "'q35'"))
    assert "<watchdog model='itco'" in command("assign", "guest.xml").stdout
    assert "<watchdog" not in command("assign", "guest.xml", "--libvirt-version", "9.0.0").stdout


def test_the_qemu_that_runs_the_guest_decides_what_is_refused(command: Any, tmp_path: Path) -> None:
    (tmp_path / "guest.xml").write_text(SMALL.replace("'pc'", "'pc-q35-9.1'"))
    assert command("assign", "guest.xml", "--qemu-version", "9.1").returncode == 0
    assert "is newer than QEMU 8.2.0" in command("assign", "guest.xml", "--qemu-version", "8.2").stderr


def test_a_distribution_stands_for_both_versions(command: Any, tmp_path: Path) -> None:
    (tmp_path / "guest.xml").write_text(SMALL.replace("'pc'", "'q35'"))
    by_number = command("assign", "guest.xml", "--libvirt-version", "9.0.0", "--qemu-version", "7.2.22")
    assert by_number.returncode == 0
    assert command("assign", "guest.xml", "--target", "debian-12").stdout == by_number.stdout
    newer = command("assign", "guest.xml", "--target", "debian-12", "--libvirt-version", "9.1.0")
    assert "<watchdog" in newer.stdout


@pytest.mark.parametrize(
    ("options", "warning"),
    [
        (("--libvirt-version", "99.1"), "libvirt 99.1.0 is newer than "),
        (("--libvirt-version", "8"), "libvirt 8.0.0 is older than 9.0.0"),
        (("--qemu-version", "99"), "QEMU 99.0.0 is newer than 11.1.3"),
        (("--qemu-version", "6.2.0"), "QEMU 6.2.0 is older than 7.2"),
    ],
)
def test_versions_that_nobody_knows_are_warned_of(
    command: Any, tmp_path: Path, options: tuple[str, ...], warning: str
) -> None:
    (tmp_path / "guest.xml").write_text(SMALL)
    done = command("assign", "guest.xml", *options)
    assert done.returncode == 0
    assert f"devaddr-xml: warning: {warning}" in done.stderr
    assert command("assign", "guest.xml", "--quiet", *options).stderr == ""


class TestFiles:
    @pytest.fixture
    def guest(self, tmp_path: Path) -> Path:
        path = tmp_path / "guest.xml"
        path.write_text(SMALL)
        return path

    def test_output_is_a_new_file(self, command: Any, guest: Path) -> None:
        done = command.started("assign", "guest.xml", "-o", "complete.xml", umask=0o027)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        written = guest.with_name("complete.xml")
        assert written.read_text() == COMPLETE
        assert stat.S_IMODE(written.stat().st_mode) == 0o640
        assert guest.read_text() == SMALL

    def test_in_place_replaces_and_keeps_the_mode(self, command: Any, guest: Path) -> None:
        guest.chmod(0o604)
        before = guest.stat().st_ino
        assert command("assign", "--in-place", "guest.xml").returncode == 0
        assert guest.read_text() == COMPLETE
        assert stat.S_IMODE(guest.stat().st_mode) == 0o604
        assert guest.stat().st_ino != before
        assert os.listdir(guest.parent) == ["guest.xml"]

    def test_in_place_leaves_alone_what_is_complete(self, command: Any, guest: Path) -> None:
        guest.write_text(COMPLETE)
        before = guest.stat()
        assert command("assign", "--in-place", "guest.xml").returncode == 0
        assert (guest.stat().st_ino, guest.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)

    def test_a_symbolic_link_stays_one(self, command: Any, guest: Path) -> None:
        link = guest.with_name("link.xml")
        link.symlink_to("guest.xml")
        assert command("assign", "--in-place", "link.xml").returncode == 0
        assert link.is_symlink()
        assert guest.read_text() == COMPLETE

    @pytest.mark.parametrize("options", [["--in-place", "guest.xml"], ["guest.xml", "-o", "old.xml"]])
    def test_a_refusal_leaves_what_was_there(self, command: Any, guest: Path, options: list[str]) -> None:
        guest.write_text(CONFLICT)
        guest.with_name("old.xml").write_text("old")
        done = command("assign", *options)
        assert (done.returncode, done.stdout) == (1, "")
        assert (guest.read_text(), guest.with_name("old.xml").read_text()) == (CONFLICT, "old")
        assert sorted(os.listdir(guest.parent)) == ["guest.xml", "old.xml"]

    def test_a_full_disk_leaves_what_was_there(self, command: Any, guest: Path) -> None:
        resource = pytest.importorskip("resource")

        def limit() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

        environment = {**command.environment, "PYTHONDONTWRITEBYTECODE": "1"}
        done = command("assign", "--in-place", "guest.xml", preexec_fn=limit, env=environment)
        assert done.returncode == 1
        assert done.stderr == "devaddr-xml: error: cannot write guest.xml: File too large\n"
        assert guest.read_text() == SMALL
        assert os.listdir(guest.parent) == ["guest.xml"]

    def test_a_folder_that_is_not_there(self, command: Any, guest: Path) -> None:
        done = command("assign", "guest.xml", "-o", "missing/complete.xml")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == "devaddr-xml: error: cannot write missing/complete.xml: No such file or directory\n"

    @pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
    def test_a_read_only_file_is_not_replaced(self, command: Any, guest: Path) -> None:
        guest.chmod(0o444)
        assert command("assign", "--in-place", "guest.xml").returncode == 1
        assert guest.read_text() == SMALL

    def test_what_a_killed_run_left_is_in_nobodys_way(self, command: Any, guest: Path) -> None:
        script = (
            "import os; from devaddr_xml.cli import main; "
            "open(f'.guest.xml.{os.getpid()}-0.tmp', 'w').close(); import sys; "
            "sys.argv = ['devaddr-xml', 'assign', '--in-place', 'guest.xml']; main()"
        )
        line = [command.line()[0], "-c", script]
        subprocess.run(line, check=True, cwd=guest.parent, env=command.environment)
        assert guest.read_text() == COMPLETE


class TestSeveralDocuments:
    def test_as_many_come_out_as_go_in(self, command: Any) -> None:
        declared = f'<?xml version="1.0" encoding="UTF-8"?>\n{SMALL}'
        done = command("assign", stdin=SMALL + "\n" + declared + SMALL)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == f'{COMPLETE}\n<?xml version="1.0" encoding="UTF-8"?>\n{COMPLETE}{COMPLETE}'

    def test_nothing_is_written_unless_all_succeed(self, command: Any, tmp_path: Path) -> None:
        guests = tmp_path / "guests.xml"
        guests.write_text(CONFLICT + SMALL + CONFLICT)
        done = command("assign", "--in-place", "guests.xml")
        assert (done.returncode, done.stdout) == (1, "")
        assert guests.read_text() == CONFLICT + SMALL + CONFLICT
        lines = CONFLICT.count("\n") + SMALL.count("\n")
        assert [line.split(": ")[0] for line in done.stderr.splitlines()] == [
            "guests.xml:12",
            f"guests.xml:{lines + 12}",
        ]
        assert f"(line {lines + 8})" in done.stderr

    def test_in_one_file(self, command: Any, tmp_path: Path) -> None:
        (tmp_path / "guests.xml").write_text(SMALL + SMALL)
        assert command("assign", "-i", "guests.xml").returncode == 0
        assert (tmp_path / "guests.xml").read_text() == COMPLETE + COMPLETE


class TestEnds:
    def test_a_reader_that_has_gone_is_no_news(self, command: Any) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        done = command.started("assign", stdin=SMALL, stdout=writer, stderr=subprocess.PIPE, capture_output=False)
        os.close(writer)
        assert (done.returncode, done.stderr) == (1, "")

    @pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
    @pytest.mark.parametrize("arguments", [[], ["-o", "/dev/full"]])
    def test_a_full_device_is_told(self, command: Any, arguments: list[str]) -> None:
        with open("/dev/full", "wb") as full:
            options = {"stdout": full, "stderr": subprocess.PIPE, "capture_output": False}
            done = command.started("assign", *arguments, stdin=SMALL, **options)
        where = arguments[-1] if arguments else "standard output"
        assert done.returncode == 1
        assert done.stderr == f"devaddr-xml: error: cannot write {where}: No space left on device\n"

    @pytest.mark.parametrize(("closed", "code"), [("<&-", 2), (">&-", 1)])
    def test_closed_streams(self, command: Any, tmp_path: Path, closed: str, code: int) -> None:
        (tmp_path / "guest.xml").write_text(SMALL)
        file = "-" if closed == "<&-" else "guest.xml"
        line = ["sh", "-c", f'exec "$@" {closed}', "sh", *command.line("assign", file)]
        done = subprocess.run(line, capture_output=True, text=True, cwd=tmp_path, env=command.environment, check=False)
        assert done.returncode == code
        assert re.fullmatch(r"devaddr-xml: error: cannot (read|write) standard (in|out)put: .+\n", done.stderr)

    def test_an_interrupt_ends_it_without_a_traceback(self, command: Any, tmp_path: Path) -> None:
        fifo = tmp_path / "slow.xml"
        os.mkfifo(fifo)
        (tmp_path / "old.xml").write_text("old")
        process = command.start("assign", "slow.xml", "-o", "old.xml")
        with open(fifo, "wb"):  # returns when the command has opened the other end
            for _ in range(30):
                process.send_signal(signal.SIGINT)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(2)
                    break
        assert (process.wait(60), process.stderr.read().strip()) == (130, b"")
        assert sorted(os.listdir(tmp_path)) == ["old.xml", "slow.xml"]
        assert (tmp_path / "old.xml").read_text() == "old"


def test_more_than_can_be_a_domain_is_not_read_to_the_end(command: Any) -> None:
    process = command.start("assign", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    block = b"<domain>" * 131072
    blocks = 0
    with contextlib.suppress(BrokenPipeError):
        while blocks < 200:
            process.stdin.write(block)
            blocks += 1
    output, errors = process.stdout.read(), process.stderr.read()
    process.stdin.raw.close()
    assert blocks < 100
    assert (process.wait(60), output) == (2, b"")
    assert errors == b"devaddr-xml: error: standard input is larger than 64 MiB\n"
