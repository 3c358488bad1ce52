"""New elements: things that become text once it is known how their surroundings are indented and quoted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import msgspec


class Style(msgspec.Struct, frozen=True, cache_hash=True):
    """How a document is written. quote: around attribute values. step: one level of indentation."""

    quote: str
    step: str


class New(Protocol):
    """Something to be written as an element."""

    @property
    def tag(self) -> str:
        """The name of the element."""

    def text(self, break_: str, style: Style) -> str:
        """The element as text. break_: line break and indentation before it; empty keeps all on one line."""


class Element(msgspec.Struct, frozen=True):
    """An element put together by hand. attributes: their values are written as they are, so they must be escaped."""

    tag: str
    attributes: dict[str, str] = {}
    children: tuple[New, ...] = ()

    def text(self, break_: str, style: Style) -> str:
        """The element as text."""
        start = f"<{self.tag}{attribute_text(self.attributes, style.quote)}"
        return closed(start, self.tag, children_text(self.children, break_, style), break_)


class Copied(msgspec.Struct, frozen=True):
    """An element that is text of the document itself already."""

    tag: str
    source: str

    def text(self, break_: str, style: Style) -> str:
        """The element as it was."""
        return self.source


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
    """Text for an attribute in either kind of quotes, or for an element, in the characters of a document's text."""
    if not _UNSAFE.isdisjoint(text):
        text = text.translate(_TABLE)
    return text if text.isascii() else text.encode().decode("latin-1")


def attribute_text(attributes: dict[str, str], quote: str) -> str:
    """Attributes as text, each with a space before it."""
    return "".join([f" {name}={quote}{value}{quote}" for name, value in attributes.items()])


def children_text(children: Iterable[New], break_: str, style: Style) -> str:
    """The children of an element as text, each on its line if the element is."""
    inner = break_ + style.step if break_ else ""
    return "".join([inner + child.text(inner, style) for child in children])


def closed(start: str, tag: str, inside: str, break_: str) -> str:
    """An element from its start tag (without ``>``) and the text of its children."""
    return f"{start}>{inside}{break_}</{tag}>" if inside else f"{start}/>"
