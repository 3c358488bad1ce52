"""``devaddr-xml capacity``: how many places of each kind a domain has left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import click

from devaddr_xml.cli.colour import colour_option, painted
from devaddr_xml.cli.guests import load_plan
from devaddr_xml.cli.output import deliver
from devaddr_xml.cli.page import page_width
from devaddr_xml.cli.target_options import target_options
from devaddr_xml.operations.target import Target

if TYPE_CHECKING:
    from devaddr_xml.views.capacity import Capacity, Room

EXAMPLES = """\b
Examples:
  devaddr-xml capacity guest.xml
  virsh dumpxml guest | devaddr-xml capacity --json
"""

NAMES = {
    "pcie-port": "PCIe ports",
    "pcie-integrated": "PCIe root complex slots",
    "pci-slot": "conventional PCI slots",
    "pci-function": "PCI functions",
    "scsi-unit": "SCSI units",
    "sata-unit": "SATA units",
    "nvme-namespace": "NVMe namespaces",
    "ide-unit": "IDE units",
    "fdc-unit": "floppy units",
    "usb-port": "USB ports",
    "virtio-serial-port": "virtio-serial ports",
    "ccid-slot": "smartcard slots",
    "ccw-device": "channel device numbers",
    "memory-slot": "memory slots",
}


@click.command("capacity", epilog=EXAMPLES)
@click.argument("file", default="-", type=click.Path(allow_dash=True))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@colour_option
@target_options
def command(
    file: str,
    as_json: bool,
    colour: bool,
    target: Target,
) -> None:
    """Count the places of the domain in FILE: used, free, and free for hotplug.

    FILE is a domain, a snapshot or status file with a domain inside, or a neutral guest in JSON. A device without
    an address counts where it would go.
    """
    from devaddr_xml.views.capacity import capacity

    _, plan = load_plan(file, target, quiet=True)
    found = capacity(plan.guest)
    text = found.to_json() + "\n" if as_json else _headed(as_text(found, page_width()), colour)
    deliver(text.encode(), None)


def as_text(found: Capacity, width: int | None = None) -> str:
    """The table for people; width: columns to fit into. Rows that differ in their controller alone are one row."""
    rows = [["places", "of", "node", "used", "free", "hotpluggable"]]
    for alike in _alike(found.rooms):
        room = alike[0]
        node = "-" if room.node is None else str(room.node)
        rows.append([NAMES[room.kind], _where(alike), node, str(room.used), str(room.free), str(room.hotpluggable)])
    table = _table(rows, "  ")
    return table if width is None or max(map(len, table.splitlines())) <= width else _table(_narrow(rows), " ")


def _headed(text: str, colour: bool) -> str:
    """The table with its first row in bold."""
    head, _, rows = text.partition("\n")
    return f"{painted(head, 'bold', colour)}\n{rows}"


def _alike(rooms: Sequence[Room]) -> Iterator[list[Room]]:
    """The rooms, those together that follow each other and differ in their controller alone."""
    for _, group in groupby(rooms, lambda room: (room.kind, room.node, room.used, room.free, room.hotpluggable)):
        yield list(group)


def _where(alike: Sequence[Room]) -> str:
    """The controllers of rooms that are alike: one, or the first and the last and how many they are."""
    first, last = alike[0].where, alike[-1].where
    if len(alike) == 1:
        return "" if first == "all" else first
    return f"{first}-{last.rpartition('.')[2]} each"


def _narrow(rows: list[list[str]]) -> list[list[str]]:
    """The table in fewer columns: shorter words, and no nodes where there are none."""
    short = [[_SHORT.get(cell, cell) for cell in row] for row in rows]
    if all(row[_NODE] == "-" for row in short[1:]):
        short = [row[:_NODE] + row[_NODE + 1 :] for row in short]
    return short


_NODE = 2
#: Words of the table where the page is narrow.
_SHORT = {
    "hotpluggable": "hotplug",
    "PCIe root complex slots": "root complex slots",
    "channel device numbers": "CCW numbers",
}


def _table(rows: list[list[str]], gap: str) -> str:
    """Words to the left, numbers to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "".join(
        gap.join(
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        + "\n"
        for row in rows
    )
