"""Hints back into the document: all of them into the one policy in its metadata, none left on the devices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import is_

import msgspec

from devaddr_xml.domxml.document import Node
from devaddr_xml.domxml.elements import Element, New, escaped
from devaddr_xml.domxml.hints import QUALIFIED, policy_node
from devaddr_xml.domxml.splice import Splicer
from devaddr_xml.model.device import Controller, Device, Video
from devaddr_xml.model.errors import HintError
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.naming import label, only_one, preferred_references, reference_key, references
from devaddr_xml.model.policy import LAYOUT_VERSION, NO_POLICY, DeviceHints, Policy, Spare
from devaddr_xml.model.vocabulary import CHILDREN, NAMESPACE, POLICY, PREFIX, Term

#: The elements of a domain that libvirt prints before its metadata.
_BEFORE_METADATA = ("name", "uuid", "hwuuid", "genid", "title", "description", "metadata")


def write_hints(
    splicer: Splicer,
    nodes: Sequence[Node],
    guest: Guest,
    owners: Mapping[str, Device | None] | None = None,
    always: bool = False,
) -> None:
    """Take the hints off the devices, and make the policy of the document say everything that ``guest.policy`` says.

    nodes: the elements of the first devices of the guest. What the policy in the document already has stays as it is
    written. A document without hints whose policy is that of plain libvirt gets none, unless ``always`` is set.
    owners: where devices were removed from the document, the device of each reference, None for a removed one; hints
    for those are removed. Raises HintError for a device that no reference names.
    """
    for device in nodes:
        strip_hints(splicer, device)
    policy = guest.policy or NO_POLICY
    table = references(guest.devices) if policy.devices else {}
    node = policy_node(splicer.document)
    if node is None:
        if always or not policy.asks_for_nothing:
            _insert_policy(splicer, policy, _named(guest, policy.devices, table))
    else:
        _complete_policy(splicer, node, policy, guest, table, owners)


def strip_hints(splicer: Splicer, node: Node) -> None:
    """Remove the hints of one device's element, and the namespace if it is declared there for them."""
    own = {name[len(QUALIFIED) :] for name in node.attributes if name.startswith(QUALIFIED)}
    if not own:
        return
    gone: dict[str, str | None] = {}
    for name, value in splicer.written_attributes(node).items():
        prefix, _, local = name.partition(":")
        if (prefix == "xmlns" and value == NAMESPACE) or (prefix != "xmlns" and local in own):
            gone[name] = None
    splicer.set_attributes(node, gone, {})


def _named(guest: Guest, entries: Sequence[DeviceHints], table: Mapping[str, Sequence[Device]]) -> list[DeviceHints]:
    """The entries with references that hold in the document as it will be.

    There the first video device is the primary one, and new controllers may stand between the others.
    table: the references of the guest's devices.
    """
    if not entries:
        return []
    names = preferred_references(_document_order(guest.devices))
    named = []
    for entry in entries:
        device = only_one(table, entry.ref)
        if device is None:
            named.append(entry)
            continue
        name = names[id(device)]
        if isinstance(device, Controller) and name.startswith(f"{device.kind}["):
            raise HintError(
                "its hints cannot be kept, since several controllers have this type and index",
                device=label(device),
                line=device.line,
                remedy='Give it an alias of its own: <alias name="ua-..."/>',
            )
        named.append(msgspec.structs.replace(entry, ref=name))
    return named


def _document_order(devices: Sequence[Device]) -> list[Device]:
    """The devices with the primary video device before the others."""
    ordered = list(devices)
    videos = [position for position, device in enumerate(ordered) if isinstance(device, Video)]
    sorted_videos = sorted((ordered[position] for position in videos), key=_comes_later)
    for position, video in zip(videos, sorted_videos, strict=True):
        ordered[position] = video
    return ordered


def _comes_later(device: Device) -> bool:
    return not (isinstance(device, Video) and device.primary)


def _insert_policy(splicer: Splicer, policy: Policy, entries: Sequence[DeviceHints]) -> None:
    """Write a policy into a document that has none."""
    root = splicer.document.root
    prefix, declaration = _prefix(splicer, root)
    values = _values(policy, POLICY)
    children = tuple([_child(prefix, "spare", spare) for spare in policy.spares])
    children += tuple([_child(prefix, "device", entry) for entry in entries])
    children += tuple([Element(f"{prefix}used", {"slots": " ".join(policy.used)}) for _ in policy.used[:1]])
    element = Element(f"{prefix}policy", declaration | _escaped(values), children)
    metadata = root.first("metadata")
    if metadata is not None:
        splicer.append_children(metadata, [element])
        return
    order = {child.tag: len(_BEFORE_METADATA) for child in root.children}
    order |= {tag: rank for rank, tag in enumerate(_BEFORE_METADATA)}
    splicer.insert_children(root, [Element("metadata", children=(element,))], order)


def _prefix(splicer: Splicer, root: Node) -> tuple[str, dict[str, str]]:
    """The prefix of new elements, with its colon, and the declaration that it needs."""
    for name, value in splicer.written_attributes(root).items():
        if value == NAMESPACE and name.startswith("xmlns:"):
            return f"{name[len('xmlns:') :]}:", {}
    return f"{PREFIX}:", {f"xmlns:{PREFIX}": NAMESPACE}


def _complete_policy(
    splicer: Splicer,
    node: Node,
    policy: Policy,
    guest: Guest,
    table: Mapping[str, Sequence[Device]],
    owners: Mapping[str, Device | None] | None,
) -> None:
    """Make an existing policy element say what it does not say yet; table: the references of the guest's devices."""
    _set(splicer, node, _values(policy, POLICY), POLICY)
    name = splicer.written_name(node)
    prefix = name[: -len("policy")]
    new: list[New] = [_child(prefix, "spare", spare) for spare in _complete_spares(splicer, node, policy.spares)]
    entries = _named(guest, policy.devices, table)
    if owners is None:
        owners = {ref: devices[0] for ref, devices in table.items()}
    else:
        _remove_entries(splicer, node, owners)
    missing = _complete_entries(splicer, node, policy, entries, guest, table, owners)
    new += [_child(prefix, "device", entry) for entry in missing]
    new += _complete_used(splicer, node, prefix, policy.used)
    if new:
        splicer.append_children(node, new)


def _complete_spares(splicer: Splicer, node: Node, spares: Iterable[Spare]) -> list[Spare]:
    """Correct the spare ports that the policy element has; returns those that it has not."""
    known = {child.attributes["node"]: child for child in _children(node, "spare")}
    missing = []
    for spare in spares:
        child = known.get(str(spare.node))
        if child is None:
            missing.append(spare)
        else:
            stated = _values(spare, CHILDREN["spare"])
            _set(splicer, child, dict.fromkeys(child.attributes) | stated, CHILDREN["spare"])
    return missing


def _complete_used(splicer: Splicer, node: Node, prefix: str, used: Sequence[str]) -> list[Element]:
    """Let the policy element name the slots that were in use; returns the element for them if it has none."""
    children = _children(node, "used")
    stated = [slot for child in children for slot in child.attributes["slots"].split()]
    if sorted(stated) == sorted(used):
        return []
    for child in children[1:] if used else children:
        splicer.remove(child)
    if children and used:
        _set(splicer, children[0], {"slots": " ".join(used)}, CHILDREN["used"])
        return []
    return [Element(f"{prefix}used", {"slots": " ".join(used)})] if used else []


def _remove_entries(splicer: Splicer, node: Node, owners: Mapping[str, Device | None]) -> None:
    """Take out what the policy element says of devices that are gone."""
    for child in _children(node, "device"):
        if owners.get(reference_key(child.attributes["ref"]), child) is None:
            splicer.remove(child)


def _complete_entries(
    splicer: Splicer,
    node: Node,
    policy: Policy,
    entries: Sequence[DeviceHints],
    guest: Guest,
    table: Mapping[str, Sequence[Device]],
    owners: Mapping[str, Device | None],
) -> list[DeviceHints]:
    """Correct the device entries that the policy element has; returns those that it has not.

    table: the references of the guest's devices. owners: the device of which each reference in the document speaks.
    """
    if not entries:
        return []
    written: dict[int, list[Node]] = {}
    for child in _children(node, "device"):
        device = owners.get(reference_key(child.attributes["ref"]))
        if device is not None:
            written.setdefault(id(device), []).append(child)
    standing = {child.attributes["ref"] for child in _children(node, "device")}
    ordered = _document_order(guest.devices)
    later = table if all(map(is_, ordered, guest.devices)) else references(ordered)
    missing = []
    for recorded, entry in zip(policy.devices, entries, strict=True):
        device = only_one(table, recorded.ref)
        if device is None:
            if entry.ref not in standing:
                missing.append(entry)
            continue
        children = written.get(id(device))
        if not children:
            missing.append(entry)
            continue
        _correct(splicer, children, entry, device, later)
    return missing


def _correct(
    splicer: Splicer,
    children: Sequence[Node],
    entry: DeviceHints,
    device: Device,
    later: Mapping[str, Sequence[Device]],
) -> None:
    """Make the entries of one device have its hints, by a reference that goes on naming it."""
    values = _values(entry, CHILDREN["device"][1:])
    stated = {name for child in children for name in child.attributes}
    for position, child in enumerate(children):
        changes = {
            name: text
            for name, text in values.items()
            if name in child.attributes or (position == 0 and name not in stated)
        }
        ref = child.attributes["ref"]
        moving = isinstance(device, Controller) and ref.startswith(f"{device.kind}[")
        if moving or [id(other) for other in later.get(reference_key(ref), ())] != [id(device)]:
            changes["ref"] = entry.ref
        _set(splicer, child, changes, CHILDREN["device"])


def _children(node: Node, name: str) -> list[Node]:
    return [child for child in node.children if child.tag == QUALIFIED + name]


def _set(splicer: Splicer, node: Node, values: Mapping[str, str | None], terms: Sequence[Term]) -> None:
    """Set the attributes that have another value yet, and remove those without one."""
    changed = {
        name: text if text is None else escaped(text)
        for name, text in values.items()
        if node.attributes.get(name) != text
    }
    if changed:
        splicer.set_attributes(node, changed, {term.name: rank for rank, term in enumerate(terms)})


def _child(prefix: str, name: str, entry: Spare | DeviceHints) -> Element:
    return Element(f"{prefix}{name}", _escaped(_values(entry, CHILDREN[name])))


def _values(stated: Policy | Spare | DeviceHints, terms: Iterable[Term]) -> dict[str, str]:
    """The values that are set, as text, in the order of the vocabulary."""
    values = {term.name: getattr(stated, term.field) for term in terms}
    if isinstance(stated, Policy):
        values["version"] = stated.version or LAYOUT_VERSION
    return {name: str(value) for name, value in values.items() if value is not None}


def _escaped(values: dict[str, str]) -> dict[str, str]:
    return {name: escaped(text) for name, text in values.items()}
