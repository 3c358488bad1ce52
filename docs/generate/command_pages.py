"""The reference of the commands, in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree import Command, Examples, all_commands, program

NOTICE = "<!-- Made by docs/generate from the program itself: change that, not this. -->"

#: What an example can need that not every machine has, and how it is recognised.
NEEDS = {
    "a host with libvirt": re.compile(r"virsh|--connect|devaddr-xml (probe|verify)|/etc/|systemctl|--qemu"),
    "a cluster": re.compile(r"\bkubectl\b"),
    "a scheduler": re.compile(r"--scheduler"),
    "libvirt's own schema": re.compile(r"devaddr-xml check (?!--schema)"),
    "jq": re.compile(r"\bjq\b"),
    "the user's own files": re.compile(r"~/|less$"),
}

#: Commands that answer with an exit code, and the one that their examples end with.
ANSWERS = {"devaddr-xml diff": 1}


def commands_page() -> str:
    """The whole page."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    everything = program()
    yield "# Commands"
    yield ""
    yield NOTICE
    yield ""
    yield from _text(everything)
    commands = list(all_commands())
    yield "| command | what it does |"
    yield "|---|---|"
    for command in commands:
        yield f"| [`{_short(command)}`](#{_anchor(command)}) | {_escaped(command.summary)} |"
    yield ""
    yield "The exit codes are [on a page of their own](exit-codes.md). Every option of the same name means the same in"
    yield "every command."
    for command in commands:
        yield ""
        yield f"## {command.name}"
        yield ""
        yield from _text(command)


def _text(command: Command) -> Iterator[str]:
    yield "```text"
    yield command.usage
    yield "```"
    yield ""
    for paragraph in command.paragraphs:
        yield _escaped(paragraph)
        yield ""
    yield "| option | meaning |"
    yield "|---|---|"
    for option in command.options:
        yield f"| `{_cell(option.spelling)}` | {_cell(_escaped(option.meaning))} |"
    yield ""
    for examples in command.examples:
        yield from _blocks(examples)


def _blocks(examples: Examples) -> Iterator[str]:
    """The examples, those that run anywhere apart from those that need something."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for line in examples.lines:
        need, answer = _need(line), _answer(line)
        alone = (line,) if answer else ()  # it would end the block
        groups.setdefault((need, answer, *alone), []).append(line)
    yield f"{examples.title}:"
    yield ""
    for (need, answer, *_), lines in groups.items():
        if need:
            yield f"<!-- not run: needs {need} -->"
        if answer:
            yield f"<!-- fails: {answer} -->"
        yield "```sh"
        yield from lines
        yield "```"
        yield ""


def _need(line: str) -> str:
    """What an example needs; nothing when it runs anywhere."""
    return next((need for need, sign in NEEDS.items() if sign.search(line)), "")


def _answer(line: str) -> str:
    """The exit code of an example that answers with it."""
    return next((str(code) for command, code in ANSWERS.items() if command in line), "")


def _short(command: Command) -> str:
    return command.name.partition(" ")[2]


def _anchor(command: Command) -> str:
    return command.name.replace(" ", "-")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _escaped(text: str) -> str:
    """Plain text as Markdown: what it would take for mark-up stands for itself."""
    return re.sub(r"([*_<>\[\]])", r"\\\1", text)
