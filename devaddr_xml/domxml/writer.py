"""From the plan back into the document: only what changed is written, everything else stays to the byte."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from types import MappingProxyType

from devaddr_xml.domxml.addresses import ADDRESS_ATTRIBUTES, address_spelling, zpci_spelling
from devaddr_xml.domxml.devices import LAYOUTS, device_nodes
from devaddr_xml.domxml.document import Document, Node
from devaddr_xml.domxml.element_map import Branch
from devaddr_xml.domxml.elements import Element, New
from devaddr_xml.domxml.insert import insert_devices
from devaddr_xml.domxml.new_elements import NewAddress, NewBranch, hole_of
from devaddr_xml.domxml.splice import Splicer
from devaddr_xml.model.device import AnyDevice, Controller, Device, Video
from devaddr_xml.model.guest import Guest, NumaCell
from devaddr_xml.model.naming import references
from devaddr_xml.model.policy import NO_POLICY

NOTHING: Mapping[int, New] = MappingProxyType({})


def write(
    document: Document,
    before: Guest,
    after: Guest,
    devices: Sequence[AnyDevice],
    *,
    arrivals: Mapping[int, New] = NOTHING,
    leaving: Set[int] = frozenset(),
    owners: Mapping[str, Device | None] | None = None,
) -> str:
    """The document with what ``after`` has and ``before`` had not.

    before: the guest that was read from the document; devices: those of ``after``, the given ones first and in the
    same order, then the added ones. arrivals: elements of added devices that there are already, by ``id()`` of the
    device. leaving: positions, from 0, of the devices of ``before`` that are not in ``devices``, and go.
    owners: where devices have other references now, the device of which each reference in the policy speaks, and none
    for one that goes.
    """
    splicer = Splicer(document)
    if before.cells and len(after.cells) > len(before.cells):
        _write_cells(splicer, after.cells[len(before.cells) :])
    nodes, old_devices = device_nodes(document), before.devices
    gone = [node for position, node in enumerate(nodes) if position in leaving]
    if gone:
        nodes = [node for position, node in enumerate(nodes) if position not in leaving]
        old_devices = [device for position, device in enumerate(old_devices) if position not in leaving]
    for node in [*gone, *(node for node in document.dropped if all(node not in one.children for one in gone))]:
        splicer.remove(node)
    respelled = document.respelled
    for node, old, new in zip(nodes, old_devices, devices):  # noqa: B905
        if old != new or node.start in respelled:
            write_device(splicer, node, old, new, respelled.get(node.start, frozenset()))
    if len(devices) > len(nodes):
        insert_devices(splicer, nodes, old_devices, devices[len(nodes) :], arrivals)
    if document.hinted or (after.policy is not None and after.policy != NO_POLICY):
        from devaddr_xml.domxml.policy_writer import write_hints

        if gone and owners is None:
            owners = _entry_owners(before, devices, leaving)
        write_hints(splicer, nodes, after, owners)
    _lead_with_primary_video(splicer, nodes, devices)
    return splicer.result()


def _write_cells(splicer: Splicer, cells: Sequence[NumaCell]) -> None:
    """Write guest NUMA cells behind those that the document has."""
    cpu = splicer.document.root.first("cpu")
    numa = cpu.first("numa") if cpu is not None else None
    last = [node for node in numa.children if node.tag == "cell"][-1:] if numa is not None else []
    attributes = [{"id": str(cell.id), "memory": str(cell.memory), "unit": "KiB"} for cell in cells]
    if last:
        splicer.insert_after(last[0], [Element("cell", each) for each in attributes])


def _entry_owners(before: Guest, devices: Sequence[AnyDevice], leaving: Set[int]) -> dict[str, Device | None]:
    """The device of which each reference of the policy speaks; none for one that goes."""
    staying = iter(devices)
    now = {id(old): None if position in leaving else next(staying) for position, old in enumerate(before.devices)}
    return {ref: now[id(named[0])] for ref, named in references(before.devices).items() if len(named) == 1}


def _lead_with_primary_video(splicer: Splicer, nodes: list[Node], devices: Sequence[Device]) -> None:
    """Put the primary video device before the others, since the order of video devices has a meaning."""
    videos = [(node, device) for node, device in zip(nodes, devices) if isinstance(device, Video)]  # noqa: B905
    for node, device in videos[1:]:
        if device.primary and not videos[0][1].primary:
            splicer.move_before(node, videos[0][0])
            return


def write_device(splicer: Splicer, node: Node, old: Device, new: Device, respelled: Set[str]) -> None:
    """Write what changed in one device, and what libvirt spells in another way."""
    layout = LAYOUTS[node.tag]
    children: list[New] = []
    if isinstance(new, Controller) and isinstance(old, Controller) and new.pcihole64 != old.pcihole64:
        children += _write_hole(splicer, node, new)
    changed = layout.changed(old, new)
    if respelled:
        changed |= respelled - {"address"}
    if changed:
        children += _write_fields(splicer, node, layout.branch, changed, new)
    if old.address != new.address or "address" in respelled:
        children += _write_address(splicer, node, new)
    if children:
        splicer.insert_children(node, children, layout.order)


def _write_hole(splicer: Splicer, node: Node, new: Controller) -> list[New]:
    """Change the 64-bit hole of a PCI root; returns the element to be inserted where there is none."""
    given = node.first("pcihole64")
    if given is None:
        return [hole_of(new)]
    splicer.replace_element(given, hole_of(new))
    return []


def _write_address(splicer: Splicer, node: Node, new: Device) -> list[New]:
    """Change or remove the address that a device has; returns the one to be inserted where it has none."""
    given = node.first("address")
    if new.address is None:
        if given is not None:
            splicer.remove(given)
        return []
    if given is None:
        return [NewAddress(new.address)]
    spelled = address_spelling(new.address)
    if given.attributes.get("type") != spelled["type"] or zpci_spelling(new.address):
        splicer.replace_element(given, NewAddress(new.address))
        return []
    names = ("type", *ADDRESS_ATTRIBUTES[spelled["type"]])
    values = {name: spelled.get(name) for name in names if spelled.get(name) != given.attributes.get(name)}
    splicer.set_attributes(given, values, {name: rank for rank, name in enumerate(names)})
    return []


def _write_fields(splicer: Splicer, node: Node, branch: Branch, changed: set[str], new: Device) -> list[New]:
    """Write the changed fields of an element and of those below it; returns the children that it does not have yet."""
    values = {}
    for attribute, field in branch.attributes:
        if field.name in changed:
            value = getattr(new, field.name)
            values[attribute] = None if value is field.unset else field.show(value)
    if values:
        splicer.set_attributes(node, values, branch.ranks)
    if branch.text is not None and branch.text.name in changed:
        value = getattr(new, branch.text.name)
        splicer.set_content(node, "" if value is None else branch.text.show(value))
    missing: list[New] = []
    for tag, inner in branch.children.items():
        if changed.isdisjoint(inner.names):
            continue
        child = node.first(tag)
        if child is None:
            texts = LAYOUTS[new.kind].written(new)
            missing += [NewBranch(tag, inner, texts)] if not inner.names.isdisjoint(texts) else []
        elif below := _write_fields(splicer, child, inner, changed, new):
            splicer.insert_children(child, below, {name: rank for rank, name in enumerate(inner.children)})
    return missing
