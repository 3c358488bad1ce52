"""``devaddr-xml serve``: a service for programs in other languages."""

from __future__ import annotations

import sys

import click

from devaddr_xml.cli.failures import NotWritten

EXAMPLES = """\b
Examples:
  devaddr-xml serve < requests.jsonl > answers.jsonl
  devaddr-xml serve --schema > serve.schema.json
"""


@click.command("serve", epilog=EXAMPLES)
@click.option(
    "--socket", "path", metavar="PATH", type=click.Path(), help="Listen on this Unix socket, mode 0600, until a signal."
)
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(1, 256),
    metavar="N",
    help="The number of processes. Default: one for each processor.",
)
@click.option(
    "--max-size",
    "size",
    type=click.IntRange(min=1024),
    default=64 * 1024 * 1024,
    metavar="BYTES",
    show_default=True,
    help="The longest request.",
)
@click.option(
    "--max-seconds",
    "seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=30.0,
    metavar="SECONDS",
    show_default=True,
    help="The longest time that one request may take.",
)
@click.option("--schema", is_flag=True, help="Print the JSON Schema of every message and exit.")
def command(path: str | None, jobs: int | None, size: int, seconds: float, schema: bool) -> None:
    """Answer requests of other programs: newline-delimited JSON-RPC 2.0.

    Requests come from standard input and answers go to standard output, or both pass through a Unix socket. The
    methods are assign, plan, attach, check, diff, explain and capacity. Each request and each answer is one line of
    JSON. Answers come in the order in which they are ready; the id names the request.

    A request that is refused, too long or too slow gets an error and changes nothing for the others. At SIGTERM the
    service accepts no further request, finishes those that it has, and exits with code 0.
    """
    if schema:
        import msgspec

        from devaddr_xml.integrations.serve.schema import schema as describe

        sys.stdout.write(msgspec.json.format(msgspec.json.encode(describe()), indent=1).decode() + "\n")
        return
    from devaddr_xml.integrations.fleet.local import processors
    from devaddr_xml.integrations.serve.service import Limits, run

    try:
        run(path, Limits(size=size, seconds=seconds, jobs=jobs or processors()))
    except OSError as error:
        raise NotWritten(f"cannot listen on {path}: {error.strerror}") from error
