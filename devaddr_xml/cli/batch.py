"""``devaddr-xml batch``: thousands of documents."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from devaddr_xml.cli.failures import REFUSED, NotWritten, Unreadable
from devaddr_xml.cli.messages import PROGRAM
from devaddr_xml.cli.policy_options import policy_options
from devaddr_xml.cli.progress import Progress
from devaddr_xml.cli.target_options import target_options
from devaddr_xml.model.policy import Policy
from devaddr_xml.operations.target import Target

if TYPE_CHECKING:
    from devaddr_xml.integrations.fleet.document import Outcome, Settings
    from devaddr_xml.integrations.fleet.report import Report

EXAMPLES = """\b
Examples:
  devaddr-xml batch domains/ --output assigned/ --report report.jsonl
  devaddr-xml batch domains.tar.gz --output assigned/ --profile hotplug --jobs 8
  devaddr-xml batch domains/ --output assigned/ --scheduler tcp://scheduler:8786
  jq -c '{name, xml}' domains.json | devaddr-xml batch - --output assigned/
"""


@click.command("batch", epilog=EXAMPLES)
@click.argument("source", metavar="DIR|TAR|-", type=click.Path(allow_dash=True))
@click.option(
    "-o", "--output", "folder", metavar="DIR", type=click.Path(), help="The folder for the results. Required."
)
@click.option("--out", "old_folder", metavar="DIR", type=click.Path(), hidden=True, help="The older name of --output.")
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="The number of processes. Default: one for each processor.",
)
@click.option("--scheduler", metavar="tcp://HOST:PORT", help="Let the workers of this Dask scheduler do the work.")
@click.option(
    "--report",
    "report_files",
    metavar="FILE",
    multiple=True,
    type=click.Path(),
    help="Write the outcome of every document: a table if FILE ends in .csv, else lines of JSON. Repeatable.",
)
@click.option(
    "--like", metavar="DIR", type=click.Path(), help="The folder of earlier layouts. Devices in them keep their places."
)
@click.option(
    "--like-if-possible", metavar="DIR", type=click.Path(), help="The same, with warnings instead of refusals."
)
@policy_options
@target_options
def command(
    source: str,
    folder: str | None,
    old_folder: str | None,
    jobs: int | None,
    scheduler: str | None,
    report_files: tuple[str, ...],
    like: str | None,
    like_if_possible: str | None,
    policy: Policy | None,
    target: Target,
) -> int:
    """Give every device its address in all documents of a folder, a TAR archive, or lines of JSON.

    In a folder or an archive the documents are the files whose names end in .xml, including subfolders. With -, every
    line of standard input is an object with the document in "xml" and an optional "name". The results have the same
    names in the output folder.

    A refused document is listed and changes nothing for the others. The exit code is then 1. A batch that starts
    again leaves out the documents that are done, unless they, the options or their results have changed. A result
    is written as a whole or not at all, so a batch can stop at any time.

    The report has one line of JSON for each document: the outcome, how many devices were placed and moved, what was
    added, and why it was refused. A report that ends in .csv is a table.

    With --like, the earlier layout of a document is the file of the same name in that folder, or the lock file of
    that name in .json. Otherwise it is the one domain there with the same UUID, else with the same name.

    The workers of a Dask cluster need this package in the same version. Dask's own processes trust each other.
    """
    folder = folder or old_folder
    if folder is None:
        raise click.UsageError("--output DIR is missing: results need a folder of their own")
    if jobs is not None and scheduler is not None:
        raise click.UsageError("--jobs is for this machine; the number of workers of a cluster is fixed")
    if like is not None and like_if_possible is not None:
        raise click.UsageError("--like and --like-if-possible exclude each other")
    if target.connect is not None:
        raise click.UsageError("a batch asks no libvirt: run probe first, and pass its file to --capabilities")
    _refuse_output_in_source(source, folder)
    from devaddr_xml.integrations.fleet.document import Settings

    own = Settings(
        policy=policy,
        capabilities=target.capabilities,
        host=target.host,
        libvirt_version=target.libvirt_version,
        qemu_version=target.qemu_version,
        if_possible=like_if_possible is not None,
    )
    return _run(source, folder, own, jobs, scheduler, report_files, like or like_if_possible)


def _run(
    source: str,
    folder: str,
    settings: Settings,
    jobs: int | None,
    scheduler: str | None,
    report_files: tuple[str, ...],
    like: str | None,
) -> int:
    from devaddr_xml.integrations.fleet.batch import Batch
    from devaddr_xml.integrations.fleet.earlier import EarlierLayouts
    from devaddr_xml.integrations.fleet.errors import OutputError, SourceError
    from devaddr_xml.integrations.fleet.local import processors
    from devaddr_xml.integrations.fleet.sources import open_source

    try:
        documents = open_source(source, sys.stdin.buffer)
        if like is not None:
            documents = documents._replace(items=EarlierLayouts(like).added_to(documents.items))
    except SourceError as error:
        raise Unreadable(str(error)) from error
    with Progress(os.path.basename(os.path.normpath(source)), documents.total) as progress:

        def told(outcome: Outcome, skipped: bool) -> None:
            if outcome.error is not None:
                progress.tell(_line(outcome))
            progress.advance()

        try:
            batch = Batch(documents.items, folder, settings, told)
            try:
                batch.run(jobs or processors(), scheduler)
            finally:
                for report_file in report_files:
                    batch.report.write(report_file)
                progress.tell(f"{PROGRAM}: {summary(batch.report)}")
        except OutputError as error:
            raise NotWritten(str(error)) from error
    return REFUSED if batch.report.counts["refused"] or batch.report.counts["failed"] else 0


def summary(report: Report) -> str:
    """One line about the whole batch."""
    counts = report.counts
    parts = [f"{counts[status]:,} {status}" for status in ("assigned", "unchanged", "refused", "failed")]
    skipped = f"; {counts['skipped']:,} were done already" if counts["skipped"] else ""
    return f"{len(report):,} documents: {', '.join(parts)}{skipped}"


def _line(outcome: Outcome) -> str:
    place = f"{outcome.name}:{outcome.line}" if outcome.line else outcome.name
    return f"{place}: error: {outcome.error}"


def _refuse_output_in_source(source: str, folder: str) -> None:
    """Results that the next run would take for documents."""
    if source == "-" or not os.path.isdir(source):
        return
    inner, outer = os.path.realpath(folder), os.path.realpath(source)
    if os.path.commonpath([inner, outer]) == outer:
        raise click.UsageError("the output folder is the folder of the documents, or in it")
