"""From a neutral guest to a domain document: into a template, or made from nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from devaddr_xml.domxml.back_ends import back_end
from devaddr_xml.domxml.devices import LAYOUTS
from devaddr_xml.domxml.document import parse
from devaddr_xml.domxml.elements import Copied, Element, New, Style, attribute_text, children_text, closed, escaped
from devaddr_xml.domxml.insert import CLASS_ORDER
from devaddr_xml.domxml.new_elements import NewAddress, NewBranch
from devaddr_xml.domxml.reader import read
from devaddr_xml.domxml.writer import write
from devaddr_xml.model.device import AnyDevice, Controller, Device
from devaddr_xml.model.errors import ValueInvalid
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.naming import label, preferred_references, reference_key, references
from devaddr_xml.model.policy import NO_POLICY, DeviceHints

STYLE = Style("'", "  ")

#: The memory in KiB of a guest that says nothing of it; libvirt takes no domain without.
PLACEHOLDER_MEMORY = 1024 * 1024


def render(guest: Guest, template: str | bytes | None = None) -> str:
    """The guest as a domain document.

    template: a domain whose devices are those of the guest, which gets the guest's models, addresses, controllers and
    hints and stays as it is otherwise. Without it the document is made up: what the model does not hold (files,
    networks and other back ends) has placeholders, and so has memory that it does not
    state. Raises DevaddrError when the template cannot be read, or has a
    device that the guest has not.
    """
    guest = _with_hints_in_policy(guest)
    if template is not None:
        document = parse(template)
        before = read(document)
        return write(document, before, guest, _aligned(before, guest))
    document = parse(_made_up(guest))
    before = read(document)
    return write(document, before, guest, _printed_order(guest))


def _with_hints_in_policy(guest: Guest) -> Guest:
    """The guest with the hints of its devices in its policy, where a document keeps them."""
    policy = guest.policy or NO_POLICY
    table = references(guest.devices)
    known = {id(device) for hints in policy.devices for device in table.get(reference_key(hints.ref), ())}
    names = preferred_references(guest.devices)
    new = [
        DeviceHints(ref=names[id(device)], **msgspec.structs.asdict(device.hints))
        for device in guest.devices
        if device.hints is not None and id(device) not in known
    ]
    if not new:
        return guest
    policy = msgspec.structs.replace(policy, devices=(*policy.devices, *new))
    return msgspec.structs.replace(guest, policy=policy)


def _aligned(template: Guest, guest: Guest) -> list[AnyDevice]:
    """The devices of ``guest`` in the order of the template's, then the others.

    When the guest was read from the template, its devices that have a line are those of the template. Otherwise a
    device of the template is the one with the same name, else the next one of its kind and sort, else of its kind.
    """
    read = [device for device in guest.devices if device.line is not None]
    if len(read) == len(template.devices) and all(map(_agree, template.devices, read)):
        return [*read, *(device for device in guest.devices if device.line is None)]
    taken: set[int] = set()
    found: dict[int, AnyDevice] = {}
    for keys in (_names, _sort, _kind):
        queues: dict[tuple[str, str | None], list[AnyDevice]] = {}
        for device in reversed(guest.devices):
            for key in keys(device):
                queues.setdefault(key, []).append(device)
        for device in template.devices:
            if id(device) in found:
                continue
            for key in keys(device):
                other = _next(queues.get(key, []), taken)
                if other is not None:
                    found[id(device)] = other
                    break
    for device in template.devices:
        if id(device) not in found:
            raise ValueInvalid(
                "the template has it, but the guest does not",
                device=label(device),
                line=device.line,
                remedy="Remove it from the template, or render the guest that was made from this template",
            )
    rest = [device for device in guest.devices if id(device) not in taken]
    return [*(found[id(device)] for device in template.devices), *rest]


def _agree(one: Device, other: Device) -> bool:
    """Whether nothing speaks against two devices being the same."""
    names = set(_names(one))
    return one.kind == other.kind and one.line == other.line and (not names or not names.isdisjoint(_names(other)))


def _next(queue: list[AnyDevice], taken: set[int]) -> AnyDevice | None:
    """Take the first device of a queue (its end) that nobody has."""
    while queue:
        device = queue.pop()
        if id(device) not in taken:
            taken.add(id(device))
            return device
    return None


def _names(device: Device) -> Iterator[tuple[str, str | None]]:
    """What identifies a device of its kind; a controller with companions also by its model."""
    if device.alias:
        yield device.kind, device.alias
    name = getattr(device, "mac", None) or getattr(device, "target", None)
    source = getattr(device, "source", None)
    if isinstance(device, Controller):
        if device.index is None:
            return
        name = f"{device.type}.{device.index}"
        yield device.kind, f"{name} {device.model}"
    if name is None and source is not None:
        name = source.uuid or source.key or str(source.pci)
    if name:
        yield device.kind, name.lower()


def _sort(device: Device) -> Iterator[tuple[str, str | None]]:
    """What sort among its kind a device is."""
    yield device.kind, getattr(device, "target_type", None) or getattr(device, "type", None) or device.model


def _kind(device: Device) -> Iterator[tuple[str, str | None]]:
    yield device.kind, device.type if isinstance(device, Controller) else None


def _printed_order(guest: Guest) -> list[AnyDevice]:
    """The devices in the order of their classes in what libvirt prints."""
    ranks = {tag: rank for rank, tag in enumerate(CLASS_ORDER)}
    return sorted(guest.devices, key=lambda device: ranks[device.kind])


class _Made(NamedTuple):
    """The element of a device, with a back end that nobody named."""

    device: Device
    number: int

    @property
    def tag(self) -> str:
        """The name of the element."""
        return self.device.kind

    def text(self, break_: str, style: Style) -> str:
        """The element, with its children in libvirt's order."""
        device = self.device
        layout = LAYOUTS[device.kind]
        values = layout.written(device)
        behind = back_end(device, self.number)
        own = {attribute: values[field.name] for attribute, field in layout.branch.attributes if field.name in values}
        made = {child.tag for child in behind.children}
        children: list[New] = [
            *behind.children,
            *(NewBranch(tag, branch, values) for tag, branch in layout.branch.present(values) if tag not in made),
        ]
        if device.address is not None:
            children.append(NewAddress(device.address))
        children.sort(key=lambda child: layout.order.get(child.tag, -1))
        start = f"<{self.tag}{attribute_text({**own, **behind.attributes}, style.quote)}"
        return closed(start, self.tag, children_text(children, break_, style), break_)


def _made_up(guest: Guest) -> str:
    """The guest as a document without its hints."""
    numbers: dict[str, int] = {}
    devices: list[New] = []
    if guest.emulator:
        devices.append(_text("emulator", guest.emulator))
    for device in _printed_order(guest):
        numbers[device.kind] = number = numbers.get(device.kind, 0) + 1
        devices.append(_Made(device, number))
    children = (*_head(guest), Element("devices", {}, tuple(devices)))
    root = Element("domain", {"type": escaped(guest.virt_type)}, children)
    return _ordinary(root.text("\n", STYLE)) + "\n"


def _cells_memory(guest: Guest) -> int:
    """The memory of all NUMA cells, in KiB."""
    return sum(cell.memory for cell in guest.cells)


def _head(guest: Guest) -> Iterator[New]:
    """Everything of a domain before its devices."""
    yield _text("name", guest.name or "guest")
    if guest.max_memory is not None:
        slots = {"slots": str(guest.memory_slots)} if guest.memory_slots else {}
        yield _text("maxMemory", str(guest.max_memory), {**slots, "unit": "KiB"})
    yield _text("memory", str(guest.memory or _cells_memory(guest) or PLACEHOLDER_MEMORY), {"unit": "KiB"})
    yield _text("vcpu", str(guest.vcpus))
    if any(isinstance(device, Controller) and device.has_iothread for device in guest.devices):
        yield _text("iothreads", "1")
    if guest.vcpu_pins:
        pins = [Element("vcpupin", {"vcpu": str(pin.vcpu), "cpuset": _set(pin.cpus)}) for pin in guest.vcpu_pins]
        yield Element("cputune", {}, tuple(pins))
    if guest.memnodes:
        nodes = [
            Element("memnode", {"cellid": str(node.cell), "mode": "strict", "nodeset": _set(node.nodes)})
            for node in guest.memnodes
        ]
        yield Element("numatune", {}, tuple(nodes))
    machine = {name: escaped(value) for name, value in (("arch", guest.arch), ("machine", guest.machine)) if value}
    yield Element("os", {}, (_text("type", guest.os_type, machine),))
    features: list[New] = [Element("acpi")] if guest.acpi else []
    if guest.ps2 is not None:
        features.append(Element("ps2", {"state": "on" if guest.ps2 else "off"}))
    if features:
        yield Element("features", {}, tuple(features))
    if guest.cells:
        yield Element("cpu", {}, (Element("numa", {}, tuple(_cells(guest))),))


def _cells(guest: Guest) -> Iterator[Element]:
    for cell in guest.cells:
        cpus = {"cpus": _set(cell.cpus)} if cell.cpus else {}
        yield Element("cell", {"id": str(cell.id), **cpus, "memory": str(cell.memory), "unit": "KiB"})


def _set(numbers: Sequence[int]) -> str:
    return ",".join(map(str, numbers))


def _text(tag: str, content: str, attributes: dict[str, str] | None = None) -> Copied:
    return Copied(tag, f"<{tag}{attribute_text(attributes or {}, STYLE.quote)}>{escaped(content)}</{tag}>")


def _ordinary(text: str) -> str:
    """Text in the characters of a document as ordinary text."""
    return text if text.isascii() else text.encode("latin-1").decode()
