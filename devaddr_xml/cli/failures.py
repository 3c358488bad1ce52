"""Why a command ends early, and its exit code then."""

from __future__ import annotations

from devaddr_xml.cli.messages import PROGRAM, tell

#: Exit codes. A run that a signal ends has 128 plus its number, as in a shell.
REFUSED = 1
USAGE = 2
#: The result is there, but devices that should have stayed are elsewhere.
MOVED = 3
FAULT = 70
INTERRUPTED = 130


class Failure(Exception):
    """Something that a command needs or does did not work; one line says what."""

    exit_code = REFUSED

    def show(self) -> None:
        """Say it on standard error."""
        tell(f"{PROGRAM}: error: {self}")


class Unreadable(Failure):
    """A file that the command line names, or an option's value, is not there or not what it should be."""

    exit_code = USAGE


class NotWritten(Failure):
    """The result could not be written; what was there before stays."""
