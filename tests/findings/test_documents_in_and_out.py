"""What usability.md found of documents: several at once, pipes, endings, and documents that are something else."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import devaddr_xml

SKELETON = """<domain type='kvm'>
  <name>small</name>
  <memory>1048576</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'><source file='/a'/><target dev='vda' bus='virtio'/></disk>
    <interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/></interface>
  </devices>
</domain>
"""
COMPLETE = devaddr_xml.assign(SKELETON).xml
BROKEN = SKELETON.replace("vda", "nonsense")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inner = tmp_path / "domains" / "inner"
    inner.mkdir(parents=True)
    (tmp_path / "domains" / "a.xml").write_text(SKELETON)
    (inner / "b.xml").write_text(COMPLETE)
    (inner / "notes.txt").write_text("nothing")
    return tmp_path


class TestSeveral:
    def test_assign_in_place(self, command: Any, folder: Path) -> None:
        done = command("assign", "-i", "domains")
        assert (done.returncode, done.stderr) == (0, "")
        assert (folder / "domains" / "a.xml").read_text() == COMPLETE

    def test_assign_to_standard_output(self, command: Any, folder: Path) -> None:
        assert command("assign", "domains/a.xml", "domains/inner/b.xml").stdout == COMPLETE * 2
        assert command("assign", "domains/a.xml", "-", stdin=SKELETON).stdout == COMPLETE * 2

    def test_one_refused_leaves_the_others(self, command: Any, folder: Path) -> None:
        (folder / "c.xml").write_text(BROKEN)
        done = command("assign", "-i", "c.xml", "domains/a.xml")
        assert done.returncode == 1
        assert "c.xml:6: error: disk nonsense" in done.stderr
        assert (folder / "domains" / "a.xml").read_text() == COMPLETE
        assert (folder / "c.xml").read_text() == BROKEN

    def test_check(self, command: Any, folder: Path) -> None:
        (folder / "domains" / "c.xml").write_text(BROKEN)
        done = command("check", "--schema", "none", "domains")
        assert done.returncode == 1
        assert "domains/c.xml:6: error:" in done.stdout
        assert "domains/a.xml:5: note: it is not complete" in done.stdout
        found = json.loads(command("check", "--schema", "none", "--format", "json", "domains").stdout)
        assert [report["ok"] for report in found["reports"]] == [True, False, True]

    def test_explain_migrate_show(self, command: Any, folder: Path) -> None:
        assert command("explain", "domains/a.xml", "domains/inner/b.xml", "vda").stdout.count("disk vda") == 2
        assert command("migrate", "-q", "domains/a.xml", "domains/inner/b.xml").stdout.count("</domain>") == 2
        assert command("show", "domains").stdout.count("small") == 2
        assert command("show", "--format", "svg", "domains").returncode == 0

    @pytest.mark.parametrize("name", ["explain", "migrate", "show", "check"])
    def test_standard_input_without_a_file(self, command: Any, name: str) -> None:
        done = command(name, *(["--schema", "none"] if name == "check" else []), stdin=COMPLETE)
        assert done.returncode == 0, done.stderr

    def test_a_folder_without_domains(self, command: Any, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        done = command("assign", "empty")
        assert (done.returncode, done.stderr) == (2, "devaddr-xml: error: empty has no file that ends in .xml\n")


class TestCheckAndDiff:
    def test_check_says_what_would_change(self, command: Any, folder: Path) -> None:
        done = command("assign", "--check", "domains")
        assert (done.returncode, done.stdout, done.stderr) == (1, "", "domains/a.xml: would change\n")
        assert (folder / "domains" / "a.xml").read_text() == SKELETON
        assert command("assign", "--check", "domains/inner").returncode == 0

    def test_diff_is_a_patch(self, command: Any, folder: Path) -> None:
        done = command("assign", "--diff", "domains")
        assert done.returncode == 0
        assert (folder / "domains" / "a.xml").read_text() == SKELETON
        subprocess.run(["patch", "-p1", "-s"], input=done.stdout, text=True, cwd=folder, check=True)
        assert (folder / "domains" / "a.xml").read_text() == COMPLETE
        assert command("assign", "--diff", "--check", "domains").returncode == 0

    def test_both(self, command: Any, folder: Path) -> None:
        done = command("assign", "--diff", "--check", "domains")
        assert done.returncode == 1
        assert done.stdout.startswith("--- a/domains/a.xml\n+++ b/domains/a.xml\n@@")

    def test_colours(self, command: Any, folder: Path) -> None:
        assert "\x1b[32m+" in command("assign", "--diff", "--color", "always", "domains").stdout
        assert "\x1b[" not in command("assign", "--diff", "--color", "never", "domains").stdout

    def test_a_file_without_a_line_break_at_its_end(self, command: Any, folder: Path) -> None:
        (folder / "domains" / "a.xml").write_text(SKELETON.rstrip())
        assert "\\ No newline at end of file" in command("assign", "--diff", "domains/a.xml").stdout

    def test_nothing_is_written_in_place(self, command: Any, folder: Path) -> None:
        assert command("assign", "--check", "-i", "domains").returncode == 2


class TestPipes:
    """Links such as /dev/stdout lead to things that have no path."""

    def run(self, line: str, cwd: Path) -> str:
        program = f"{sys.executable} -m devaddr_xml"
        return subprocess.run(
            ["bash", "-c", line.replace("devaddr-xml", program)], cwd=cwd, check=True, capture_output=True, text=True
        ).stdout

    def test_standard_output_as_a_file(self, folder: Path) -> None:
        assert self.run("set -o pipefail; devaddr-xml assign -o /dev/stdout domains/a.xml | cat", folder) == COMPLETE

    def test_process_substitution(self, folder: Path) -> None:
        assert self.run("devaddr-xml assign -o >(cat) domains/a.xml | cat", folder) == COMPLETE

    def test_a_redirected_file_keeps_what_is_before(self, folder: Path) -> None:
        line = "(echo first; devaddr-xml assign -o /dev/stdout domains/a.xml) > out; cat out"
        assert self.run(line, folder) == f"first\n{COMPLETE}"

    def test_a_device(self, command: Any, folder: Path) -> None:
        assert command("assign", "-o", "/dev/null", "domains/a.xml").returncode == 0
        assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize(
    ("name", "start"),
    [("l.svg", "<svg"), ("l.html", "<!"), ("l.HTM", "<!"), ("l.json", "{"), ("l.dot", "digraph"), ("l.txt", "small")],
)
def test_the_form_follows_the_ending(command: Any, folder: Path, name: str, start: str) -> None:
    assert command("show", "-o", name, "domains/a.xml").returncode == 0
    assert (folder / name).read_text().lstrip().startswith(start)


@pytest.mark.parametrize("name", ["l.png", "l.PDF", "l.svg.gz", "topology.xml"])
def test_an_ending_of_no_form_is_refused(command: Any, folder: Path, name: str) -> None:
    done = command("show", "-o", name, "domains/a.xml")
    assert done.returncode == 2
    assert "no form has the ending" in done.stderr
    assert not (folder / name).exists()
    assert command("show", "--format", "text", "-o", name, "domains/a.xml").returncode == 0


def test_the_differences_of_several_files_are_in_one_file(command: Any, folder: Path) -> None:
    (folder / "d.xml").write_text(SKELETON)
    (folder / "e.xml").write_text(SKELETON)
    assert command("assign", "--diff", "-o", "all.diff", "d.xml", "e.xml").returncode == 0
    assert (folder / "all.diff").read_text().count("\n--- a/") + 1 == 2
    (folder / "d.xml").write_text(COMPLETE)
    assert command("assign", "--diff", "-o", "all.diff", "d.xml").returncode == 0
    assert (folder / "all.diff").read_text() == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["the document is empty", "pipe"]),
        (" \n", ["the document is empty"]),
        ("<disk/>", ["the document is a device, not a domain", "attach"]),
        ("<hostdev/>", ["the document is a device, not a domain", "attach"]),
        ("<network/>", ["the document is a network, not a domain", "virsh dumpxml"]),
        ("<domainsnapshot/>", ["the document is a snapshot, not a domain", "show"]),
        ('{"arch": "x86_64"}', ["the document is JSON", "plan", "render"]),
        ("<topology/>", ["the topology of a host", "--host"]),
    ],
)
def test_another_document_names_the_right_command(command: Any, text: str, words: list[str]) -> None:
    done = command("assign", stdin=text)
    assert done.returncode == 1
    assert all(word in done.stderr for word in words), done.stderr


def test_findings_as_sarif(command: Any, folder: Path) -> None:
    (folder / "c.xml").write_text(BROKEN)
    done = command("check", "--schema", "none", "--format", "sarif", "c.xml")
    (run,) = json.loads(done.stdout)["runs"]
    result = next(each for each in run["results"] if each["level"] == "error")
    place = result["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "c.xml"}, "region": {"startLine": 6}}
    assert result["ruleId"] in {rule["id"] for rule in run["tool"]["driver"]["rules"]}


class TestReports:
    def test_a_report_is_what_its_name_says(self, command: Any, folder: Path) -> None:
        """Trust 6."""
        command("batch", "domains", "--output", "out", "--report", "report.csv", "--report", "report.jsonl")
        rows = list(csv.DictReader(io.StringIO((folder / "report.csv").read_text())))
        lines = [json.loads(line) for line in (folder / "report.jsonl").read_text().splitlines()]
        assert [row["name"] for row in rows] == [line["name"] for line in lines]
        assert sorted(path.name for path in folder.glob("report*")) == ["report.csv", "report.jsonl"]


def test_a_rendered_guest_has_memory(command: Any) -> None:
    """Trust 8: libvirt takes no domain without."""
    guest = '{"arch": "x86_64", "machine": "q35", "devices": [{"kind": "disk", "target": "vda", "bus": "virtio"}]}'
    rendered = command("render", stdin=command("plan", stdin=guest).stdout)
    assert rendered.returncode == 0
    assert "<memory unit='KiB'>1048576</memory>" in rendered.stdout
    cells = '{"arch": "x86_64", "machine": "q35", "vcpus": 2, "cells": [{"id": 0, "memory": 4096, "cpus": [0, 1]}]}'
    assert "<memory unit='KiB'>4096</memory>" in command("render", stdin=cells).stdout
