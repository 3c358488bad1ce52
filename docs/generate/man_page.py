"""The manual page, in the language of man(7)."""

from __future__ import annotations

from collections.abc import Iterator

from tree import Command, all_commands, program

from devaddr_xml._version import __version__
from devaddr_xml.cli.messages import PROGRAM

NOTICE = '.\\" Made by docs/generate from the program itself: change that, not this.'

EXIT_CODES = {
    "0": "Done.",
    "1": "A document was refused, or the result could not be written; nothing was changed. "
    "Of diff and verify: there is a difference.",
    "2": "The command was called wrongly, or a file that it names cannot be read.",
    "70": "A fault of devaddr-xml itself; the message asks for a report.",
    "130": "Interrupted; nothing was changed.",
}


def man_page() -> str:
    """The whole page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    everything = program()
    yield NOTICE
    yield f'.TH {PROGRAM.upper()} 1 "" "{PROGRAM} {__version__}" "User Commands"'
    yield ".SH NAME"
    yield f"{_text(PROGRAM)} \\- {_text('give every device of a libvirt domain its address, on any machine')}"
    yield ".SH SYNOPSIS"
    yield f".B {_text(PROGRAM)}"
    yield _text(everything.usage.partition(" ")[2])
    yield ".SH DESCRIPTION"
    yield from _paragraphs(everything)
    yield ".SH OPTIONS"
    yield from _options(everything)
    yield ".SH COMMANDS"
    for command in all_commands():
        yield f".SS {_text(command.usage.partition(' ')[2])}"
        yield from _paragraphs(command)
        yield from _options(command)
        yield from _examples(command)
    yield ".SH EXIT STATUS"
    for code, meaning in EXIT_CODES.items():
        yield ".TP"
        yield f".B {code}"
        yield _text(meaning)
    yield ".SH EXAMPLES"
    yield from _examples(everything)
    yield ".SH SEE ALSO"
    yield ".BR virsh (1),"
    yield ".BR virt-install (1),"
    yield ".BR virt-xml (1)"


def _paragraphs(command: Command) -> Iterator[str]:
    for paragraph in command.paragraphs:
        yield ".PP"
        yield _text(paragraph)


def _options(command: Command) -> Iterator[str]:
    for option in command.options:
        yield ".TP"
        yield f".B {_text(option.spelling)}"
        yield _text(option.meaning)


def _examples(command: Command) -> Iterator[str]:
    for examples in command.examples:
        yield ".PP"
        yield _text(f"{examples.title}:")
        yield ".PP"
        yield ".nf"
        yield ".RS 4"
        yield from (_text(line) for line in examples.lines)
        yield ".RE"
        yield ".fi"


def _text(text: str) -> str:
    """Text in which nothing is taken for a request or an escape."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    return f"\\&{text}" if text.startswith(".") else text
