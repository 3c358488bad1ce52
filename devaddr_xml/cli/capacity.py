"""``devaddr-xml capacity``: how many places of each kind a domain has left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from devaddr_xml.cli.guests import load_plan
from devaddr_xml.cli.output import deliver
from devaddr_xml.cli.target_options import target_options
from devaddr_xml.operations.target import Target

if TYPE_CHECKING:
    from devaddr_xml.views.capacity import Capacity

EXAMPLES = """\b
Examples:
  devaddr-xml capacity guest.xml
  virsh dumpxml guest | devaddr-xml capacity --json
"""

NAMES = {
    "pcie-port": "PCIe ports",
    "pcie-integrated": "PCIe root complex slots",
    "pci-slot": "conventional PCI slots",
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
@target_options
def command(
    file: str,
    as_json: bool,
    target: Target,
) -> None:
    """Count the places of the domain in FILE: used, free, and free for hotplug.

    FILE is a domain, a snapshot or status file with a domain inside, or a neutral guest in JSON. A device without
    an address counts where it would go.
    """
    from devaddr_xml.views.capacity import capacity

    _, plan = load_plan(file, target, quiet=True)
    found = capacity(plan.guest)
    deliver((found.to_json() + "\n" if as_json else as_text(found)).encode(), None)


def as_text(found: Capacity) -> str:
    """The table for people."""
    rows = [["places", "of", "node", "used", "free", "hotpluggable"]]
    for room in found.rooms:
        node = "-" if room.node is None else str(room.node)
        where = "" if room.where == "all" else room.where
        rows.append([NAMES[room.kind], where, node, str(room.used), str(room.free), str(room.hotpluggable)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "".join(_line(row, widths) for row in rows)


def _line(row: list[str], widths: list[int]) -> str:
    """Words to the left, numbers to the right."""
    cells = [
        cell.ljust(width) if column < 2 else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip() + "\n"
