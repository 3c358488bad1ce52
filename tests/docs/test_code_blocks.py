"""Every code block of README and the documentation is true: it is run, or read by what would read it."""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from docs.desk import Desk
from docs.markdown import ALL, Block
from forking_server import serving
from lxml import etree

import devaddr_xml
from devaddr_xml.model.vocabulary import NAMESPACE, PREFIX

PAGES = sorted({block.page for block in ALL})

#: Blocks that a test cannot run, by what they need, and what runs them all the same.
NOT_RUN = {
    "the network": ".ci/run, from README itself",
    "the sources": ".ci/run, line by line",
    "a host with libvirt": "tests/live/test_live_docs.py, those that stay on the machine",
    "a cluster": "nothing",
    "a scheduler": "nothing",
    "Go and Node.js": "tests/integrations/serve, the clients themselves",
    "Terraform": "nothing",
    "Ansible": "nothing",
    "a repository": "nothing, but the script that it calls is run on the same page",
    "jq": "nothing",
    "xmllint": "tests/docs/test_editors.py",
    "libvirt's own schema": "the tests of check",
    "the user's own files": "nothing",
    "disk images": "tests/live/test_live_clone.py",
}


@pytest.fixture(scope="module")
def client() -> Iterator[Path]:
    """The program that does what the command does."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as program:
        yield program


@pytest.fixture
def desk(tmp_path: Path, client: Path) -> Desk:
    """Where the documentation is read."""
    return Desk(tmp_path, client)


@pytest.mark.parametrize("page", PAGES)
def test_page(page: str, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The blocks of a page, one after the other in one folder."""
    monkeypatch.chdir(desk.folder)
    desk.prepare(page)
    names: dict[str, Any] = {"__name__": "__main__"}
    printed = ""
    for block in (block for block in ALL if block.page == page and "not run" not in block.notes):
        if "file" in block.notes:
            (desk.folder / block.notes["file"]).write_text(block.text)
        if "output" in block.notes:
            assert_printed(block, printed)
        elif block.language == "sh" and "file" in block.notes:
            assert desk.run(f"bash -n {block.notes['file']}").returncode == 0
        elif block.language == "sh":
            done = desk.run(block.text)
            assert done.returncode == int(block.notes.get("fails", 0)), f"{block.name}\n{done.stderr}{done.stdout}"
            printed = done.stdout + done.stderr
        elif block.language == "python":
            exec(compile(block.text, block.name, "exec"), names)
        else:
            READERS[block.language](block, desk.folder)


def assert_printed(block: Block, printed: str) -> None:
    """The lines of the block were printed, one after the other but for those at ``...``."""
    parts = re.split(r"^ *(?:\.\.\.|…)\n", block.text, flags=re.MULTILINE)
    wanted = r"^(?:.*\n)*?".join(re.escape(part.rstrip("\n")) + r"$\n?" if part else "" for part in parts)
    lines = "\n".join(line.rstrip() for line in printed.splitlines())
    assert re.search(f"^{wanted}", lines, re.MULTILINE), f"{block.name}: printed was\n{printed}"


def read_xml(block: Block, _folder: Path) -> None:
    """Elements are well-formed; a whole domain can be assigned unless a note says that it is refused."""
    try:
        root = etree.fromstring(block.text)
    except etree.XMLSyntaxError:
        root = etree.fromstring(f'<several xmlns:{PREFIX}="{NAMESPACE}">{block.text}</several>')
    if root.tag == "domain" and "refused" not in block.notes:
        devaddr_xml.assign(block.text)


def read_diff(block: Block, folder: Path) -> None:
    """The lines without plus are in the example, those without minus in what is made of it, in their order."""
    before = (folder / block.notes["assigned"]).read_text()
    after = devaddr_xml.assign(before).xml
    for sign, text in (("+", before), ("-", after)):
        lines = iter(text.splitlines())
        wanted = [line[1:] for line in block.text.splitlines() if line[:1] in (" ", "-", "+") and line[0] != sign]
        assert [line for line in wanted if line not in lines] == [], f"{block.name}: {sign}"


def read_yaml(block: Block, _folder: Path) -> None:
    assert list(yaml.safe_load_all(block.text))


def nothing(_block: Block, _folder: Path) -> None:
    """Text for people, with nothing to check."""


READERS: dict[str, Callable[[Block, Path], None]] = {
    "xml": read_xml,
    "diff": read_diff,
    "json": lambda block, _folder: json.loads(block.text),
    "yaml": read_yaml,
    "text": nothing,
}


@pytest.mark.parametrize("block", ALL, ids=lambda block: block.name)
def test_the_language_is_known(block: Block) -> None:
    known = {"sh", "python", *READERS}
    assert "not run" in block.notes or block.language in known, "a block in no language, or one that nothing reads"


def test_what_is_not_run_has_a_reason() -> None:
    """Blocks that are not run say why, with one of the reasons above, and every reason is still needed."""
    reasons = Counter(block.notes["not run"].removeprefix("needs ") for block in ALL if "not run" in block.notes)
    print(f"{len(ALL) - reasons.total()} blocks run or read; not run: {dict(reasons)}")
    assert set(reasons) - set(NOT_RUN) == set()
    assert reasons.total() < len(ALL) / 3


def test_the_two_commands_stand_at_the_top_of_readme() -> None:
    readme = [block for block in ALL if block.page == "README.md"]
    assert [block.text for block in readme[:2]] == [
        "pip install . && devaddr-xml assign fixtures/skeletons/q35-web-server.xml\n",
        "pip install -e '.[test]' && pytest -n auto\n",
    ]
