"""Findings in SARIF 2.1.0, which code scanning services and editors read (OASIS, sarif-v2.1.0)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from devaddr_xml._version import __version__
from devaddr_xml.operations.check import Finding, Report

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

#: What each rule is about: the part of the check that finds it.
RULES = {
    "document": "The markup and values of a domain are what libvirt reads.",
    "schema": "A domain matches libvirt's grammar.",
    "hints": "Hints and policies are known, and do not contradict each other.",
    "layout": "Every device has a place that libvirt, QEMU and the guest can use.",
}


def sarif(reports: Sequence[tuple[str, int, Report]]) -> str:
    """One run with every finding. reports: of each document its name, the lines before it in its file, its report."""
    results = [_result(name, before, finding) for name, before, report in reports for finding in report.findings]
    rules = [{"id": rule, "shortDescription": {"text": text}} for rule, text in RULES.items()]
    driver = {"name": "devaddr-xml", "version": __version__, "rules": rules}
    whole = {"$schema": SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}
    return msgspec.json.format(msgspec.json.encode(whole), indent=1).decode() + "\n"


def _result(name: str, before: int, finding: Finding) -> dict[str, object]:
    place: dict[str, object] = {"artifactLocation": {"uri": name}}
    if finding.line:
        place["region"] = {"startLine": finding.line + before}
    return {
        "ruleId": finding.subject,
        "level": finding.severity,
        "message": {"text": finding.explanation},
        "locations": [{"physicalLocation": place}],
    }
