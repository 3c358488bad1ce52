"""The command ``devaddr-xml``: one file a command, imported only when it is called."""

from __future__ import annotations

from typing import NoReturn


def main() -> NoReturn:
    """Run the command with the arguments of the process, and end the process with its exit code."""
    from devaddr_xml.cli.process import run

    run()
