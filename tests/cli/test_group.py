"""The group of commands: help, version, completion, and that nothing is imported before it is needed."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import pytest

from devaddr_xml._version import __version__
from devaddr_xml.cli.group import COMMANDS, commands

#: What no run of assign has any use for.
NEEDLESS = {
    "asyncio",
    "difflib",
    "email",
    "importlib.metadata",
    "json",
    "libvirt",
    "lxml",
    "multiprocessing",
    "pathlib",
    "rich",
    "shutil",
    "subprocess",
    "tempfile",
    "devaddr_xml.views",
    "devaddr_xml.integrations",
    "devaddr_xml.probe.libvirt",
    "devaddr_xml.probe.qemu",
}


def test_version(command: Any) -> None:
    done = command("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"devaddr-xml {__version__}\n", "")


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_lists_every_command(command: Any, option: str) -> None:
    done = command(option)
    assert (done.returncode, done.stderr) == (0, "")
    for name, entry in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(entry.summary.split()[0])}", done.stdout, re.MULTILINE)
    assert "Examples:" in done.stdout


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_says_what_it_does(name: str) -> None:
    context = click.Context(commands, info_name="devaddr-xml")
    found = commands.get_command(context, name)
    assert found is not None
    assert found.name == name
    help_text = found.get_help(click.Context(found, parent=context, info_name=name))
    assert f"devaddr-xml {name}" in help_text
    assert "Examples:" in help_text
    assert found.help


def test_a_mistyped_command_is_answered_with_the_nearest(command: Any) -> None:
    done = command("asign")
    assert done.returncode == 2
    assert "'asign'" in done.stderr
    assert "assign" in done.stderr.replace("'asign'", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(command: Any, shell: str) -> None:
    done = command("completion", shell)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"_DEVADDR_XML_COMPLETE={shell}_complete" in done.stdout
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=done.stdout, text=True, check=True)


@pytest.mark.parametrize(("words", "found"), [("devaddr-xml ass", "assign"), ("devaddr-xml assign --in", "--in-place")])
def test_completion_finds_commands_and_options(command: Any, words: str, found: str) -> None:
    environment = {
        **command.environment,
        "_DEVADDR_XML_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(words.count(" ")),
    }
    assert command(env=environment).stdout == f"plain,{found}\n"


def test_assign_imports_nothing_needless(
    modules_of: Callable[[Sequence[str]], set[str]], repository: Path, tmp_path: Path
) -> None:
    skeleton = repository / "fixtures" / "skeletons" / "q35-web-server.xml"
    imported = modules_of(["-m", "devaddr_xml", "assign", str(skeleton), "--output", str(tmp_path / "out.xml")])
    own = imported - modules_of(["-c", "import click, msgspec"])
    assert {name for name in own if any(f"{name}.".startswith(f"{needless}.") for needless in NEEDLESS)} == set()
    assert {name for name in imported if name.startswith("devaddr_xml.cli.")} <= {
        f"devaddr_xml.cli.{name}"
        for name in (
            "assign",
            "assigning",
            "output",
            "documents",
            "colour",
            "complete",
            "source",
            "failures",
            "group",
            "like_options",
            "messages",
            "process",
            "target_options",
            "policy_options",
        )
    }


def test_a_command_line_without_options_needs_no_parser(
    modules_of: Callable[[Sequence[str]], set[str]], repository: Path
) -> None:
    document = repository / "fixtures" / "skeletons" / "q35-web-server.xml"
    imported = modules_of(["-m", "devaddr_xml", "assign", str(document)])
    assert "devaddr_xml.operations.assign" in imported
    assert imported.isdisjoint({"click", "devaddr_xml.cli.group", "devaddr_xml.cli.assign"})


def test_the_version_needs_none_of_the_engine(modules_of: Callable[[Sequence[str]], set[str]]) -> None:
    imported = modules_of(["-m", "devaddr_xml", "--version"])
    assert {name for name in imported if name.startswith("devaddr_xml.")} <= {
        "devaddr_xml._names",
        "devaddr_xml._version",
        "devaddr_xml.cli",
        "devaddr_xml.cli.failures",
        "devaddr_xml.cli.group",
        "devaddr_xml.cli.messages",
        "devaddr_xml.cli.process",
    }
