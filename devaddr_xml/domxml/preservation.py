"""Whether all that is none of our business came through a run: comments, foreign elements, everything but places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lxml import etree

from devaddr_xml.domxml.devices import LAYOUTS
from devaddr_xml.model.vocabulary import NAMESPACE

_HINTS = f"{{{NAMESPACE}}}"


def lost(before: etree._Element, after: etree._Element) -> list[str]:
    """What of the first domain is not in the second, one word or line each, in document order."""
    missing = Counter(_kept(before)) - Counter(_kept(after))
    return [text for text in dict.fromkeys(_kept(before)) if text in missing]


def _kept(domain: etree._Element) -> Iterator[str]:
    """Everything that a run has to leave as it is, in one comparable text each."""
    for node in domain.iter(etree.Comment, etree.ProcessingInstruction):
        yield str(node)
    for child in domain:
        if not isinstance(child.tag, str) or child.tag == "devices":
            continue
        if child.tag == "metadata":
            yield from (_text(own) for own in child if isinstance(own.tag, str) and not own.tag.startswith(_HINTS))
        else:
            yield _text(child)
    for device in domain.iterfind("devices/*"):
        if not isinstance(device.tag, str):
            continue
        layout = LAYOUTS.get(device.tag)
        if layout is None:
            yield _text(device)
            continue
        ours = {attribute for attribute, _ in layout.branch.attributes}
        for name, value in _attributes(device):
            if name not in ours and not name.startswith(_HINTS):
                yield f"<{device.tag} {name}={value!r}>"
        for part in device:
            if isinstance(part.tag, str) and part.tag not in layout.branch.children and part.tag != "address":
                yield f"<{device.tag}> {_text(part)}"


def _attributes(element: etree._Element) -> list[tuple[str, str]]:
    return sorted((str(name), str(value)) for name, value in element.attrib.items())


def _text(element: etree._Element) -> str:
    """The element in one spelling, without the white space that only indents."""
    parts = [f"<{element.tag}"]
    parts += [f" {name}={value!r}" for name, value in _attributes(element)]
    parts.append(f">{(element.text or '').strip()}")
    for child in element:
        if isinstance(child.tag, str):
            parts.append(_text(child))
        parts.append((child.tail or "").strip())
    return "".join(parts)
