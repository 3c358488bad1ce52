"""Hooks and templates for other people's repositories: pre-commit, GitHub, GitLab."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import devaddr_xml

ROOT = Path(__file__).resolve().parents[2]
SKELETON = (ROOT / "fixtures" / "skeletons" / "q35-web-server.xml").read_text()
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())


@pytest.fixture
def domains(tmp_path: Path) -> Path:
    """A repository with one complete domain."""
    folder = tmp_path / "domains"
    folder.mkdir()
    (folder / "web.xml").write_text(devaddr_xml.assign(SKELETON).xml)
    return folder


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment whose path has the command."""
    command = tmp_path / "bin" / "devaddr-xml"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m devaddr_xml "$@"\n')
    command.chmod(0o755)
    path = f"{command.parent}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}


def run(command: list[str], folder: Path, environment: dict[str, str], **more: str) -> int:
    done = subprocess.run(command, cwd=folder, env={**environment, **more}, capture_output=True, timeout=60)
    return done.returncode


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_hooks(hook: dict[str, str], domains: Path, environment: dict[str, str]) -> None:
    """A complete domain passes; one with a device twice in one place passes neither hook."""
    assert re.search(hook["files"], "domains/web.xml")
    command = [*shlex.split(hook["entry"]), "web.xml"]
    assert run(command, domains, environment) == 0
    text = (domains / "web.xml").read_text()
    (domains / "web.xml").write_text(text.replace("<interface", "<interface type='network'/><interface", 1))
    assert run(command, domains, environment) != 0


def test_the_hook_for_addresses_finds_skeletons(domains: Path, environment: dict[str, str]) -> None:
    (domains / "new.xml").write_text(SKELETON)
    hook = next(hook for hook in HOOKS if "assign" in hook["entry"])
    assert run([*shlex.split(hook["entry"]), "web.xml", "new.xml"], domains, environment) == 1
    assert (domains / "new.xml").read_text() == SKELETON


def test_the_job_of_github_and_gitlab(domains: Path, environment: dict[str, str]) -> None:
    script = ["bash", str(ROOT / "integrations" / "ci" / "check-domains")]
    assert run(script, domains.parent, environment, FILES="domains/*.xml") == 0
    (domains / "new.xml").write_text(SKELETON)
    assert run(script, domains.parent, environment, FILES="domains/*.xml") == 1
    assert run(script, domains.parent, environment, FILES="domains/*.xml", COMPLETE="false") == 0
    assert run(script, domains.parent, environment, FILES="nothing/*.xml") == 2


def test_the_action_and_the_template_are_read() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    assert action["runs"]["steps"][-1]["run"].endswith('integrations/ci/check-domains"')
    used = set(re.findall(r"inputs\.([\w-]+)", (ROOT / "action.yml").read_text()))
    assert used == set(action["inputs"])
    template = yaml.safe_load((ROOT / "integrations" / "ci" / "gitlab.yml").read_text())
    assert any("assign --check" in line for line in template["devaddr-xml"]["script"])


@pytest.mark.skipif(shutil.which("pre-commit") is None, reason="pre-commit is not installed")
def test_pre_commit_takes_the_manifest() -> None:
    command = ["pre-commit", "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")]
    assert subprocess.run(command, timeout=60).returncode == 0
