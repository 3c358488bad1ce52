"""What usability.md found of the command line: groups, colours, completion, names of options, folding, detach."""

from __future__ import annotations

import os
import re
from typing import Any

import click
import pytest
from click.shell_completion import ShellComplete

import devaddr_xml
from devaddr_xml.cli import colour
from devaddr_xml.cli.group import COMMANDS, GROUPS, commands
from tests.findings.test_documents_in_and_out import COMPLETE, SKELETON


def completed(*words: str, incomplete: str = "") -> set[str]:
    found = ShellComplete(commands, {}, "devaddr-xml", "_X").get_completions(list(words), incomplete)
    return {item.value for item in found}


class TestHelp:
    def test_commands_are_in_groups(self, command: Any) -> None:
        text = command("--help").stdout
        for title in GROUPS:
            assert f"{title}:" in text
        for name in COMMANDS:
            assert re.search(rf"^  {name} ", text, re.MULTILINE), name

    def test_every_command_is_in_one_group(self) -> None:
        grouped = [name for names in GROUPS.values() for name in names]
        assert sorted(grouped) == sorted(COMMANDS)


class TestColours:
    @pytest.mark.parametrize(
        ("when", "environment", "expected"),
        [
            ("always", {"NO_COLOR": "1"}, True),
            ("never", {"FORCE_COLOR": "1"}, False),
            ("auto", {}, False),
            ("auto", {"FORCE_COLOR": "1"}, True),
            ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ],
    )
    def test_who_wins(
        self, monkeypatch: pytest.MonkeyPatch, when: str, environment: dict[str, str], expected: bool
    ) -> None:
        for name in ("NO_COLOR", "FORCE_COLOR"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        assert colour.wanted(when) is expected

    def test_show(self, command: Any) -> None:
        assert "\x1b[" in command("show", "--color", "always", stdin=COMPLETE).stdout
        assert "\x1b[" in command("show", "--colour", stdin=COMPLETE).stdout
        assert "\x1b[" not in command("show", stdin=COMPLETE).stdout

    @pytest.mark.parametrize(
        "words",
        [["check", "--schema", "none"], ["capacity"], ["explain"], ["diff", "-", "other.xml"], ["hints"], ["show"]],
    )
    def test_every_command_that_prints_text(self, command: Any, tmp_path: Any, words: list[str]) -> None:
        (tmp_path / "other.xml").write_text(COMPLETE)
        plain = command(*words, "--color", "never", stdin=SKELETON).stdout
        coloured = command(*words, "--color", "always", stdin=SKELETON).stdout
        assert "\x1b[" in coloured
        assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
        command.environment["FORCE_COLOR"] = "1"
        assert command(*words, stdin=SKELETON).stdout == coloured


class TestCompletion:
    def test_tunables(self) -> None:
        assert {"spare-ports=", "overflow=", "numa="} <= completed("assign", "--set")
        assert completed("assign", "--set", incomplete="overflow=") == {"overflow=error", "overflow=pack"}
        assert completed("assign", "--set", incomplete="overflow=p") == {"overflow=pack"}
        assert "scsi-units=7" in completed("assign", "--set", incomplete="scsi-units=")

    def test_profiles(self) -> None:
        assert "hotplug" in completed("assign", "--profile")

    def test_devices(self, tmp_path: Any) -> None:
        path = tmp_path / "guest.xml"
        path.write_text(COMPLETE)
        assert {"vda", "52:54:00:00:00:01", "pci.1"} <= completed("detach", str(path))
        assert completed("detach", str(path), incomplete="vd") == {"vda"}
        assert "vda" in completed("explain", str(path))
        assert completed("detach", str(tmp_path / "nothing")) == set()

    def test_what_stays(self, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "guest.xml"
        path.write_text(COMPLETE)
        monkeypatch.setenv("COMP_WORDS", f"devaddr-xml migrate {path} --keep ")
        assert {"all", "none", "vda"} <= completed("migrate", str(path), "--keep")
        assert completed("migrate", str(path), "--keep", incomplete="n") == {"none"}

    def test_machines(self) -> None:
        assert "q35" in completed("convert", "--machine", incomplete="q3")
        assert "q35" in completed("probe", "--machine", incomplete="q3")


def test_config_beside_live(command: Any, tmp_path: Any) -> None:
    (tmp_path / "guest.xml").write_text(COMPLETE)
    (tmp_path / "nic.xml").write_text("<interface type='user'><mac address='52:54:00:00:00:02'/></interface>")
    done = command("attach", "--config", "guest.xml", "nic.xml")
    assert done.stdout == command("attach", "guest.xml", "nic.xml").stdout
    assert command("attach", "--config", "--live", "guest.xml", "nic.xml").returncode == 2


def test_the_older_names_of_options_are_taken(command: Any, tmp_path: Any) -> None:
    (tmp_path / "domains").mkdir()
    (tmp_path / "domains" / "a.xml").write_text(SKELETON)
    assert command("batch", "domains", "--out", "one").returncode == 0
    assert command("batch", "domains", "--output", "two").returncode == 0
    assert os.listdir(tmp_path / "one") == os.listdir(tmp_path / "two")
    assert command("batch", "domains").returncode == 2


def test_every_output_option_is_called_output() -> None:
    for name in COMMANDS:
        found = commands.get_command(click.Context(commands), name)
        assert found is not None
        for option in found.params:
            if "-o" in option.opts:
                assert option.opts == ["-o", "--output"], name


class TestFolding:
    DISKS = "".join(
        f"<disk type='file'><source file='/d{number}'/><target dev='vd{chr(98 + number)}' bus='virtio'/></disk>"
        for number in range(20)
    )
    MANY = SKELETON.replace("<interface", f"{DISKS}<interface", 1)

    def test_rows_that_are_alike(self, command: Any) -> None:
        text = command("show", stdin=self.MANY).stdout
        folded = re.findall(r"… (\d+) more like these", text)
        assert "disk vda" in text
        assert "disk vdj" not in text
        assert sum(map(int, folded)) > 0
        whole = command("show", "--all", stdin=self.MANY).stdout
        assert "more like these" not in whole
        assert len(whole.splitlines()) == len(text.splitlines()) + 2 * sum(map(int, folded)) - len(folded)

    def test_three_hundred_disks_fit_on_a_page(self, command: Any) -> None:
        names = [f"vd{first}{second}" for first in "abcdefgh" for second in "abcdefghijklmnopqrstuvwxyz"][:150]
        disks = "".join(f"<disk><source file='/{name}'/><target dev='{name}' bus='virtio'/></disk>" for name in names)
        text = command("show", stdin=SKELETON.replace("<interface", f"{disks}<interface", 1)).stdout
        assert len(text.splitlines()) < 150

    def test_few_rows_stay(self, command: Any) -> None:
        assert "more like these" not in command("show", stdin=SKELETON).stdout


def test_detach_says_that_hotplug_is_turned_on(command: Any, tmp_path: Any) -> None:
    placed = devaddr_xml.assign(SKELETON, policy="hotplug").xml
    (tmp_path / "guest.xml").write_text(placed)
    done = command("detach", "guest.xml", "vda")
    assert done.returncode == 0, done.stderr
    found = devaddr_xml.detach(placed, "vda")
    assert len(found.hotplug_on) == 1
    assert re.search(r"hotplug of controller pci\.\d+ \(pcie-root-port\) is on now", done.stderr)
