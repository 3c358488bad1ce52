"""Completing the documents of files, and writing what the options of ``assign`` ask for.

It does not parse options, so that a command line without any does not wait for a parser to be imported.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from devaddr_xml.cli.documents import read_documents
from devaddr_xml.cli.failures import MOVED, REFUSED
from devaddr_xml.cli.messages import PROGRAM, tell, tell_refusal, tell_warning
from devaddr_xml.cli.output import deliver
from devaddr_xml.cli.source import Document
from devaddr_xml.domxml.encoding import encoded_like
from devaddr_xml.model.errors import DevaddrError, LayoutNotKept
from devaddr_xml.model.policy import Policy
from devaddr_xml.operations.assign import Assignment, assign, assign_like
from devaddr_xml.operations.target import NEWEST, Target

if TYPE_CHECKING:
    from devaddr_xml.model.lock import Lock


def assign_files(
    names: Sequence[str],
    *,
    output: str | None = None,
    in_place: bool = False,
    only_check: bool = False,
    as_diff: bool = False,
    colour: bool = False,
    quiet: bool = False,
    earlier: Lock | None = None,
    if_possible: bool = False,
    lock: str | None = None,
    report: str | None = None,
    policy: Policy | None = None,
    target: Target = NEWEST,
) -> int:
    """Complete the documents of files, write the results, and return the exit code; raises Failure.

    names: files, or ``-`` for standard input. The others are the options of the command.
    """
    read = {name: read_documents(name) for name in names}
    count = sum(map(len, read.values()))
    if count != 1 and (earlier is not None or lock is not None):
        from click import UsageError

        raise UsageError(f"--like and --lock are for one document, and there are {count}")
    made = {
        name: [_assigned(document, policy, target, earlier, if_possible, quiet) for document in documents]
        for name, documents in read.items()
    }
    done = [result for results in made.values() for result in results if result is not None]
    finished = {name: _joined(results, read[name]) for name, results in made.items() if None not in results}
    before = {name: b"".join(document.data for document in documents) for name, documents in read.items()}
    changed = [name for name, data in finished.items() if data != before[name]]
    if as_diff:
        _deliver_differences(changed, before, finished, colour, output)
    if only_check or as_diff:
        if only_check and not quiet:
            _tell_changes(changed)
        return REFUSED if len(done) < count or (only_check and changed) else 0
    if in_place:
        for name in changed:
            deliver(finished[name], name)
    if len(done) < count:
        return REFUSED
    if not in_place:
        deliver(b"".join(finished.values()), output)
    for result in done:
        if lock is not None:
            _deliver_lock(result, lock)
        if earlier is not None:
            _tell_kept(result, report, quiet)
    return MOVED if any(result.lost for result in done) else 0


def _joined(results: list[Assignment | None], documents: list[Document]) -> bytes:
    """The completed documents of one file, each in its own encoding."""
    pairs = zip(results, documents, strict=True)
    return b"".join(encoded_like(result.xml, document.data) for result, document in pairs if result is not None)


def _deliver_differences(
    names: list[str], before: dict[str, bytes], after: dict[str, bytes], colour: bool, output: str | None
) -> None:
    """Write what would change in all files as one unified diff."""
    from devaddr_xml.cli.unified import unified

    deliver(b"".join([unified(name, before[name], after[name], colour) for name in names]), output)


def _tell_changes(names: list[str]) -> None:
    """Say which files would change."""
    for name in names:
        tell(f"{'<stdin>' if name == '-' else name}: would change")


def _deliver_lock(result: Assignment, path: str) -> None:
    """Write the layout to a lock file."""
    from devaddr_xml.model.lock import Lock

    deliver(Lock.of(result.guest).to_json().encode(), path)


def _tell_kept(result: Assignment, report: str | None, quiet: bool) -> None:
    """Say what became of the earlier layout."""
    if not quiet:
        counts = f"{len(result.kept)} kept, {len(result.new)} new, {len(result.gone)} gone"
        lost = f", {len(result.lost)} elsewhere" if result.lost else ""
        tell(f"{PROGRAM}: {counts}{lost}")
    if report is not None:
        import msgspec

        told = {name: getattr(result, name) for name in ("kept", "new", "gone", "lost")}
        deliver(msgspec.json.format(msgspec.json.encode(told), indent=1) + b"\n", report)


def _assigned(
    document: Document, policy: Policy | None, target: Target, earlier: Lock | None, if_possible: bool, quiet: bool
) -> Assignment | None:
    """The completed document; none when it is refused, which is told."""
    try:
        if earlier is None:
            assignment = assign(document.data, policy, target)
        else:
            assignment = assign_like(document.data, earlier, policy, target, if_possible)
    except LayoutNotKept as error:
        for line in error.lost:
            tell(f"{document.name}: error: {line}")
        count = "one device" if len(error.lost) == 1 else f"{len(error.lost)} devices"
        tell(f"{document.name}: error: {count} cannot stay. {error.remedy}")
        return None
    except DevaddrError as error:
        tell_refusal(document, error)
        return None
    if not quiet:
        for notice in assignment.warnings:
            tell_warning(document, notice)
    return assignment
