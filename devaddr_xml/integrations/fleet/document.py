"""One document of many: what a worker is given, what it does, and what it says of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Literal

import msgspec

from devaddr_xml._version import __version__
from devaddr_xml.domxml.stream import split_documents
from devaddr_xml.integrations.fleet.errors import WorkersError
from devaddr_xml.model.address import Address, DriveAddress, PciAddress
from devaddr_xml.model.capabilities import Capabilities
from devaddr_xml.model.errors import DevaddrError
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.host import HostFacts
from devaddr_xml.model.malformed import MALFORMED
from devaddr_xml.model.naming import label
from devaddr_xml.model.plan import Plan
from devaddr_xml.model.policy import Policy
from devaddr_xml.operations.assign import complete
from devaddr_xml.operations.earlier import read_earlier
from devaddr_xml.operations.plan import plan, plan_like
from devaddr_xml.operations.target import Target

#: assigned: something was written into the document; unchanged: it was complete; refused: it has no layout, or none by
#: this policy; failed: it could not be worked on at all.
Status = Literal["assigned", "unchanged", "refused", "failed"]


class Settings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How every document of a batch is laid out; version is that of the package, which has to be the workers' too."""

    policy: Policy | None = None
    capabilities: Capabilities | None = None
    host: HostFacts | None = None
    libvirt_version: tuple[int, int, int] | None = None
    qemu_version: tuple[int, int, int] | None = None
    if_possible: bool = False
    version: str = ""

    def encoded(self) -> bytes:
        """The settings as bytes; equal settings give equal bytes."""
        own = msgspec.structs.replace(self, version=__version__)
        return msgspec.json.encode(msgspec.to_builtins(own, str_keys=True, order="deterministic"))

    def plan(self, guest: Guest) -> Plan:
        """Plan one guest; raises DevaddrError."""
        return self.plan_like(guest, b"")

    def plan_like(self, guest: Guest, earlier: bytes) -> Plan:
        """Plan one guest so that devices of an earlier layout keep their places; raises DevaddrError."""
        target = Target(self.capabilities, self.host, self.libvirt_version, self.qemu_version)
        if not earlier:
            return plan(guest, self.policy, target)
        return plan_like(guest, read_earlier(earlier), self.policy, target, if_possible=self.if_possible).plan


class Task(msgspec.Struct, frozen=True):
    """A document to be worked on: its name in the batch, its bytes, and those of its earlier layout, if it has one."""

    name: str
    data: bytes
    earlier: bytes = b""


class Outcome(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What came of one document.

    placed, moved: how many devices have an address that they did not have, or another one than they had. added: labels
    of the controllers and devices that were not there. error, line: why it was refused, and where. xml: the result.
    """

    name: str
    status: Status
    devices: int = 0
    placed: int = 0
    moved: int = 0
    added: list[str] = []
    warnings: list[str] = []
    error: str | None = None
    line: int | None = None
    xml: bytes = b""


def run_chunk(settings: bytes, chunk: bytes) -> bytes:
    """Work on some documents: encoded tasks in, encoded outcomes out. This is what a worker runs.

    Nothing but bytes comes in and goes out, and they are read as what they have to be or refused. Raises WorkersError
    when they are anything else, or the settings come from another version of the package.
    """
    own = _settings(settings)
    outcomes = [work_on(task, own) for task in decode_tasks(chunk)]
    return msgspec.msgpack.encode(outcomes)


@lru_cache(maxsize=4)
def _settings(encoded: bytes) -> Settings:
    with _refused("settings"):
        settings = msgspec.json.decode(encoded, type=Settings)
    if settings.version != __version__:
        raise WorkersError(
            f"the workers have devaddr-xml {__version__}, and the batch was started by {settings.version}",
            remedy="Install the same version everywhere",
        )
    return settings


def encode_tasks(tasks: list[Task]) -> bytes:
    """Tasks as a worker takes them."""
    return msgspec.msgpack.encode(tasks)


def decode_tasks(chunk: bytes) -> list[Task]:
    """The tasks of a chunk; raises WorkersError when it is none."""
    with _refused("documents"):
        return msgspec.msgpack.decode(chunk, type=list[Task])


def decode_outcomes(data: bytes) -> list[Outcome]:
    """The outcomes that a worker gave back; raises WorkersError when they are none."""
    with _refused("outcomes"):
        return msgspec.msgpack.decode(data, type=list[Outcome])


@contextmanager
def _refused(what: str) -> Iterator[None]:
    """Bytes that are not what they have to be are an error of the workers, whatever msgspec calls it."""
    try:
        yield
    except MALFORMED as error:
        raise WorkersError(
            f"what was sent as the {what} of a batch is something else: {error}",
            remedy="Install the same version of devaddr-xml everywhere",
        ) from error


def work_on(task: Task, settings: Settings) -> Outcome:
    """Give addresses in one document; whatever happens to it is an outcome."""
    try:
        return _assigned(task, settings)
    except DevaddrError as error:
        return Outcome(name=task.name, status="refused", error=error.explanation, line=error.line)
    except MemoryError:
        return Outcome(name=task.name, status="failed", error="there is not enough memory for this document")
    except Exception as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        return Outcome(name=task.name, status="failed", error=f"internal error: {what}")


def _assigned(task: Task, settings: Settings) -> Outcome:
    """The outcome for a document, or for several that stand one after the other."""
    outcome = Outcome(name=task.name, status="unchanged")
    results: list[str] = []
    lines_before = 0
    for piece in split_documents(task.data):
        try:
            results.append(_add(outcome, piece, settings, task.earlier))
        except DevaddrError as error:
            error.line = error.line + lines_before if error.line else None
            raise
        lines_before += piece.count(b"\n")
    outcome.xml = "".join(results).encode()
    if outcome.xml != task.data:
        outcome.status = "assigned"
    return outcome


def _add(outcome: Outcome, piece: bytes, settings: Settings, earlier: bytes) -> str:
    """Work on one document, add what it was to the outcome, and return its XML."""
    before: list[Address | None] = []

    def planner(guest: Guest) -> Plan:
        before.extend(device.address for device in guest.devices)
        return settings.plan_like(guest, earlier)

    assignment = complete(piece, planner)
    after = [device.address for device in assignment.guest.devices]
    outcome.devices += len(after)
    outcome.placed += sum(new is not None for new in after[len(before) :])
    for old, new in zip(before, after, strict=False):
        if _place(old) != _place(new):
            outcome.placed += old is None
            outcome.moved += old is not None
    outcome.added += [label(device) for device in assignment.added]
    outcome.warnings += [str(notice) for notice in assignment.warnings]
    return assignment.xml


def _place(address: Address | None) -> str | None:
    """What makes two addresses the same place; of the others than these no part is ever given and changed."""
    if isinstance(address, PciAddress):
        return None if address.empty else str(address)
    if isinstance(address, DriveAddress):
        return str(address)
    return None if address is None else type(address).__name__
