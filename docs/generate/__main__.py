"""Writes what is made from the program and its tables: reference pages, manual page, completions and pictures.

Run it from anywhere with the package installed: ``python docs/generate``. With ``--check`` it writes nothing, and says
which files are not what it would write; the exit code is 1 when there is one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from command_pages import commands_page
from hint_pages import hints_page
from man_page import man_page
from term_pages import term_files

import devaddr_xml
from devaddr_xml.cli.group import commands
from devaddr_xml.cli.messages import PROGRAM

REPOSITORY = Path(__file__).resolve().parents[2]
EXAMPLES = REPOSITORY / "docs" / "examples"


def completion(shell: str) -> str:
    """What ``devaddr-xml completion`` prints."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(commands, {}, PROGRAM, f"_{PROGRAM}_COMPLETE".replace("-", "_").upper())
    return script.source() + "\n"


def picture(name: str) -> str:
    """What ``devaddr-xml show --format svg`` draws of a completed example."""
    from devaddr_xml.views.outline import outline
    from devaddr_xml.views.svg import as_svg

    guest = devaddr_xml.assign((EXAMPLES / name).read_text()).guest
    return as_svg([outline(devaddr_xml.plan(guest))], [])


FILES: dict[str, Callable[[], str]] = {
    "docs/reference/commands.md": commands_page,
    "docs/reference/hints.md": hints_page,
    **term_files(),
    "docs/pictures/inference.svg": partial(picture, "inference.xml"),
    "share/man/man1/devaddr-xml.1": man_page,
    "share/bash-completion/completions/devaddr-xml": partial(completion, "bash"),
    "share/zsh/site-functions/_devaddr-xml": partial(completion, "zsh"),
    "share/fish/vendor_completions.d/devaddr-xml.fish": partial(completion, "fish"),
}


def outdated() -> Iterator[tuple[Path, str]]:
    """The files that are not what they should be, with what they should be."""
    for name, text in FILES.items():
        path = REPOSITORY / name
        wanted = text()
        wanted = wanted.rstrip("\n") + "\n"
        if not path.exists() or path.read_text(encoding="utf-8") != wanted:
            yield path, wanted


def main(arguments: list[str]) -> int:
    """Write them, or with ``--check`` only name them."""
    check = arguments == ["--check"]
    found = list(outdated())
    for path, wanted in found:
        print(path.relative_to(REPOSITORY))
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted, encoding="utf-8")
    return 1 if check and found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
