"""``devaddr-xml check``: everything that is wrong or doubtful in a domain."""

from __future__ import annotations

import os.path
from typing import TYPE_CHECKING

import click

from devaddr_xml.cli.failures import REFUSED
from devaddr_xml.cli.guests import one_document
from devaddr_xml.cli.output import deliver
from devaddr_xml.cli.policy_options import policy_options
from devaddr_xml.cli.target_options import target_options
from devaddr_xml.model.policy import Policy
from devaddr_xml.operations.target import Target

if TYPE_CHECKING:
    from pathlib import Path

    from devaddr_xml.cli.source import Document
    from devaddr_xml.operations.check import Finding

EXAMPLES = """\b
Examples:
  devaddr-xml check guest.xml
  virsh dumpxml guest | devaddr-xml check --json
  devaddr-xml check --schema none guest.xml
"""

NO_SCHEMA = "none"


@click.command("check", epilog=EXAMPLES)
@click.argument("file", default="-", type=click.Path(allow_dash=True))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--schema",
    metavar="FILE|none",
    help="libvirt's domain.rng; by default that of this machine, where libvirt is installed.",
)
@policy_options
@target_options
def command(
    file: str,
    as_json: bool,
    schema: str | None,
    policy: Policy | None,
    target: Target,
) -> int:
    """Look for errors in the domain in FILE, and for what is doubtful; nothing is changed.

    Looked at are the markup, libvirt's grammar of a domain where it is installed, the hints and the policy, everything
    that libvirt would refuse of addresses and controllers, PCI trees that QEMU or the guest cannot use, and the rules
    that hold for every layout. Each finding is a line FILE:LINE: SEVERITY: TEXT. The exit code is 1 if there is an
    error, and 0 if there are warnings and notes only.
    """
    from devaddr_xml.operations.check import check

    document = one_document(file)

    report = check(document.data, policy, target, _schema(schema))
    if as_json:
        deliver((report.to_json() + "\n").encode(), None)
    else:
        deliver("".join(f"{_line(document, finding)}\n" for finding in report.findings).encode(), None)
    return 0 if report.ok else REFUSED


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


def _line(document: Document, finding: Finding) -> str:
    place = f"{document.name}:{finding.line + document.lines_before}" if finding.line else document.name
    text = f"{place}: {finding.severity}: {finding.explanation}"
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
