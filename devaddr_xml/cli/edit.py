"""``devaddr-xml edit``: the user's editor, and then every device that was there stays."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from devaddr_xml.cli.documents import read_bytes
from devaddr_xml.cli.failures import REFUSED, Unreadable
from devaddr_xml.cli.messages import PROGRAM, tell
from devaddr_xml.cli.output import deliver
from devaddr_xml.cli.policy_options import policy_options
from devaddr_xml.cli.target_options import target_options
from devaddr_xml.domxml.encoding import decode, encoded_like
from devaddr_xml.model.errors import DevaddrError
from devaddr_xml.model.policy import Policy
from devaddr_xml.operations.target import Target

if TYPE_CHECKING:
    from devaddr_xml.operations.edit import Edit

#: Where the user's editor is named; the first that is set counts, and is not this command itself.
VARIABLES = ("DEVADDR_XML_EDITOR", "VISUAL", "EDITOR")
FALLBACK = "vi"
#: So often a document is refused before the command takes it that no person is at the editor.
_MOST_TURNS = 50

EXAMPLES = """\b
Examples:
  devaddr-xml edit guest.xml
  EDITOR='devaddr-xml edit' virsh edit guest
"""


@click.command("edit", epilog=EXAMPLES)
@click.argument("file", type=click.Path())
@policy_options
@target_options
def command(file: str, policy: Policy | None, target: Target) -> int:
    """Edit the domain in FILE, and give new devices in it their addresses.

    Devices that were in FILE keep their places, as with assign --like. When FILE is refused, the editor starts
    again, with the reason in a comment at the top. If FILE then stays unchanged, its earlier content is restored,
    and the exit code is 1. Standard error lists what the guest sees of the change.

    The editor is $DEVADDR_XML_EDITOR, else $VISUAL, else $EDITOR unless that is this command, else vi. With
    EDITOR='devaddr-xml edit', virsh edit does the same to a domain in libvirt.
    """
    from devaddr_xml.operations.edit import edit

    before = read_bytes(file)
    after = _edited(file, before)
    if after == before:
        return 0
    refused: bytes | None = None
    for _ in range(_MOST_TURNS):
        after = _without_reason(after)
        if after == refused:
            break
        try:
            found = edit(before, after, policy, target)
        except DevaddrError as error:
            tell(f"{file}: error: {error}")
            shown = _with_reason(after, str(error))
            deliver(shown, file)
            refused = _without_reason(shown)
            after = _edited(file, before)
        else:
            deliver(encoded_like(found.xml, after), file)
            _tell(found)
            return 0
    deliver(before, file)
    tell(f"{PROGRAM}: {file} is as it was before")
    return REFUSED


def _edited(file: str, before: bytes) -> bytes:
    """What the user's editor makes of the file; one that fails, or leaves no file, does not change it."""
    try:
        _run_editor(file)
        return read_bytes(file)
    except Unreadable:
        deliver(before, file)
        raise


def _run_editor(file: str) -> None:
    """Let the user edit the file; raises Unreadable when the editor cannot be run or fails."""
    named = next((text for name in VARIABLES if (text := os.environ.get(name)) and not _is_this(text)), FALLBACK)
    try:
        code = subprocess.run([*shlex.split(named), file], check=False).returncode
    except (OSError, ValueError) as error:
        raise Unreadable(f"cannot run the editor {named}: {error}") from error
    if code:
        raise Unreadable(f"the editor {named} ended with code {code}")


def _is_this(text: str) -> bool:
    """Whether an editor is this command, which would start itself for ever."""
    return "edit" in text.split() and ("devaddr-xml" in text or "devaddr_xml" in text)


_OPEN, _CLOSE = "<!-- devaddr-xml: ", " -->\n"


def _with_reason(data: bytes, reason: str) -> bytes:
    """The document, in its encoding, with a comment that says what is wrong, behind its declaration."""

    def inserted(text: str) -> str:
        start = text.find("?>") + 2 if text.lstrip().startswith("<?xml") else 0
        comment = ("\n" if start else "") + _OPEN + reason.replace("--", "- -") + _CLOSE
        return text[:start] + comment + text[start:]

    return _changed(data, inserted)


def _without_reason(data: bytes) -> bytes:
    """The document without such comments."""

    def removed(text: str) -> str:
        while (start := text.find(_OPEN)) >= 0 and (end := text.find(_CLOSE, start)) >= 0:
            text = text[:start] + text[end + len(_CLOSE) :]
        return text

    return _changed(data, removed)


def _changed(data: bytes, change: Callable[[str], str]) -> bytes:
    """The document with another text in the same encoding; one that is in none keeps its bytes."""
    try:
        text = decode(data)
    except DevaddrError:
        return change(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
    new = change(text)
    return data if new == text else encoded_like(new, data)


def _tell(found: Edit) -> None:
    """What the guest notices of the edit, and what is doubtful."""
    from devaddr_xml.cli.diff import as_text

    for notice in found.warnings:
        tell(f"{PROGRAM}: warning: {notice}")
    for line in as_text(found.diff).splitlines():
        tell(line)
