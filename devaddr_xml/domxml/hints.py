"""Hints in a document: read from the policy in its metadata and from attributes of its devices."""

from __future__ import annotations

from collections.abc import Iterable

from devaddr_xml.domxml.devices import device_nodes
from devaddr_xml.domxml.document import Document, Node
from devaddr_xml.domxml.faults import shown
from devaddr_xml.model.errors import HintError
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.hints import Hints
from devaddr_xml.model.naming import label
from devaddr_xml.model.policy import DeviceHints, Policy, Spare
from devaddr_xml.model.validate import brief, parse_attributes, suggestion, unknown_name
from devaddr_xml.model.vocabulary import CHILDREN, HINTS, NAMESPACE, POLICY, PREFIX, REQUIRED, Term

#: How names of the vocabulary's namespace begin in a parsed document.
QUALIFIED = f"{NAMESPACE}}}"
POLICY_TAG = f"{QUALIFIED}policy"
#: How namespaces begin that are ours, or were meant to be.
_FAMILY = "urn:devaddr-xml:"
_SCHEMA_LOCATION = "http://www.w3.org/2001/XMLSchema-instance}schemaLocation"


def read_hints(document: Document, guest: Guest) -> None:
    """Give the guest the policy and its devices the hints that the document has.

    Raises HintError for a name or value that the vocabulary does not have, and for hints in a wrong place.
    """
    nodes = device_nodes(document)
    policy = policy_node(document)
    refuse_strays(document, {node.start for node in nodes})
    if policy is not None:
        guest.policy = read_policy(document, policy)
    for node, device in zip(nodes, guest.devices, strict=True):
        device.hints = read_inline(node, device=label(device), line=device.line)


def policy_node(document: Document) -> Node | None:
    """The policy in the document's metadata, if there is one; raises HintError if there are two."""
    found = [
        node
        for metadata in document.root.children
        if metadata.tag == "metadata"
        for node in metadata.children
        if node.tag == POLICY_TAG
    ]
    if len(found) > 1:
        raise HintError(
            f"there is a second policy; the first one is on line {document.line(found[0])}",
            device="policy",
            line=document.line(found[1]),
            other_line=document.line(found[0]),
            remedy="Combine them in one",
        )
    return found[0] if found else None


def read_policy(document: Document, node: Node) -> Policy:
    """What a policy element says; raises HintError for what the vocabulary does not have."""
    line = document.line(node)
    _refuse_text(document, node, line)
    attributes = {name: text for name, text in node.attributes.items() if name != _SCHEMA_LOCATION}
    values = _parsed(attributes, POLICY, "tunable", "policy", line)
    spares: list[Spare] = []
    devices: list[DeviceHints] = []
    used: list[str] = []
    counted = node.start
    for child in node.children:
        line += document.text.count("\n", counted, child.start)
        counted = child.start
        tag = child.tag.removeprefix(QUALIFIED)
        if tag not in CHILDREN or tag == child.tag:
            raise HintError(
                f"a policy has no element <{shown_name(child.tag)}>",
                device="policy",
                line=line,
                remedy=suggestion(tag.rpartition("}")[2], CHILDREN),
            )
        _refuse_text(document, child, line)
        name = brief(child.attributes.get("ref", tag))
        fields = _parsed(child.attributes, CHILDREN[tag], "hint", name, line)
        for required in REQUIRED[tag]:
            if required not in fields:
                raise HintError(
                    f'{PREFIX}:{tag} needs the attribute "{required}"',
                    device=name,
                    line=line,
                    remedy=f'Add the attribute "{required}"',
                )
        if tag == "spare":
            spares.append(Spare(**fields, line=line))  # type: ignore[arg-type]
        elif tag == "used":
            used += str(fields["slots"]).split()
        else:
            devices.append(DeviceHints(**fields, line=line))  # type: ignore[arg-type]
    start = document.line(node)
    return Policy(
        **values,  # type: ignore[arg-type]
        used=tuple(used),
        spares=tuple(spares),
        devices=tuple(devices),
        line=start,
    )


def read_inline(node: Node, *, device: str | None = None, line: int | None = None) -> Hints | None:
    """The hints that a device's element has as attributes; none if it has none."""
    own = [(name[len(QUALIFIED) :], text) for name, text in node.attributes.items() if name.startswith(QUALIFIED)]
    if not own:
        return None
    return Hints(**parse_attributes(own, HINTS, "hint", device=device, line=line))  # type: ignore[arg-type]


def shown_name(name: str) -> str:
    """A qualified name for a message."""
    namespace, _, local = name.rpartition("}")
    return f"{PREFIX}:{local}" if namespace == NAMESPACE else local[:60]


def _parsed(
    attributes: dict[str, str], terms: tuple[Term, ...], what: str, device: str, line: int
) -> dict[str, int | str]:
    """Parse the attributes of the policy or of a child of it; they have no namespace there."""
    for name in attributes:
        if "}" in name:
            local = name.rpartition("}")[2]
            known = any(term.name == local for term in terms)
            raise HintError(
                f'the attribute "{shown_name(name)}" does not belong in the policy',
                device=device,
                line=line,
                remedy=f'Inside the policy it is "{local}", without prefix' if known else None,
            )
    return parse_attributes(attributes.items(), terms, what, device=device, line=line)


def _refuse_text(document: Document, node: Node, line: int) -> None:
    """Nothing of the policy is stated by text, and only the policy itself has children."""
    if node.tag != POLICY_TAG and node.children:
        raise HintError(f"<{shown_name(node.tag)}> has no child elements", device="policy", line=line)
    if text := document.content(node):
        raise HintError(f"the text {shown(text)} has no meaning in a policy", device="policy", line=line)


def refuse_strays(document: Document, devices: set[int]) -> None:
    """Raise HintError for hints where nothing reads them: not on a device, not in the metadata."""
    pending = list(reversed(document.root.children))
    _refuse_names(document, document.root, [document.root.tag, *document.root.attributes])
    while pending:
        node = pending.pop()
        if node.tag == "metadata":
            _refuse_names(document, node, node.attributes)
            for child in node.children:
                if child.tag != POLICY_TAG:
                    _refuse_names(document, child, [child.tag])
            continue
        names = [node.tag, *node.attributes]
        if node.start in devices:
            names = [name for name in names if not name.startswith(QUALIFIED)]
        _refuse_names(document, node, names)
        pending.extend(reversed(node.children))


def _refuse_names(document: Document, node: Node, names: Iterable[str]) -> None:
    for name in names:
        if not name.startswith(_FAMILY):
            continue
        namespace, _, local = name.rpartition("}")
        line = document.line(node)
        if namespace != NAMESPACE:
            raise HintError(f'the namespace "{namespace[:60]}" is not known', line=line, remedy=f'It is "{NAMESPACE}"')
        if name == node.tag or node.tag == "metadata":
            raise HintError(
                f"<{PREFIX}:{local}> is not known here",
                line=line,
                remedy=f"There is one <{PREFIX}:policy>, in the <metadata> of the domain",
            )
        if all(term.name != local for term in HINTS):
            raise unknown_name(local, HINTS, "hint", device=f"<{node.tag[:60]}>", line=line)
        raise HintError(
            f"{local} is on <{node.tag[:60]}>, which is not a device",
            line=line,
            remedy="Put it on the element of a device, directly below <devices>",
        )
