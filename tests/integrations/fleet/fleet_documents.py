"""Documents for batches: skeletons of a few devices, and what is not one."""

from __future__ import annotations

import hashlib
from pathlib import Path

from devaddr_xml import assign

BAD = b"<domain>\n<devices>"


def document(number: int, disks: int = 2) -> bytes:
    """A small skeleton; each number has another one."""
    devices = "".join(
        f"<disk type='file' device='disk'><source file='/{number}/{disk}'/>"
        f"<target dev='vd{chr(97 + disk)}' bus='virtio'/></disk>"
        for disk in range(disks)
    )
    return (
        f"<domain type='kvm'>\n  <name>guest-{number}</name>\n  <memory unit='GiB'>2</memory>\n"
        f"  <os><type arch='x86_64' machine='q35'>hvm</type></os>\n  <devices>{devices}</devices>\n</domain>\n"
    ).encode()


def result(number: int) -> bytes:
    return assign(document(number)).xml.encode()


def write_folder(folder: Path, count: int) -> Path:
    """A folder with documents, some of them further down."""
    for number in range(count):
        path = folder / f"site-{number % 3}" / f"{number}.xml" if number % 2 else folder / f"{number}.xml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(document(number))
    return folder


def contents(folder: Path) -> dict[str, str]:
    """Every file below a folder, by name, with the hash of its content."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".devaddr-xml-batch")
    }


def expected(source: Path) -> dict[str, str]:
    """What a batch over a folder must give."""
    return {
        str(path.relative_to(source)): hashlib.sha256(assign(path.read_bytes()).xml.encode()).hexdigest()
        for path in sorted(source.rglob("*.xml"))
    }
