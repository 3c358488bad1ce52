"""The life of the process: from its arguments to its exit code, with every error told and none shown as a traceback."""

from __future__ import annotations

import gc
import os
import sys
from typing import NoReturn

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
    import threading

    callbacks: int = getattr(atexit, "_ncallbacks", lambda: 1)()
    return callbacks == 0 and threading.active_count() == 1


def outcome(arguments: list[str] | None) -> int:
    """Run the command and return its exit code."""
    try:
        import click

        from devaddr_xml.cli import failures
        from devaddr_xml.cli.group import commands

        try:
            result = commands.main(arguments, prog_name=PROGRAM, standalone_mode=False)
            return result if isinstance(result, int) else 0
        except click.ClickException as error:
            error.show()
            return error.exit_code
        except (click.Abort, KeyboardInterrupt):
            return failures.INTERRUPTED
        except BrokenPipeError:
            return failures.REFUSED
        except MemoryError:
            tell(f"{PROGRAM}: error: there is not enough memory for this document")
            return failures.REFUSED
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        return refusal(error)


def refusal(error: Exception) -> int:
    """Report an error that no command reported: a refusal, or a fault of this package; return the exit code."""
    from devaddr_xml.cli.failures import FAULT, REFUSED
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
