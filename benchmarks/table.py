"""One table of everything that shall be fast, each figure beside its limit: ``python benchmarks/table.py [--check]``.

All figures but the rate of ``batch`` are ratios of things measured in turn in this run, so they hold on a busy machine.
"""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from guests import virtio_disks
from lxml import etree
from measure import REPOSITORY, in_turn, peak_memory, process_time, processes_in_turn, quickest_in_turn

sys.path.insert(0, str(REPOSITORY))

import devaddr_xml

PACK = devaddr_xml.Policy(overflow="pack")
#: Of the UUIDs of the domains that are defined.
NAMESPACE = uuid.UUID("6f3c4f0a-52a5-4b0e-9a43-0d2f7f0a9b51")
#: Asks for a place of the first disk that can be hotplugged.
HINT = (
    "<metadata><devaddr:policy xmlns:devaddr='urn:devaddr-xml:hints:1' version='1'>"
    "<devaddr:device ref='vda' hotplug='yes'/></devaddr:policy></metadata>"
)
#: Beyond this many devices the machine has no ports left, and devices share slots.
MOST_PORTS = 200


class Figure(NamedTuple):
    """One line of the table. low: whether the value must not be above its limit, else not below; none: no limit."""

    what: str
    value: float
    limit: float | None = None
    low: bool = True
    note: str = ""

    @property
    def kept(self) -> bool:
        """Whether the limit is kept."""
        return self.limit is None or (self.value <= self.limit if self.low else self.value >= self.limit)

    def __str__(self) -> str:
        limit = "" if self.limit is None else f"{'at most' if self.low else 'at least'} {self.limit:g}"
        verdict = "" if self.limit is None else "kept" if self.kept else "MISSED"
        return f"{self.what:<62}{self.value:>9.2f}  {limit:<14}{verdict:<8}{self.note}"


def assigned(count: int) -> Callable[[], devaddr_xml.Assignment]:
    """The function to be measured: assign, for a guest of that many disks."""
    xml = virtio_disks(count)
    policy = PACK if count > MOST_PORTS else None
    return lambda: devaddr_xml.assign(xml, policy=policy)


def against_lxml() -> Iterator[Figure]:
    """In process, against lxml parsing and serialising the completed document."""
    for count, rounds, limit in ((10, 1000, 7.7), (20, 600, None), (200, 100, 3.8)):
        assign = assigned(count)
        output = assign().xml.encode()
        pair = in_turn(assign, lambda output=output: etree.tostring(etree.fromstring(output)), rounds)
        note = f"{pair.first * 1000:.2f} ms : {pair.second * 1000:.2f} ms"
        yield Figure(f"assign {count} disks : lxml parses and serialises the output", pair.ratio, limit, note=note)


def growth() -> Iterator[Figure]:
    """A larger guest against a smaller one."""
    for count, smaller, rounds, limit in ((20, 10, 200, None), (200, 20, 50, None), (1000, 200, 12, 5)):
        pair = in_turn(assigned(count), assigned(smaller), rounds)
        note = f"{count / smaller:g} times as many disks"
        yield Figure(f"assign {count} disks : assign {smaller}", pair.ratio, limit, note=note)


def command() -> Iterator[Figure]:
    """The command as a process, against Python importing lxml; and with a hint, against without."""
    with tempfile.TemporaryDirectory() as folder:
        small, hinted = Path(folder, "small.xml"), Path(folder, "hinted.xml")
        small.write_text(virtio_disks(1))
        hinted.write_text(virtio_disks(1).replace("</name>", f"</name>{HINT}"))
        assign = [sys.executable, "-m", "devaddr_xml", "assign"]
        pair = processes_in_turn([*assign, str(small)], [sys.executable, "-c", "import lxml.etree"], 15)
        hints = processes_in_turn([*assign, str(hinted)], [*assign, str(small)], 15)
    for what, figure, limit in (
        ("process devaddr-xml assign : python -c 'import lxml.etree'", pair, 1.8),
        ("process devaddr-xml assign with a hint : without", hints, 1.15),
    ):
        note = f"{figure.first * 1000:.0f} ms : {figure.second * 1000:.0f} ms"
        yield Figure(what, figure.ratio, limit, note=note)


def memory() -> Iterator[Figure]:
    """The peak of a process that assigns, against one that has lxml parse the output."""
    for count in (200, 1000):
        with tempfile.TemporaryDirectory() as folder:
            given, output = Path(folder, "given.xml"), Path(folder, "output.xml")
            given.write_text(virtio_disks(count))
            output.write_text(assigned(count)().xml)
            policy = ', policy=devaddr_xml.Policy(overflow="pack")' if count > MOST_PORTS else ""
            ours, our_share = peak_memory(
                f"import devaddr_xml\ndevaddr_xml.assign(open({str(given)!r}, 'rb').read(){policy})"
            )
            theirs, _ = peak_memory(f"from lxml import etree\netree.fromstring(open({str(output)!r}, 'rb').read())")
        note = f"{ours / 1024:.1f} MiB : {theirs / 1024:.1f} MiB; {our_share / 1024:.1f} MiB of it since the import"
        yield Figure(f"peak memory of assign {count} disks : lxml parses the output", ours / theirs, 1.15, note=note)


def batch() -> Iterator[Figure]:
    """Documents of 20 devices that ``batch`` completes in a second with two processors to itself."""
    count, processors = 1500, 2
    with tempfile.TemporaryDirectory() as folder:
        given, output = Path(folder, "given"), Path(folder, "output")
        given.mkdir()
        for number in range(count):
            (given / f"guest-{number}.xml").write_text(virtio_disks(20, f"guest-{number}"))
        line = [sys.executable, "-m", "devaddr_xml", "batch", str(given), "--out", str(output), "--jobs", "2"]
        start = time.perf_counter()
        used = process_time(line)
        elapsed = time.perf_counter() - start
    note = f"{count / elapsed:.0f} on the wall, beside whatever else runs"
    rate = count / (used / processors)
    yield Figure("batch: documents of 20 disks in a second of 2 processors", rate, 300, low=False, note=note)


def against_libvirt(uri: str) -> Iterator[Figure]:
    """A live libvirtd that defines a domain and prints it, against assign."""
    try:
        import libvirt
    except ImportError:
        return
    libvirt.registerErrorHandler(lambda *_: None, None)
    try:
        connection = libvirt.open(uri)
    except libvirt.libvirtError:
        return
    for count, rounds in ((10, 60), (200, 20)):
        name = f"devaddr-xml-benchmark-{count}"
        xml = virtio_disks(count, name).replace("</name>", f"</name><uuid>{uuid.uuid5(NAMESPACE, name)}</uuid>")
        assign = assigned(count)

        def define(xml: str = xml) -> str:
            return connection.defineXML(xml).XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)

        try:
            pair = quickest_in_turn(define, assign, rounds)
        finally:
            connection.lookupByName(name).undefine()
        note = f"{pair.first * 1000:.1f} ms : {pair.second * 1000:.2f} ms"
        yield Figure(f"libvirtd defines and prints {count} disks : assign", pair.ratio, 10, low=False, note=note)
    connection.close()


def main() -> int:
    """Measure everything and print the table; with --check the exit code is 1 when a limit is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when a limit is not kept")
    parser.add_argument("--connect", default="qemu:///system", metavar="URI", help="the libvirtd to compare with")
    options = parser.parse_args()
    gc.collect()
    missed = False
    for group in (against_lxml(), growth(), command(), memory(), batch(), against_libvirt(options.connect)):
        for figure in group:
            print(figure, flush=True)
            missed = missed or not figure.kept
    return int(options.check and missed)


if __name__ == "__main__":
    sys.exit(main())
