"""From the document to the neutral guest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from devaddr_xml.domxml.addresses import is_spelled, read_address, usual_pci
from devaddr_xml.domxml.devices import LAYOUTS, device_nodes
from devaddr_xml.domxml.document import Document, Node
from devaddr_xml.domxml.element_map import Branch, Field, Layout
from devaddr_xml.domxml.faults import invalid_value
from devaddr_xml.domxml.host_source import IDENTITIES
from devaddr_xml.domxml.values import decimal, kibibytes, number_set, on_off
from devaddr_xml.model.device import AnyDevice
from devaddr_xml.model.errors import DocumentError
from devaddr_xml.model.guest import Guest, MemNode, NumaCell, VcpuPin

_MAX_VCPUS = 0xFFFF
#: The most members that all sets of CPUs, or of nodes, have together: more than 1000 CPUs, each pinned to 1000.
_MAX_MEMBERS = 1 << 20
#: The most characters in which they are written.
_MAX_WRITTEN = 3_000_000


def read(document: Document) -> Guest:
    """The guest that the document describes, with its hints.

    Raises ValueInvalid for values that their place does not allow, HintError for hints that are none.
    """
    guest = read_unhinted(document)
    if document.hinted:
        from devaddr_xml.domxml.hints import read_hints

        read_hints(document, guest)
    return guest


def read_unhinted(document: Document) -> Guest:
    """The guest that the document describes, without policy and hints; raises ValueInvalid."""
    guest = Guest(virt_type=document.root.attributes.get("type", "kvm"))
    seen: set[str] = set()
    for child in document.root.children:
        reader = _PARTS.get(child.tag)
        if reader is not None and child.tag not in seen:
            seen.add(child.tag)
            reader(document, child, guest)
    guest.devices = read_devices(document)
    if document.has_qemu_elements:
        from devaddr_xml.domxml.foreign import foreign_devices

        guest.foreign = foreign_devices(document)
    return guest


def read_devices(document: Document) -> list[AnyDevice]:
    """The devices of the document, in its order."""
    document.dropped.clear()
    document.respelled.clear()
    text = document.text
    line, counted = 1, 0
    found: list[AnyDevice] = []
    for node in device_nodes(document):
        line += text.count("\n", counted, node.start)
        counted = node.start
        found.append(_read_device(document, node, LAYOUTS[node.tag], line))
    return found


def _read_device(document: Document, node: Node, layout: Layout, line: int) -> AnyDevice:
    """One device."""
    values: dict[str, Any] = {"line": line}
    respelled: set[str] = set()
    _fill(document, node, layout.branch, values, respelled)
    address = node.first("address")
    if address is not None:
        if address is not node.children[-1]:
            document.dropped += [one for one in node.children if one.tag == "address" and one is not address]
        if _no_address(node.tag, values):
            document.dropped.append(address)
        else:
            place = values["address"] = usual_pci(address)
            if place is None:
                given = values["address"] = read_address(document, address)
                if given is not None and not is_spelled(address, given):
                    respelled.add("address")
    if node.tag == "controller" and "master_startport" not in values and node.first("master") is not None:
        values["master_startport"] = 0
    identity = IDENTITIES.get(node.tag)
    if identity is not None:
        identity(document, node, values)
    for name in layout.required:
        if values.get(name) is None:
            raise _missing(document, node, layout, name)
    for name in layout.printed:
        if name not in values:
            respelled.add(name)
    if respelled:
        document.respelled[node.start] = respelled
    device: AnyDevice = layout.device(**values)  # type: ignore[assignment]
    return device


def _no_address(tag: str, values: dict[str, Any]) -> bool:
    """Whether libvirt ignores the address of such a device: its element only turns it off."""
    if values.get("model") != "none":
        return False
    return tag == "memballoon" or (tag == "controller" and values.get("type") == "usb")


def _fill(document: Document, node: Node, branch: Branch, values: dict[str, Any], respelled: set[str]) -> None:
    """Read the fields of one element and those below it; the first occurrence of each counts.

    respelled: takes the names of fields that libvirt would print in another spelling.
    """
    attributes = node.attributes
    for attribute, field in branch.attributes:
        text = attributes.get(attribute)
        if text is not None and field.name not in values:
            if field.read is None:
                values[field.name] = text
            else:
                value = values[field.name] = _converted(document, node, attribute, text, field)
                if value != text and _is_respelled(field, value, text):
                    respelled.add(field.name)
    if branch.presence is not None:
        values[branch.presence.name] = True
    if branch.text is not None and branch.text.name not in values:
        text = document.content(node)
        value = values[branch.text.name] = _converted(document, node, None, text, branch.text)
        if value != text and _is_respelled(branch.text, value, text):
            respelled.add(branch.text.name)
    branches = branch.children
    if branches:
        for child in node.children:
            inner = branches.get(child.tag)
            if inner is not None:
                _fill(document, child, inner, values, respelled)


def _is_respelled(field: Field, value: Any, text: str) -> bool:
    """Whether libvirt prints a value that the document writes as ``text`` in another way."""
    return field.written and value is not None and field.show(value) != text


def _converted(document: Document, node: Node, attribute: str | None, text: str, field: Field) -> Any:
    """The value of a field from its text."""
    try:
        if field.sized:
            return kibibytes(text, node.attributes.get("unit"))
        return text if field.read is None else field.read(text)
    except ValueError as error:
        raise invalid_value(document, node, attribute, text, str(error)) from error


def _missing(document: Document, node: Node, layout: Layout, name: str) -> Exception:
    """The error for a device without something that it must have."""
    field = next(field for field in layout.fields if field.name == name)
    *inner, last = field.path.split("/")
    for tag in inner:
        node = node.first(tag) or node
    return invalid_value(
        document, node, last.removeprefix("@"), None, f"the {name.replace('_', ' ')} of the {layout.tag}"
    )


def _number(document: Document, node: Node, attribute: str, default: int | None = None) -> int:
    """A decimal attribute; an error where it is absent and there is no default."""
    text = node.attributes.get(attribute)
    if text is None:
        if default is None:
            raise invalid_value(document, node, attribute, None, "a number")
        return default
    try:
        return decimal(text)
    except ValueError as error:
        raise invalid_value(document, node, attribute, text, str(error)) from error


def _sets(document: Document, nodes: list[Node], attribute: str) -> list[tuple[int, ...]]:
    """A set of numbers in an attribute of each element; empty where it is absent."""
    found: list[tuple[int, ...]] = []
    members = written = 0
    for node in nodes:
        text = node.attributes.get(attribute, "")
        written += len(text)
        try:
            found.append(number_set(text) if text else ())
        except ValueError as error:
            raise invalid_value(document, node, attribute, text, str(error)) from error
        members += len(found[-1])
        if members > _MAX_MEMBERS or written > _MAX_WRITTEN:
            message = f"the sets of numbers in <{node.tag}> elements are larger than any guest needs"
            raise DocumentError(message, line=document.line(node))
    return found


def _size(document: Document, node: Node) -> int:
    """The size that an element's text and unit say."""
    text = document.content(node)
    try:
        return kibibytes(text, node.attributes.get("unit"))
    except ValueError as error:
        raise invalid_value(document, node, None, text, str(error)) from error


def _read_name(document: Document, node: Node, guest: Guest) -> None:
    guest.name = document.content(node) or None


def _read_memory(document: Document, node: Node, guest: Guest) -> None:
    guest.memory = _size(document, node)


def _read_max_memory(document: Document, node: Node, guest: Guest) -> None:
    guest.max_memory = _size(document, node)
    guest.memory_slots = _number(document, node, "slots", 0)


def _read_vcpu(document: Document, node: Node, guest: Guest) -> None:
    text = document.content(node)
    if not text:
        return
    try:
        guest.vcpus = decimal(text, 1, _MAX_VCPUS)
    except ValueError as error:
        raise invalid_value(document, node, None, text, str(error)) from error


def _read_os(document: Document, node: Node, guest: Guest) -> None:
    kind = node.first("type")
    if kind is not None:
        guest.os_type = document.content(kind) or guest.os_type
        guest.arch = kind.attributes.get("arch")
        guest.machine = kind.attributes.get("machine")
    loader = node.first("loader")
    flash = loader is not None and loader.attributes.get("type") == "pflash"
    guest.uefi = flash or node.attributes.get("firmware") == "efi"


def _read_features(document: Document, node: Node, guest: Guest) -> None:
    guest.acpi = node.first("acpi") is not None
    ps2 = node.first("ps2")
    if ps2 is not None:
        text = ps2.attributes.get("state")
        try:
            guest.ps2 = on_off(text or "")
        except ValueError as error:
            raise invalid_value(document, ps2, "state", text, str(error)) from error


def _read_address_bits(cpu: Node, guest: Guest) -> None:
    """How wide a physical address of the guest is, as far as the CPU says it."""
    width = cpu.first("maxphysaddr")
    if width is not None:
        guest.host_phys_bits = width.attributes.get("mode") == "passthrough"
        bits = width.attributes.get("bits") or width.attributes.get("limit") or ""
        guest.phys_bits = int(bits) if bits.isascii() and bits.isdigit() and len(bits) < 3 else None


#: Modes of a CPU that is the host's.
_CPUS_OF_HOST = ("host-passthrough", "maximum")


def _read_cpu(document: Document, node: Node, guest: Guest) -> None:
    _read_address_bits(node, guest)
    guest.host_cpu = node.attributes.get("mode") in _CPUS_OF_HOST
    numa = node.first("numa")
    if numa is None:
        return
    cells = []
    nodes = [child for child in numa.children if child.tag == "cell"]
    for position, (cell, cpus) in enumerate(zip(nodes, _sets(document, nodes, "cpus"), strict=True)):
        memory = 0
        if (text := cell.attributes.get("memory")) is not None:
            try:
                memory = kibibytes(text, cell.attributes.get("unit"))
            except ValueError as error:
                raise invalid_value(document, cell, "memory", text, str(error)) from error
        number = _number(document, cell, "id", position)
        cells.append(NumaCell(id=number, memory=memory, cpus=cpus))
    guest.cells = tuple(sorted(cells, key=lambda cell: cell.id))


def _read_numatune(document: Document, node: Node, guest: Guest) -> None:
    nodes = [child for child in node.children if child.tag == "memnode"]
    sets = zip(nodes, _sets(document, nodes, "nodeset"), strict=True)
    found = [MemNode(cell=_number(document, child, "cellid"), nodes=hosts) for child, hosts in sets]
    guest.memnodes = tuple(found)


def _read_cputune(document: Document, node: Node, guest: Guest) -> None:
    nodes = [child for child in node.children if child.tag == "vcpupin"]
    sets = zip(nodes, _sets(document, nodes, "cpuset"), strict=True)
    found = [VcpuPin(vcpu=_number(document, child, "vcpu"), cpus=cpus) for child, cpus in sets]
    guest.vcpu_pins = tuple(found)


def _read_emulator(document: Document, node: Node, guest: Guest) -> None:
    emulator = node.first("emulator")
    if emulator is not None:
        guest.emulator = document.content(emulator) or None


#: What reads the parts of a domain that have a say in where devices go, by element.
_PARTS: dict[str, Callable[[Document, Node, Guest], None]] = {
    "name": _read_name,
    "memory": _read_memory,
    "maxMemory": _read_max_memory,
    "vcpu": _read_vcpu,
    "os": _read_os,
    "features": _read_features,
    "cpu": _read_cpu,
    "numatune": _read_numatune,
    "cputune": _read_cputune,
    "devices": _read_emulator,
}
