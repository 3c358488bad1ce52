"""Refuses device elements that are against a fact."""

from __future__ import annotations

from devaddr_xml.domxml.document import Document, Node
from devaddr_xml.domxml.facts.fact import Kind, Once, OneOf, Only, Part, Place, Syntax, holds, value_at
from devaddr_xml.domxml.facts.table import place_for
from devaddr_xml.domxml.faults import called, remedy_for, shown, switched
from devaddr_xml.model.errors import ValueInvalid
from devaddr_xml.model.nearest import suggested

#: Elements of which every one counts; of others it is the first.
REPEATED = frozenset(("tag", "usbdev", "listen", "channel", "codec", "certificate"))
#: So many words are listed where one is missing.
_FEW = 8


def refuse_unsound(document: Document, device: Node) -> None:
    """Raise ValueInvalid if the element of a device lacks a part, or has a value that its place does not allow."""
    place = place_for(device.tag)
    if place is not None:
        _judge(document, device, device, place, place.kind(device))


def _judge(document: Document, device: Node, node: Node, place: Place, kind: Kind) -> None:
    given = node.attributes
    if place.needs:
        for part in place.needed(device, kind):
            if (part.name not in given) if part.attribute else (node.first(part.name) is None):
                _refuse_lack(document, device, node, part)
    words = place.words
    if words:
        for name, text in given.items():
            # Nearly every value is a word that is right on every device.
            if name in words and text not in words[name]:
                for fact in place.attributes[name]:
                    _check_value(document, device, node, name, text, fact)
    for fact in place.text:
        _check_value(document, device, node, None, document.content(node), fact)
    for once in place.once:
        _check_once(document, device, node, once)
    if place.children and node.children:
        seen: set[str] = set()
        for child in node.children:
            inner = place.children.get(child.tag)
            if inner is not None and (child.tag in REPEATED or child.tag not in seen):
                seen.add(child.tag)
                _judge(document, device, child, inner, kind)


def _check_value(
    document: Document, device: Node, node: Node, name: str | None, text: str, fact: OneOf | Syntax | Only
) -> None:
    applies = not fact.when or holds(device, fact.when)
    if type(fact) is Only:
        if not applies:
            raise _fault(document, device, node, f"{_what(node, name, text)} belongs to other devices", "Leave it out")
        return
    if not applies:
        return
    if type(fact) is OneOf:
        if text not in fact.values:
            known = [value for value in fact.values if value]
            allowed = f"not '{known[0]}'" if len(known) == 1 else f"not one of {', '.join(known)}"
            remedy = switched(text, known) or suggested(text, known, "Use", tail=", or leave it out")
            raise _fault(document, device, node, f"{_what(node, name, text)} is {allowed}", remedy)
        return
    assert isinstance(fact, Syntax)
    try:
        fact.read(text)
    except ValueError as error:
        what = f"{_what(node, name, text)} is not {error}"
        raise _fault(document, device, node, what, remedy_for(node, name, text, device)) from error


def _what(node: Node, name: str | None, text: str) -> str:
    """A value in the words of a message."""
    return f"{name}={shown(text)} in <{node.tag}>" if name else f"{shown(text)} in <{node.tag}>"


def _refuse_lack(document: Document, device: Node, node: Node, part: Part) -> None:
    """Raise ValueInvalid for a part that is not there, unless there is one that is enough instead."""
    name, need = part.name, part.need
    if any(value_at(device, path) is not None for path in need.unless):
        return
    values = ((path, value_at(device, path)) for path in need.when)
    kind = " ".join(f"{path[1:]}='{value}'" for path, value in values if value is not None and path[0] == "@")
    whose = f"<{device.tag} {kind}>" if kind else f"<{device.tag}>"
    if node is not device:
        whose = f"<{node.tag}> in {whose}"
    what = f"the attribute {name!r}" if part.attribute else f"a <{name}>"
    others = "".join(f" or {_spelled(path)}" for path in need.unless)
    raise _fault(document, device, node, f"{whose} needs {what}{others}", _remedy(node, device, part))


def _spelled(path: str) -> str:
    """A path to what is enough instead, in the words of a message."""
    last = path.rpartition("/")[2]
    return f"the attribute {last[1:]!r}" if last.startswith("@") else f"a <{last}>"


def _remedy(node: Node, device: Node, part: Part) -> str:
    """What to write for a part that is not there, with the words that it can be."""
    if not part.attribute:
        return f"Add a <{part.name}>"
    place = place_for(device.tag) or Place()
    for tag in part.need.path.split("/")[:-1]:
        place = place.children[tag]
    values = [value for fact in place.attributes.get(part.name, ()) if type(fact) is OneOf for value in fact.values]
    known = [value for value in dict.fromkeys(values) if value]
    return f"Add the attribute {part.name!r}" + (f": {', '.join(known)}" if 0 < len(known) <= _FEW else "")


def _check_once(document: Document, device: Node, node: Node, once: Once) -> None:
    tag = once.path.rpartition("/")[2]
    found = [child for child in node.children if child.tag == tag]
    if len(found) > once.most and (not once.when or holds(device, once.when)):
        if not once.most:
            message = f"<{tag}> in <{node.tag}> belongs to other devices"
            raise _fault(document, device, found[0], message, f"Leave the <{tag}> out")
        count = "one" if once.most == 1 else str(once.most)
        message = f"<{node.tag}> has {len(found)} <{tag}> elements, and it takes {count}"
        raise _fault(document, device, found[once.most], message, f"Remove a <{tag}>")


def _fault(document: Document, device: Node, node: Node, message: str, remedy: str) -> ValueInvalid:
    return ValueInvalid(message, device=called(device), line=document.line(node), remedy=remedy)
