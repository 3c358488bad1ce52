"""``devaddr-xml check``: everything that is wrong or doubtful in a domain."""

from __future__ import annotations

import os.path
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from devaddr_xml.cli.colour import colour_option, painted
from devaddr_xml.cli.documents import named_files, read_documents
from devaddr_xml.cli.failures import REFUSED
from devaddr_xml.cli.output import deliver
from devaddr_xml.cli.policy_options import policy_options
from devaddr_xml.cli.target_options import target_options
from devaddr_xml.model.policy import Policy
from devaddr_xml.operations.target import Target

if TYPE_CHECKING:
    from pathlib import Path

    from devaddr_xml.cli.source import Document
    from devaddr_xml.operations.check import Finding, Report

EXAMPLES = """\b
Examples:
  devaddr-xml check guest.xml
  devaddr-xml check --format sarif -o findings.sarif domains/
  virsh dumpxml guest | devaddr-xml check --json
  devaddr-xml check --schema none guest.xml
"""

NO_SCHEMA = "none"

Reports = Sequence[tuple["Document", "Report"]]


@click.command("check", epilog=EXAMPLES)
@click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path(allow_dash=True))
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif"]),
    default="text",
    show_default=True,
    help="Lines for people and editors, JSON, or SARIF 2.1.0 for code scanning.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("-o", "--output", metavar="FILE", type=click.Path(allow_dash=True), help="Write the findings to FILE.")
@click.option(
    "--schema",
    metavar="FILE|none",
    help="libvirt's domain.rng. Default: that of this machine, if libvirt is installed.",
)
@colour_option
@policy_options
@target_options
def command(
    files: tuple[str, ...],
    form: str,
    as_json: bool,
    output: str | None,
    schema: str | None,
    colour: bool,
    policy: Policy | None,
    target: Target,
) -> int:
    """Check the domain in each FILE for errors and warnings; change nothing.

    It checks the markup, libvirt's grammar of a domain where that is installed, the hints and the policy, the
    addresses and controllers that libvirt would refuse, PCI trees that QEMU or the guest cannot use, and the rules
    of every layout. Each finding is a line FILE:LINE: SEVERITY: TEXT. The exit code is 1 if there is an error, and
    0 if there are only warnings and notes. A folder stands for all its files whose names end in .xml.
    """
    from devaddr_xml.operations.check import check, without_grammar

    grammar = _schema(schema)
    documents = [document for name in named_files(files) for document in read_documents(name)]
    reports = [(document, check(document.data, policy, target, grammar)) for document in documents]
    if grammar is None and schema is None:
        reports = [(document, without_grammar(report)) for document, report in reports]
    kind = "json" if as_json else form
    made = as_text(reports, colour and output in (None, "-")) if kind == TEXT else FORMS[kind](reports)
    deliver(made.encode(), output)
    return 0 if all(report.ok for _, report in reports) else REFUSED


def as_text(reports: Reports, colour: bool = False) -> str:
    """A line for each finding."""
    lines = (_line(document, finding, colour) for document, report in reports for finding in report.findings)
    return "".join(f"{line}\n" for line in lines)


def as_json(reports: Reports) -> str:
    """The report of the one document, or an object with one for each."""
    import msgspec

    if len(reports) == 1:
        return reports[0][1].to_json() + "\n"
    named = [{"file": document.name, **msgspec.json.decode(report.to_json())} for document, report in reports]
    whole = {"ok": all(report.ok for _, report in reports), "reports": named}
    return msgspec.json.encode(whole).decode() + "\n"


def as_sarif(reports: Reports) -> str:
    """All findings as one run of SARIF."""
    from devaddr_xml.operations.sarif import sarif

    return sarif([(document.name, document.lines_before, report) for document, report in reports])


TEXT = "text"
FORMS: dict[str, Callable[[Reports], str]] = {TEXT: as_text, "json": as_json, "sarif": as_sarif}


def _schema(wanted: str | None) -> Path | None:
    from pathlib import Path

    from devaddr_xml.domxml.schema import installed_schema

    if wanted is None:
        return installed_schema()
    if wanted == NO_SCHEMA:
        return None
    if not os.path.isfile(wanted):
        raise click.BadParameter(f"there is no file {wanted}", param_hint="--schema")
    return Path(wanted)


def _line(document: Document, finding: Finding, colour: bool = False) -> str:
    place = f"{document.name}:{finding.line + document.lines_before}" if finding.line else document.name
    parts = (
        _printable(f"{place}: "),
        painted(finding.severity, finding.severity, colour),
        _printable(f": {finding.explanation}"),
    )
    return "".join(parts)


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
