"""``devaddr-xml assign``: complete one document or several."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec

from devaddr_xml.cli.colour import colour_option
from devaddr_xml.cli.documents import named_files, read_documents
from devaddr_xml.cli.failures import MOVED, REFUSED
from devaddr_xml.cli.like_options import like_options
from devaddr_xml.cli.messages import PROGRAM, tell, tell_refusal, tell_warning
from devaddr_xml.cli.output import deliver
from devaddr_xml.cli.policy_options import policy_options
from devaddr_xml.cli.source import Document
from devaddr_xml.cli.target_options import target_options
from devaddr_xml.domxml.encoding import encoded_like
from devaddr_xml.model.errors import DevaddrError, LayoutNotKept
from devaddr_xml.model.policy import Policy
from devaddr_xml.operations.assign import Assignment, assign, assign_like
from devaddr_xml.operations.target import Target

if TYPE_CHECKING:
    from devaddr_xml.model.lock import Lock

EXAMPLES = """\b
Examples:
  devaddr-xml assign guest.xml > complete.xml
  devaddr-xml assign --in-place domains/*.xml
  devaddr-xml assign --check --diff complete.xml
  virsh dumpxml --inactive guest | devaddr-xml assign --connect qemu:///system | virsh define /dev/stdin
  devaddr-xml assign --profile hotplug --set spare-ports=4 guest.xml -o complete.xml
  devaddr-xml assign rendered.xml --like deployed.xml -o complete.xml
  devaddr-xml assign guest.xml --lock guest.lock.json -o complete.xml
"""


@click.command("assign", epilog=EXAMPLES)
@click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path(allow_dash=True))
@click.option("-o", "--output", metavar="FILE", type=click.Path(allow_dash=True), help="Write the result to FILE.")
@click.option("-i", "--in-place", is_flag=True, help="Write each result to the file that was read.")
@click.option("--check", "only_check", is_flag=True, help="Write nothing; the exit code is 1 if a file would change.")
@click.option("--diff", "as_diff", is_flag=True, help="Write nothing; print what would change as a unified diff.")
@colour_option
@click.option("-q", "--quiet", is_flag=True, help="Leave out warnings.")
@like_options
@click.option("--lock", metavar="FILE", type=click.Path(), help="Also write the layout to FILE, for a later --like.")
@click.option("--report", metavar="FILE", type=click.Path(), help="Write what is kept, new and gone to FILE, as JSON.")
@policy_options
@target_options
def command(
    files: tuple[str, ...],
    output: str | None,
    in_place: bool,
    only_check: bool,
    as_diff: bool,
    colour: bool,
    quiet: bool,
    earlier: Lock | None,
    if_possible: bool,
    lock: str | None,
    report: str | None,
    policy: Policy | None,
    target: Target,
) -> int:
    """Give every device in the domain XML of each FILE its address.

    It adds the controllers and devices that libvirt would add. Everything else in a document stays as it is. A FILE
    may hold several documents one after the other. A folder stands for all its files that end in .xml. Without
    FILE, or with -, the command reads standard input. It replaces a file as a whole, or leaves it alone when a
    document is refused.

    With --like, devices that are also in OLD keep their places, and so do the controllers they need. Devices match
    by alias, MAC address, target, host address or controller number, else by kind and model in document order. New
    devices go around them. If a device must move, for example on another machine, the command lists it and writes
    nothing. With --like-if-possible the device gets another place, and the exit code is 3.
    """
    names = named_files(files)
    _refuse_options(names, output, in_place, only_check or as_diff, report is not None and earlier is None)
    read = {name: read_documents(name) for name in names}
    count = sum(map(len, read.values()))
    if count != 1 and (earlier is not None or lock is not None):
        raise click.UsageError(f"--like and --lock are for one document, and there are {count}")
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


def _refuse_options(names: list[str], output: str | None, in_place: bool, looks_only: bool, report_alone: bool) -> None:
    """Options that exclude each other."""
    if in_place and output is not None:
        raise click.UsageError("--in-place and --output exclude each other")
    if in_place and looks_only:
        raise click.UsageError("--check and --diff write nothing, so --in-place has no meaning with them")
    if in_place and "-" in names:
        raise click.UsageError("--in-place needs a FILE: standard input is not one")
    if report_alone:
        raise click.UsageError("--report is about --like or --like-if-possible")


def _joined(results: list[Assignment | None], documents: list[Document]) -> bytes:
    """The completed documents of one file, each in its own encoding."""
    pairs = zip(results, documents, strict=True)
    return b"".join(encoded_like(result.xml, document.data) for result, document in pairs if result is not None)


def _deliver_differences(
    names: list[str], before: dict[str, bytes], after: dict[str, bytes], colour: bool, output: str | None
) -> None:
    """Write what would change in each file as a unified diff."""
    from devaddr_xml.cli.unified import unified

    for name in names:
        deliver(unified(name, before[name], after[name], colour), output)


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
        tell(f"{document.name}: error: {len(error.lost)} devices cannot stay. {error.remedy}")
        return None
    except DevaddrError as error:
        tell_refusal(document, error)
        return None
    if not quiet:
        for notice in assignment.warnings:
            tell_warning(document, notice)
    return assignment
