"""Refuses device elements that are against a fact."""

from __future__ import annotations

from devaddr_xml.domxml.document import Document, Node
from devaddr_xml.domxml.facts.fact import Once, OneOf, Only, Part, Place, Syntax, holds, value_at
from devaddr_xml.domxml.facts.table import place_for
from devaddr_xml.domxml.faults import shown
from devaddr_xml.model.errors import ValueInvalid

_NAMES = (("target", "dev"), ("mac", "address"), ("alias", "name"), ("target", "name"), ("target", "dir"))
#: Elements of which every one counts; of others it is the first.
REPEATED = frozenset(("tag", "usbdev", "listen", "channel", "codec", "certificate"))
_OWN = ("id", "model", "name", "type")


def refuse_unsound(document: Document, device: Node) -> None:
    """Raise ValueInvalid if the element of a device lacks a part, or has a value that its place does not allow."""
    place = place_for(device.tag)
    if place is not None:
        _judge(document, device, device, place)


def _judge(document: Document, device: Node, node: Node, place: Place) -> None:
    given = node.attributes
    for part in place.needed(device):
        if (part.name not in given) if part.attribute else (node.first(part.name) is None):
            _refuse_lack(document, device, node, part)
    attributes = place.attributes
    for name, text in given.items():
        for fact in attributes.get(name, ()):
            # Nearly every value is one of the words of a fact that holds always.
            if fact.when or type(fact) is not OneOf or text not in fact.values:
                _check_value(document, device, node, name, text, fact)
    for fact in place.text:
        _check_value(document, device, node, None, document.content(node), fact)
    for once in place.once:
        _check_once(document, device, node, once)
    if place.children:
        seen: set[str] = set()
        for child in node.children:
            inner = place.children.get(child.tag)
            if inner is not None and (child.tag in REPEATED or child.tag not in seen):
                seen.add(child.tag)
                _judge(document, device, child, inner)


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
            from difflib import get_close_matches  # seldom needed

            nearest = get_close_matches(text.lower(), fact.values, 1, 0.6)
            choice = ", ".join(fact.values)
            remedy = f"Did you mean '{nearest[0]}'?" if nearest else f"Use one of {choice}, or leave it out"
            raise _fault(document, device, node, f"{_what(node, name, text)} is not one of {choice}", remedy)
        return
    assert isinstance(fact, Syntax)
    try:
        fact.read(text)
    except ValueError as error:
        what = f"{_what(node, name, text)} is not {error}"
        raise _fault(document, device, node, what, "Correct it, or leave it out") from error


def _what(node: Node, name: str | None, text: str) -> str:
    """A value in the words of a message."""
    return f"{name}={shown(text)} in <{node.tag}>" if name else f"{shown(text)} in <{node.tag}>"


def _refuse_lack(document: Document, device: Node, node: Node, part: Part) -> None:
    """Raise ValueInvalid for a part that is not there, unless there is one that is enough instead."""
    name, need = part.name, part.need
    if any(value_at(device, path) is not None for path in need.unless):
        return
    values = ((path, value_at(device, path)) for path in need.when)
    kind = ", ".join(f"{path.rpartition('/')[2].lstrip('@')}='{value}'" for path, value in values if value is not None)
    whose = f"<{node.tag}>" + (f" of a <{device.tag}> with {kind}" if kind else "")
    what = f"the attribute {name!r}" if part.attribute else f"a <{name}>"
    others = "".join(f" or {path}" for path in need.unless)
    raise _fault(document, device, node, f"{whose} needs {what}", f"Add {what}{others}")


def _check_once(document: Document, device: Node, node: Node, once: Once) -> None:
    tag = once.path.rpartition("/")[2]
    found = [child for child in node.children if child.tag == tag]
    if len(found) > once.most and (not once.when or holds(device, once.when)):
        count = "one" if once.most == 1 else str(once.most)
        message = f"<{node.tag}> has {len(found)} <{tag}> elements, and it takes {count}"
        raise _fault(document, device, found[once.most], message, f"Remove a <{tag}>")


def _fault(document: Document, device: Node, node: Node, message: str, remedy: str) -> ValueInvalid:
    return ValueInvalid(message, device=called(device), line=document.line(node), remedy=remedy)


def called(device: Node) -> str:
    """What a device's element is called in a message."""
    for tag, name in _NAMES:
        child = device.first(tag)
        if child is not None and child.attributes.get(name):
            return f"{device.tag} {child.attributes[name]}"
    own = next((device.attributes[name] for name in _OWN if device.attributes.get(name)), "")
    return f"{device.tag} {own}".strip()
