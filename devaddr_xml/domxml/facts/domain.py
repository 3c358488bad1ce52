"""Facts about what is beside the devices: boot devices, I/O threads, NUMA cells, and what a domain must have."""

from __future__ import annotations

from collections.abc import Iterator

from devaddr_xml.domxml.document import Document, Node
from devaddr_xml.domxml.facts.fact import value_at
from devaddr_xml.domxml.faults import shown
from devaddr_xml.domxml.values import decimal, number_set
from devaddr_xml.model.errors import DevaddrError, ValueInvalid
from devaddr_xml.model.nearest import suggested
from devaddr_xml.model.notice import Notice

_BOOT = ("hd", "cdrom", "fd", "network")
#: Names that people have for boot devices.
_BOOT_NAMES = {
    "disk": "hd",
    "hdd": "hd",
    "cd": "cdrom",
    "dvd": "cdrom",
    "floppy": "fd",
    "net": "network",
    "pxe": "network",
}


def unsound_parts(document: Document) -> Iterator[DevaddrError]:
    """Every refusal of a part of the domain that is no device."""
    yield from _boot_devices(document)
    yield from _iothreads(document)
    yield from _cells(document)


def missing_parts(document: Document) -> Iterator[Notice]:
    """Warnings about what libvirt refuses a domain without, and the layout depends on."""
    root = document.root
    if "type" not in root.attributes:
        message = "the domain has no type: libvirt refuses it; the layout is that of type kvm"
        yield Notice(message, None, document.line(root), "Write <domain type='kvm'>")
    if value_at(root, "os/type") is None:
        message = "the domain has no <os> with a <type>: libvirt refuses it; the layout is for the default machine"
        remedy = "Add <os><type arch='x86_64' machine='q35'>hvm</type></os>"
        yield Notice(message, None, document.line(root), remedy)


def unnamed_parts(document: Document) -> Iterator[Notice]:
    """Warnings about what libvirt refuses a domain without, and no address depends on: a skeleton may do without."""
    root = document.root
    whole = document.line(root)
    if not (value_at(root, "name") and document.content(root.first("name") or root).strip()):
        yield Notice("the domain has no <name>: libvirt refuses it", None, whole, "Add <name>...</name>")
    if root.first("memory") is None and not _cell_nodes(document):
        remedy = "Add <memory unit='GiB'>...</memory>"
        yield Notice("the domain has no <memory>: libvirt refuses it", None, whole, remedy)


def _boot_devices(document: Document) -> Iterator[DevaddrError]:
    system = document.root.first("os")
    for node in system.children if system is not None else ():
        device = node.attributes.get("dev")
        if node.tag == "boot" and device is not None and device not in _BOOT:
            yield ValueInvalid(
                f"dev={shown(device)} in <boot> is not one of {', '.join(_BOOT)}",
                line=document.line(node),
                remedy=suggested(device, _BOOT, "Use", _BOOT_NAMES),
            )


def _iothreads(document: Document) -> Iterator[DevaddrError]:
    node = document.root.first("iothreads")
    if node is None or not (text := document.content(node)):
        return
    try:
        decimal(text)
    except ValueError as error:
        yield ValueInvalid(
            f"<iothreads> is {shown(text)}: expected {error}",
            line=document.line(node),
            remedy="Write the number of I/O threads",
        )


def _cells(document: Document) -> Iterator[DevaddrError]:
    """Cells with the same id, ids with a gap, and vCPUs in two cells."""
    cells = _cell_nodes(document)
    by_id: dict[int, Node] = {}
    owners: dict[int, int] = {}
    for position, node in enumerate(cells):
        number, cpus = _cell(node, position)
        if number is None:
            return  # the reader says what is wrong
        if number in by_id:
            yield ValueInvalid(
                f"two NUMA cells have the id {number}",
                line=document.line(node),
                remedy=f"Give each <cell> its own id, from 0 to {len(cells) - 1}",
            )
            return
        by_id[number] = node
        shared = next((cpu for cpu in cpus if owners.setdefault(cpu, number) != number), None)
        if shared is not None:
            yield ValueInvalid(
                f"vCPU {shared} is in NUMA cells {owners[shared]} and {number}",
                line=document.line(node),
                remedy="Put each vCPU into one cell",
            )
    last = max(by_id, default=0)
    if by_id and last >= len(by_id):
        yield ValueInvalid(
            f"NUMA cell {last} is there, and there are {len(by_id)} cells: their ids have a gap",
            line=document.line(by_id[last]),
            remedy=f"Number the cells from 0 to {len(by_id) - 1}",
        )


def _cell_nodes(document: Document) -> list[Node]:
    cpu = document.root.first("cpu")
    numa = cpu.first("numa") if cpu is not None else None
    return [node for node in numa.children if node.tag == "cell"] if numa is not None else []


def _cell(node: Node, position: int) -> tuple[int | None, tuple[int, ...]]:
    try:
        return decimal(node.attributes.get("id", str(position))), number_set(node.attributes.get("cpus") or "^0")
    except ValueError:
        return None, ()
