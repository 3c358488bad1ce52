"""``devaddr-xml verify``: what a real libvirt and a real QEMU make of a domain."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from devaddr_xml.cli.documents import read_documents
from devaddr_xml.cli.failures import REFUSED
from devaddr_xml.cli.messages import tell_refusal
from devaddr_xml.cli.policy_options import policy_options
from devaddr_xml.cli.source import Document

if TYPE_CHECKING:
    from devaddr_xml.model.policy import Policy
    from devaddr_xml.probe.verify import DeviceVerdict, Verification

DEFAULT_URI = "qemu:///system"

#: Seconds that the firmware gets with --start; under emulation it numbers the buses in one or two.
FIRMWARE_SECONDS = 15.0

EXAMPLES = """\b
Examples:
  devaddr-xml verify guest.xml
  devaddr-xml verify --connect qemu+ssh://host/system --start guest.xml
  virsh dumpxml --inactive guest | devaddr-xml verify
"""


@click.command("verify", epilog=EXAMPLES)
@click.argument("file", default="-", metavar="[FILE|-]", type=click.Path(allow_dash=True))
@click.option("--connect", "uri", default=DEFAULT_URI, show_default=True, metavar="URI", help="The libvirt to ask.")
@click.option("--start", is_flag=True, help="Let the guest's firmware run, and look at the PCI addresses in the guest.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="The time that libvirt has to answer, without the time of the firmware.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@policy_options
def command(
    file: str,
    uri: str,
    start: bool,
    timeout: float,
    as_json: bool,
    policy: Policy | None,
) -> int:
    """Compare the places of devices in FILE with those that libvirt and QEMU give them.

    The domain gets its addresses as with assign. A paused copy of it starts under another name, without disks,
    networks and other resources of the host, and is then destroyed. Nothing of it stays on the host. The exit
    code is 0 if libvirt and QEMU have every device at its address and libvirt added nothing, else 1.
    """
    results = [_tried(document, policy, uri, start, timeout) for document in read_documents(file)]
    for found in results:
        if found is None:
            continue
        if as_json:
            _print_json(found)
        else:
            _print_table(found, start)
    return 0 if all(found is not None and found.agrees for found in results) else REFUSED


def _tried(document: Document, policy: Policy | None, uri: str, start: bool, timeout: float) -> Verification | None:
    """What the trial of a document showed; none when the document is refused, which is told."""
    from devaddr_xml.model.errors import DevaddrError, ProbeError
    from devaddr_xml.operations.verify import verify

    try:
        return verify(document.data, uri, policy, FIRMWARE_SECONDS if start else 0.0, timeout)
    except ProbeError:
        raise
    except DevaddrError as error:
        tell_refusal(document, error)
        return None


def _print_json(found: Verification) -> None:
    import msgspec

    sys.stdout.write(msgspec.json.format(msgspec.json.encode(found), indent=1).decode() + "\n")


def _print_table(found: Verification, with_guest: bool) -> None:
    header = ["", "device", "wanted", "libvirt", "QEMU", *(["in the guest"] if with_guest else [])]
    rows = [header, *(_row(device)[: len(header)] for device in found.devices)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    for addition in found.added:
        print(f"libvirt added {addition}")
    if found.refusal:
        print(f"QEMU did not start: {found.refusal}")
    wrong = sum(not device.agrees for device in found.devices)
    print(
        f"{_versions(found)}: {len(found.devices)} devices, {wrong} not as wanted, {len(found.added)} added by libvirt"
    )


def _row(device: DeviceVerdict) -> list[str]:
    """The cells of a device; a place that is the wanted one is shown as ``=``."""
    wanted = device.wanted or "-"
    stated = [("=" if place == device.wanted else place) if place else "-" for place in (device.libvirt, device.qemu)]
    name = f"{device.device} ({device.note})" if device.note else device.device
    guest = "lost" if device.lost else device.guest or "-"
    return ["ok" if device.agrees else "NO", name, wanted, *stated, guest]


def _versions(found: Verification) -> str:
    named = [("libvirt", found.libvirt_version), ("QEMU", found.qemu_version)]
    return ", ".join(f"{name} {'.'.join(map(str, version))}" for name, version in named if version)
