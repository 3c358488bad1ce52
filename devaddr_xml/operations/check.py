"""A whole check of a document: its markup, libvirt's grammar, the hints, the engine's refusals and the nine rules."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, get_args

import msgspec
from lxml import etree

from devaddr_xml.domxml.document import Document, parse
from devaddr_xml.domxml.facts.domain import missing_parts, unnamed_parts
from devaddr_xml.domxml.faults import line_of
from devaddr_xml.domxml.hint_faults import hint_faults
from devaddr_xml.domxml.nested import parse_holder
from devaddr_xml.domxml.preservation import lost
from devaddr_xml.domxml.reader import read, read_unhinted
from devaddr_xml.domxml.schema import objections, tree_of
from devaddr_xml.domxml.sound import doubts, faults
from devaddr_xml.domxml.writer import write
from devaddr_xml.engine.check.examine import FAULT, FIXED_POINT, STAYS, SURVIVES, Examination, Rule, Severity, examine
from devaddr_xml.model.errors import DevaddrError
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.naming import label
from devaddr_xml.model.plan import Notice, Plan
from devaddr_xml.model.policy import Policy
from devaddr_xml.operations.target import NEWEST, Target

Subject = Literal["document", "schema", "hints", "layout", "host"]


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One finding about a document.

    severity: libvirt, QEMU or the policy refuses an error; a warning is a likely fault; a note is only information.
    subject: what the finding is about: the document's markup and values, libvirt's grammar of domains, the hints, the
    layout, or the layout compared with the host. rule: the name of the broken rule, one of the nine rules of every
    layout. line, other_line: from 1.
    """

    severity: Severity
    subject: Subject
    message: str
    line: int | None = None
    device: str | None = None
    other: str | None = None
    other_line: int | None = None
    remedy: str | None = None
    rule: Rule | None = None

    @property
    def explanation(self) -> str:
        """All of it but severity and line."""
        text = DevaddrError(
            self.message, device=self.device, other=self.other, other_line=self.other_line, remedy=self.remedy
        ).explanation
        return f"{text} [{self.rule}]" if self.rule else text


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Every finding, by line; schema: the libvirt grammar that was used, if there was one."""

    findings: tuple[Finding, ...] = ()
    schema: str | None = None

    def __repr__(self) -> str:
        counts = {kind: sum(finding.severity == kind for finding in self.findings) for kind in get_args(Severity)}
        return f"Report({', '.join(f'{count} {kind}s' for kind, count in counts.items() if count) or 'ok'})"

    @property
    def ok(self) -> bool:
        """Whether there is no error."""
        return all(finding.severity != "error" for finding in self.findings)

    def to_json(self) -> str:
        """The report as JSON, with ``ok`` for a quick look."""
        return msgspec.json.encode({"ok": self.ok, **msgspec.to_builtins(self)}).decode()


def check(
    xml: str | bytes, policy: Policy | None = None, target: Target = NEWEST, schema: Path | None = None
) -> Report:
    """Look at a domain, or the domain in a snapshot or status document, from every side.

    schema: libvirt's grammar of a domain. Never raises DevaddrError for what is wrong with the document.
    """

    def examined(guest: Guest) -> Examination:
        capabilities, host = target.facts(guest)
        return examine(guest, policy=policy, capabilities=capabilities, host=host)

    findings = list(_findings(xml, examined, schema))
    findings.sort(key=lambda finding: (finding.line or 0, finding.severity))
    return Report(findings=tuple(dict.fromkeys(findings)), schema=str(schema) if schema else None)


def without_grammar(report: Report) -> Report:
    """The report with a note that libvirt's grammar was not looked at."""
    note = Finding(
        severity="note",
        subject="schema",
        message="libvirt's grammar of domains is not installed on this machine, so it was not checked",
        line=1,
        remedy="Install libvirt, or name its domain.rng with --schema",
    )
    return msgspec.structs.replace(report, findings=(note, *report.findings))


def _findings(xml: str | bytes, examined: Callable[[Guest], Examination], schema: Path | None) -> Iterator[Finding]:
    try:
        document = parse_holder(xml)
        tree = tree_of(document)
    except DevaddrError as error:
        yield msgspec.structs.replace(_refused(error, "document"), line=int(error.line or 1))
        return
    around = line_of(document, "devices")
    for finding in _findings_in(document, tree, examined, schema):
        yield finding if finding.line else msgspec.structs.replace(finding, line=around)


def _findings_in(
    document: Document, tree: etree._Element, examined: Callable[[Guest], Examination], schema: Path | None
) -> Iterator[Finding]:
    """What there is to say of a document that can be parsed; what is about no element in it has no line."""
    if schema is not None:
        yield from _schema_findings(tree, schema)
    try:
        wrong = tuple([_refused(fault, "document") for fault in faults(document)])
        yield from wrong
        yield from (
            _told(doubt, "warning", subject="document")
            for doubt in (*missing_parts(document), *unnamed_parts(document), *doubts(document))
        )
        guest = read_unhinted(document)
    except DevaddrError as error:
        if error.line not in {fault.line for fault in wrong}:
            yield _refused(error, "document")
        return
    if document.hinted:
        hinted = hint_faults(document, guest.devices, tree)
        yield from (_refused(fault, "hints") for fault in hinted)
        if hinted:
            yield from _layout_findings(document, examined(guest))
            return
        guest = read(document)
    found = examined(guest)
    yield from _layout_findings(document, found)
    if found.plan is not None:
        yield from _completion_findings(document, tree, guest, found.plan, examined, schema)


def _refused(error: DevaddrError, subject: Subject, rule: Rule | None = None) -> Finding:
    return Finding(
        severity="error",
        subject=subject,
        message=error.message,
        line=int(error.line) if error.line else None,
        device=error.device,
        other=error.other,
        other_line=error.other_line,
        remedy=error.remedy,
        rule=rule,
    )


def _told(notice: Notice, severity: Severity, rule: Rule | None = None, subject: Subject = "layout") -> Finding:
    return Finding(
        severity=severity,
        subject=subject,
        message=notice.message,
        line=notice.line,
        device=notice.device,
        other=notice.other,
        other_line=notice.other_line,
        remedy=notice.remedy,
        rule=rule,
    )


def _schema_findings(tree: etree._Element, schema: Path) -> Iterator[Finding]:
    try:
        for line, message, remedy in objections(tree, schema):
            yield Finding(severity="warning", subject="schema", message=message, line=line, remedy=remedy or None)
    except (OSError, etree.LxmlError) as error:
        yield Finding(severity="warning", subject="schema", message=f"{schema} cannot be used: {error}")


def _new_objections(before: etree._Element, after: etree._Element, schema: Path) -> Iterator[Finding]:
    """What libvirt's grammar has against the completed document and had not against the one that was given."""
    with contextlib.suppress(OSError, etree.LxmlError):
        known = {message for _, message, _ in objections(before, schema)}
        for _, message, _ in objections(after, schema):
            if message not in known:
                yield Finding(
                    severity="warning",
                    subject="schema",
                    message=f"when it is completed: {message}",
                    remedy="If the domain is for that libvirt, name its version with --libvirt-version",
                    rule=FIXED_POINT,
                )


def _layout_findings(document: Document, found: Examination) -> Iterator[Finding]:
    """What the engine has to say."""
    for error in found.errors:
        if error.line is None and error.about is not None:
            error.line = line_of(document, error.about)
    yield from (_refused(error, "layout") for error in found.errors)
    yield from (_refused(error, "layout", rule) for rule, error in found.unusable)
    yield from (_told(notice, "warning") for notice in found.warnings)
    yield from (_told(broken.notice, broken.severity, broken.rule) for broken in found.broken)
    for difference in found.differences:
        other = difference.other
        yield Finding(
            severity="warning",
            subject="host",
            message=difference.message,
            line=difference.device.line,
            device=label(difference.device),
            other=label(other) if other is not None else None,
            other_line=other.line if other is not None else None,
        )


def _completion_findings(
    document: Document,
    tree: etree._Element,
    guest: Guest,
    plan: Plan,
    examined: Callable[[Guest], Examination],
    schema: Path | None,
) -> Iterator[Finding]:
    """What there is to say of the document that assign would make of it."""
    complete = write(document, guest, plan.guest, plan.aligned)
    if complete == document.original:
        return
    yield Finding(
        severity="note", subject="layout", message=_incomplete(guest, plan), remedy="Run assign to complete it"
    )
    if _completed_again(complete, examined) != complete:
        message = "a second run would change the result of the first one"
        yield Finding(severity="error", subject="layout", message=message, rule=STAYS, remedy=FAULT)
    finished = tree_of(complete)
    for text in lost(tree, finished):
        message = f"assign would lose {text[:200]}"
        yield Finding(severity="error", subject="layout", message=message, rule=SURVIVES, remedy=FAULT)
    if schema is not None:
        yield from _new_objections(tree, finished, schema)


def _incomplete(guest: Guest, plan: Plan) -> str:
    """What assign would do to a document that it changes."""
    placed = sum(
        old.address is None and new.address is not None for old, new in zip(guest.devices, plan.aligned, strict=False)
    )
    if not placed and not plan.added:
        return "it is complete, but assign would write some values in another form"
    return f"it is not complete: assign would give {placed} devices an address and add {len(plan.added)} devices"


def _completed_again(complete: str, examined: Callable[[Guest], Examination]) -> str | None:
    """What a second run makes of a completed document."""
    document = parse(complete)
    guest = read(document)
    plan = examined(guest).plan
    return write(document, guest, plan.guest, plan.aligned) if plan is not None else None
