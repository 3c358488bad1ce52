"""A page for every tunable and hint: what it is, why a guest needs it, and an example that is run."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from click.testing import CliRunner
from term_cases import CHILD_CASES, HINT_CASES, TUNABLE_CASES, Case
from term_reasons import CHILD_REASONS, HINT_REASONS, TUNABLE_REASONS

from devaddr_xml.cli.group import commands
from devaddr_xml.cli.messages import PROGRAM
from devaddr_xml.model.vocabulary import CHILDREN, HINTS, MACHINE_KINDS, TUNABLES, VERSION, Term

NOTICE = (
    "<!-- Made by docs/generate from the vocabulary, term_reasons.py and term_cases.py: change those, not this. -->"
)


class Topic(NamedTuple):
    """What a page is about: where it goes, its terms, why, and its example."""

    path: str
    title: str
    terms: tuple[Term, ...]
    why: str
    case: Case


def topics() -> Iterator[Topic]:
    """Every page, in the order of the vocabulary."""
    for term in (VERSION, *TUNABLES):
        yield Topic(
            f"tunables/{term.name}", f"`{term.name}`", (term,), TUNABLE_REASONS[term.name], TUNABLE_CASES[term.name]
        )
    for term in HINTS:
        yield Topic(
            f"hints/{term.name}", f"`devaddr:{term.name}`", (term,), HINT_REASONS[term.name], HINT_CASES[term.name]
        )
    for child, case in CHILD_CASES.items():
        own = tuple(term for term in CHILDREN[child] if term not in HINTS)
        yield Topic(f"policy/{child}", f"`<devaddr:{child}>`", own, CHILD_REASONS[child], case)


def term_files() -> dict[str, Callable[[], str]]:
    """The files of the pages, with what writes each."""
    return {f"docs/reference/{topic.path}.md": partial(term_page, topic) for topic in topics()}


def term_page(topic: Topic) -> str:
    """The page."""
    return "\n".join(_lines(topic))


def term_picture(topic: Topic) -> str:
    """The layout with the term, beside the one without it unless that is refused."""
    with _desk(topic.case):
        _run("\n".join(_steps(topic.case)))
        compare = "" if topic.case.refused else "--compare without.xml "
        return _shown(f"{PROGRAM} show --format svg {compare}with.xml")


def _lines(topic: Topic) -> Iterator[str]:
    case = topic.case
    yield f"# {topic.title}"
    yield ""
    yield NOTICE
    yield ""
    for term in topic.terms:
        yield from _meaning(term, alone=len(topic.terms) == 1)
    yield "## Why"
    yield ""
    yield topic.why
    yield ""
    yield "## Example"
    yield ""
    yield from _block("xml", case.domain, *(["refused"] if case.refused else []), "file: guest.xml")
    if case.host:
        yield "The host facts are in `host.json`:"
        yield ""
        yield from _block("json", case.host, "file: host.json")
    with _desk(case):
        without, completed = _steps(case)
        yield "### Before"
        yield ""
        yield from _tree(without, "without.xml", case.refused)
        yield "### After"
        yield ""
        yield from _tree(completed, "with.xml", False)
        yield case.sees
        yield ""
        if case.look:
            yield from _block("sh", case.look)
            yield from _block("text", _run(case.look), "output")
    what = "The layout with it" if case.refused else "Both layouts, and what changed"
    yield f"![{what}](../../pictures/{topic.path}.svg)"


def _meaning(term: Term, alone: bool) -> Iterator[str]:
    label = "" if alone else f"`{term.name}`: "
    yield f"{label}{term.meaning[:1].upper()}{term.meaning[1:]}." if alone else f"{label}{term.meaning}."
    yield ""
    yield "| property | value or effect |"
    yield "|---|---|"
    yield f"| values | {term.values} |"
    if term.default:
        yield f"| default | `{term.default}` |"
    if len(term.where) == len(MACHINE_KINDS) and len(set(term.where.values())) == 1:
        yield f"| all machines | {term.where['express']} |"
    else:
        for kind, effect in term.where.items():
            yield f"| [{kind}](../hints.md#kinds-of-machines) | {effect} |"
    for kind, words in term.barred.items():
        yield f"| refused on {kind} | {', '.join(f'`{word}`' for word in words)} |"
    yield ""


def _steps(case: Case) -> Iterator[str]:
    """The commands that complete the domain without the term and with it."""
    before, after = (f" {arguments}" if arguments else "" for arguments in (case.before, case.after))
    if case.hint:
        prefix = "" if case.hint.startswith("<") else " devaddr:"
        plain = f'sed "s|{prefix}{case.hint}||" guest.xml > plain.xml'
        yield f"{plain}\n{PROGRAM} assign{before} plain.xml -o without.xml"
    else:
        yield f"{PROGRAM} assign{before} guest.xml -o without.xml"
    yield f"{PROGRAM} assign{after} guest.xml -o with.xml"


def _tree(step: str, file: str, refused: bool) -> Iterator[str]:
    """A command, what it says, and the layout that it made."""
    stated = _run(step)
    assert Path(file).exists() != refused, f"{step}\n{stated}"
    if refused:
        yield from _block("sh", step, "fails: 1")
        yield from _block("text", stated, "output")
        return
    if stated:
        yield from _block("sh", step)
        yield from _block("text", stated, "output")
    show = f"{PROGRAM} show {file}"
    yield from _block("sh", show if stated else f"{step}\n{show}")
    printed = _shown(show)
    yield from _block("text", printed[: printed.index("└── other devices")] + "...\n", "output")


def _block(language: str, text: str, *notes: str) -> Iterator[str]:
    yield from (f"<!-- {note} -->" for note in notes)
    yield f"```{language}"
    yield text.rstrip("\n")
    yield "```"
    yield ""


@contextmanager
def _desk(case: Case) -> Iterator[None]:
    """A folder of its own, with the files of the example."""
    back = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            Path("guest.xml").write_text(case.domain)
            if case.host:
                Path("host.json").write_text(case.host)
            yield
        finally:
            os.chdir(back)


def _shown(line: str) -> str:
    """What ``show`` writes."""
    stated = _run(f"{line} -o shown")
    assert Path("shown").exists(), stated
    return Path("shown").read_text(encoding="utf-8")


def _run(lines: str) -> str:
    """What command lines print: of this program in this process, others in a shell."""
    printed = ""
    for line in lines.splitlines():
        if line.startswith(PROGRAM):
            printed += CliRunner().invoke(commands, line.split()[1:]).output
        else:
            printed += subprocess.run(line, shell=True, capture_output=True, text=True, check=True).stdout
    return printed
