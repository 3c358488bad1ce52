"""Findings in SARIF 2.1.0, which code scanning services and editors read (OASIS, sarif-v2.1.0)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from devaddr_xml._version import __version__
from devaddr_xml.engine.check.examine import Rule
from devaddr_xml.operations.check import Finding, Report

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

#: What each rule is about: the part of the check that finds it, or what holds for every layout.
RULES: dict[str, str] = {
    "document": "libvirt can read the markup and the values of a domain.",
    "schema": "A domain matches libvirt's grammar.",
    "hints": "Hints and policies are known, and do not contradict each other.",
    "layout": "Every device has a place that libvirt, QEMU and the guest can use.",
    "host": "Passed-through devices are as close to each other, and to their memory, as on the host.",
}
LAYOUT_RULES: dict[Rule, str] = {
    "layout-stable": "Planning a finished layout again changes nothing.",
    "room-to-grow": "One more device finds a place, and no other device moves.",
    "free-ports-last": "Free ports come after all others.",
    "numa-cells": "A device with a node hint is on that NUMA cell, and a device without one is on none.",
    "bus-numbers-apart": "The bus numbers of no two PCI trees overlap.",
    "usable": "QEMU and the guest can use every place.",
    "like-libvirt": "Without a policy and hints, the layout is libvirt's.",
    "fixed-point": "libvirt does not change a completed document.",
    "document-kept": "Everything else in a document stays as it is.",
}


def sarif(reports: Sequence[tuple[str, int, Report]]) -> str:
    """One run with every finding. reports: of each document its name, the lines before it in its file, its report."""
    results = [_result(name, before, finding) for name, before, report in reports for finding in report.findings]
    rules = [{"id": rule, "shortDescription": {"text": text}} for rule, text in (RULES | dict(LAYOUT_RULES)).items()]
    driver = {"name": "devaddr-xml", "version": __version__, "rules": rules}
    whole = {"$schema": SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}
    return msgspec.json.format(msgspec.json.encode(whole), indent=1).decode() + "\n"


def _result(name: str, before: int, finding: Finding) -> dict[str, object]:
    place: dict[str, object] = {"artifactLocation": {"uri": name}}
    if finding.line:
        place["region"] = {"startLine": finding.line + before}
    return {
        "ruleId": finding.rule or finding.subject,
        "level": finding.severity,
        "message": {"text": finding.explanation},
        "locations": [{"physicalLocation": place}],
    }
