"""New elements: a small tree that becomes text with the indentation and the quotes of its surroundings."""

from __future__ import annotations

from typing import NamedTuple


class Element(NamedTuple):
    """An element to be written.

    attributes: as text, in single quotes. children: in order. content: text, if there are no children.
    copied: attributes are text of the document itself and stay as they are; with no tag, content is a whole element
    of the document.
    """

    tag: str
    attributes: str = ""
    children: tuple[Element, ...] = ()
    content: str = ""
    copied: bool = False


_ESCAPES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "'": "&apos;",
    '"': "&quot;",
    "\n": "&#10;",
    "\r": "&#13;",
    "\t": "&#9;",
}
_TABLE = str.maketrans(_ESCAPES)
_UNSAFE = frozenset(_ESCAPES)


def escaped(text: str) -> str:
    """Text for an attribute in either kind of quotes, or for an element."""
    return text if _UNSAFE.isdisjoint(text) else text.translate(_TABLE)


def rendered(element: Element, break_: str, step: str, quote: str) -> str:
    """The element as text. break_: line break and indentation before the element; empty keeps all on one line."""
    tag, attributes, children, content, copied = element
    if not tag:
        return content
    if quote != "'" and not copied:
        attributes = attributes.replace("'", quote)
    start = f"<{tag} {attributes}" if attributes else f"<{tag}"
    if children:
        inner = break_ + step if break_ else ""
        inside = "".join([inner + rendered(child, inner, step, quote) for child in children])
        return f"{start}>{inside}{break_}</{tag}>"
    return f"{start}>{content}</{tag}>" if content else f"{start}/>"
