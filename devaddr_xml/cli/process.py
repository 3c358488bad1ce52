"""The life of the process: from its arguments to its exit code, with every error told and none shown as a traceback."""

from __future__ import annotations

import gc
import os
import sys
from typing import NoReturn

from devaddr_xml.cli.failures import FAULT, INTERRUPTED, REFUSED, Failure
from devaddr_xml.cli.messages import PROGRAM, tell


def run(arguments: list[str] | None = None) -> NoReturn:
    """Run the command and end the process; arguments are those of the process unless they are given."""
    gc.disable()  # imports make much and drop nothing: collecting meanwhile is a tenth of a short run
    code = outcome(arguments)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            code = code or 1
    if _nothing_left_to_do():
        os._exit(code)  # taking the interpreter apart takes a tenth of a short run, and would do nothing else
    sys.exit(code)


def _nothing_left_to_do() -> bool:
    """Whether no thread runs and nothing asked to be called at the end."""
    import atexit

    callbacks: int = getattr(atexit, "_ncallbacks", lambda: 1)()
    threading = sys.modules.get("threading")  # without it there are no threads
    return callbacks == 0 and (threading is None or threading.active_count() == 1)


def outcome(arguments: list[str] | None) -> int:
    """Run the command and return its exit code."""
    try:
        return _called(sys.argv[1:] if arguments is None else arguments)
    except Failure as error:
        error.show()
        return error.exit_code
    except BrokenPipeError:
        return REFUSED
    except MemoryError:
        tell(f"{PROGRAM}: error: there is not enough memory for this document")
        return REFUSED
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        return refusal(error)


def _called(arguments: list[str]) -> int:
    """Call the command that the arguments name; returns its exit code."""
    files = _files_to_assign(arguments)
    if files is not None:
        from devaddr_xml.cli.assigning import assign_files
        from devaddr_xml.cli.documents import named_files

        return assign_files(named_files(files))
    return _parsed(arguments)


def _files_to_assign(arguments: list[str]) -> list[str] | None:
    """The files of ``assign [FILE]...``; none for every other command line.

    Without an option nothing needs a parser of options, whose import is a fifth of a short run.
    """
    if arguments[:1] != ["assign"] or any(argument.startswith("-") for argument in arguments):
        return None
    return arguments[1:]


def _parsed(arguments: list[str]) -> int:
    """Call the command with its options; what is wrong with the command line is told as click does."""
    import click

    from devaddr_xml.cli.group import commands

    try:
        result = commands.main(arguments, prog_name=PROGRAM, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return INTERRUPTED
    return result if isinstance(result, int) else 0


def refusal(error: Exception) -> int:
    """Report an error that no command reported: a refusal, or a fault of this package; return the exit code."""
    from devaddr_xml.model.errors import DevaddrError

    if isinstance(error, DevaddrError):
        tell(f"{PROGRAM}: error: {error}")
        return REFUSED
    if os.environ.get("DEVADDR_XML_DEBUG", "0") not in ("", "0"):
        raise error
    tell(f"{PROGRAM}: internal error: {fault(error)}")
    return FAULT


def fault(error: Exception) -> str:
    """One line about an unexpected exception and where it was raised, and what to do about it."""
    from devaddr_xml._version import __version__

    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = ""
    if trace is not None:
        where = f" ({os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno})"
    what = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    return (
        f"{what}{where}. This is a fault of {PROGRAM} {__version__}, not of the input: please report it together with "
        "the input. DEVADDR_XML_DEBUG=1 shows the traceback."
    )
