"""The last resort: an error that nobody expected is told in one line, and never as a traceback."""

from __future__ import annotations

import pytest

from devaddr_xml.cli import messages, process
from devaddr_xml.cli.group import LazyGroup
from devaddr_xml.model.errors import PlacementError


def raiser(error: BaseException) -> object:
    def main(*arguments: object, **options: object) -> None:
        raise error

    return main


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (KeyError("gone"), 70, "internal error: KeyError: 'gone' (test_process.py:"),
        (RecursionError("too deep\nby far"), 70, "internal error: RecursionError: too deep by far (test_process.py:"),
        (PlacementError("there is no room", line=3), 1, "error: line 3: there is no room"),
        (MemoryError(), 1, "error: there is not enough memory for this document"),
        (BrokenPipeError(), 1, ""),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_every_error_has_its_exit_code_and_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
    message: str,
) -> None:
    monkeypatch.delenv("DEVADDR_XML_DEBUG", raising=False)
    monkeypatch.setattr(LazyGroup, "main", raiser(error))
    assert process.outcome([]) == code
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"devaddr-xml: {message}" if message else "")
    assert told.err.count("\n") == bool(message)
    assert ("please report it" in told.err) == (code == 70)


def test_a_traceback_for_those_who_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVADDR_XML_DEBUG", "1")
    monkeypatch.setattr(LazyGroup, "main", raiser(KeyError("gone")))
    with pytest.raises(KeyError):
        process.outcome([])


def test_a_message_cannot_drive_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    messages.tell("disk \x1b[2Jvda\u202e\nsecond line: \u00e9")
    assert capsys.readouterr().err == "disk \\x1b[2Jvda\\u202e\\nsecond line: \u00e9\n"
