"""Changes to a document's text: collected as pieces at offsets, and put in at the end, all at once."""

from __future__ import annotations

import re
from functools import cache
from operator import itemgetter

from devaddr_xml.domxml.document import BLANK, Document, Node
from devaddr_xml.domxml.elements import New, Style


@cache
def _attribute() -> re.Pattern[str]:
    return re.compile(r"[ \t\r\n]+([^ \t\r\n=/>]+)[ \t\r\n]*=[ \t\r\n]*(\"[^\"]*\"|'[^']*')")


@cache
def _name() -> re.Pattern[str]:
    return re.compile(r"<[^ \t\r\n/>]+")


#: How far back a line break is looked for; deeper indentation counts as none.
_WINDOW = 256
_STEP = "  "


def _rank(attribute: str, order: dict[str, int], unknown: int) -> int:
    return -1 if attribute.startswith("xmlns") else order.get(attribute, unknown)


class Splicer:
    """Collects changes to one document. An offset that the document already has never moves while collecting."""

    __slots__ = ("_pieces", "document", "style")

    def __init__(self, document: Document) -> None:
        self.document = document
        self._pieces: list[tuple[int, int, str]] = []
        text = document.text
        self.style = Style('"' if text.count('="') > text.count("='") else "'", self._step())

    def result(self) -> str:
        """The document with all changes."""
        if not self._pieces:
            return self.document.original
        return self.document.as_text(self._applied(self._pieces, 0, len(self.document.text)))

    def _applied(self, pieces: list[tuple[int, int, str]], begin: int, finish: int) -> str:
        """The text between two offsets, with those of the pieces that lie there put in."""
        text = self.document.text
        parts: list[str] = []
        position = begin
        for start, end, piece in sorted(pieces, key=itemgetter(0)):
            parts.append(text[position:start])
            parts.append(piece)
            position = max(position, end)
        parts.append(text[position:finish])
        return "".join(parts)

    def changed_text(self, node: Node) -> str:
        """One element with the changes to it so far, in the characters of the document's text."""
        return self._applied(self._inside(node), node.start, self.document.end(node))

    def _inside(self, node: Node) -> list[tuple[int, int, str]]:
        """The changes to one element."""
        end = self.document.end(node)
        return [piece for piece in self._pieces if node.start <= piece[0] and piece[1] <= end and piece[0] < end]

    def move_before(self, node: Node, place: Node) -> None:
        """Move an element, with the changes to it so far, before another one."""
        inside = self._inside(node)
        moved = self.changed_text(node)
        self._pieces = [piece for piece in self._pieces if piece not in inside]
        self.remove(node)
        self.replace(place.start, place.start, moved + self.indentation(place))

    def replace(self, start: int, end: int, piece: str) -> None:
        """Put ``piece`` in the place of what is between two offsets."""
        self._pieces.append((start, end, piece))

    def indentation(self, node: Node) -> str:
        """Line break and indentation before an element; empty where it does not begin its line."""
        return self._indentation_at(node.start)

    def _indentation_at(self, offset: int) -> str:
        text = self.document.text
        start = text.rfind("\n", max(0, offset - _WINDOW), offset)
        if start < 0 or text[start + 1 : offset].strip(" \t"):
            return ""
        return text[start - (text[start - 1 : start] == "\r") : offset]

    def _before_blanks(self, offset: int) -> int:
        """The offset of the white space that ends at an offset."""
        window = self.document.text[max(0, offset - _WINDOW) : offset]
        return offset - len(window) + len(window.rstrip(BLANK))

    def _step(self) -> str:
        """One level of indentation of this document."""
        root = self.document.root
        for parent in (*(node for node in root.children if node.tag == "devices"), root):
            if parent.children and (inner := self.indentation(parent.children[0])):
                outer = self.indentation(parent).lstrip("\r\n") if parent.start else ""
                inner = inner.lstrip("\r\n")
                if inner.startswith(outer) and len(inner) > len(outer):
                    return inner[len(outer) :]
        return _STEP

    def quoted_attributes(self, node: Node) -> list[tuple[str, str]]:
        """The attributes of an element as they are written: name with prefix, and value in its quotes."""
        return [(match[1], match[2]) for match in self._attribute_matches(node)]

    def written_attributes(self, node: Node) -> dict[str, str]:
        """The attributes of an element as they are written, with prefixes and namespace declarations."""
        return {name: quoted[1:-1] for name, quoted in self.quoted_attributes(node)}

    def _attribute_matches(self, node: Node) -> list[re.Match[str]]:
        offset = node.start + 1 + len(self.written_name(node))
        found = []
        while (match := _attribute().match(self.document.text, offset)) is not None:
            found.append(match)
            offset = match.end()
        return found

    def written_name(self, node: Node) -> str:
        """The element's name as it is written, with its prefix."""
        match = _name().match(self.document.text, node.start)
        assert match is not None
        return match[0][1:]

    def set_attributes(self, node: Node, values: dict[str, str | None], order: dict[str, int]) -> None:
        """Set, add or (value none) remove attributes of an element.

        A new attribute goes behind the last one that ``order`` puts before it, else in front of all but namespaces,
        and takes the quotes of its neighbours.
        """
        matches = self._attribute_matches(node)
        done = set()
        for match in matches:
            attribute, quoted = match[1], match[2]
            if attribute not in values:
                continue
            done.add(attribute)
            value = values[attribute]
            if value is None:
                self.replace(match.start(), match.end(), "")
            else:
                self.replace(match.start(2), match.end(2), quoted[0] + value + quoted[0])
        front = node.start + 1 + len(self.written_name(node))
        quote = matches[0][2][0] if matches else self.style.quote
        for attribute, value in values.items():
            if value is None or attribute in done:
                continue
            rank = order[attribute]
            earlier = (match for match in reversed(matches) if _rank(match[1], order, rank) < rank)
            place = next((match.end() for match in earlier), front)
            self.replace(place, place, f" {attribute}={quote}{value}{quote}")

    def set_content(self, node: Node, value: str) -> None:
        """Replace the text of an element that has no children."""
        behind = self.document.start_tag_end(node)
        if self.document.text[behind - 2] == "/":
            start = self._before_blanks(behind - 2)
            self.replace(start, behind, f">{value}</{self.written_name(node)}>")
        else:
            self.replace(behind, node.end, value)

    def replace_element(self, node: Node, element: New) -> None:
        """Put a new element in the place of another."""
        self.replace(node.start, self.document.end(node), element.text(self.indentation(node), self.style))

    def remove(self, node: Node) -> None:
        """Take an element out, with the white space before it."""
        self.replace(self._before_blanks(node.start), self.document.end(node), "")

    def insert_after(self, node: Node, elements: list[New]) -> None:
        """Insert elements behind another, each on a line of its own if that one is."""
        break_ = self.indentation(node)
        offset = self.document.end(node)
        self.replace(offset, offset, "".join([break_ + element.text(break_, self.style) for element in elements]))

    def insert_before(self, node: Node, elements: list[New]) -> None:
        """Insert elements before another, each on a line of its own if that one is."""
        break_ = self.indentation(node)
        piece = "".join([element.text(break_, self.style) + break_ for element in elements])
        self.replace(node.start, node.start, piece)

    def insert_children(self, parent: Node, elements: list[New], order: dict[str, int]) -> None:
        """Insert children where ``order`` puts them: before the first child that comes after them, else at the end."""
        if len(elements) > 1:
            elements = sorted(elements, key=lambda element: order.get(element.tag, len(order)))
        last: list[New] = []
        for element in elements:
            rank = order.get(element.tag, len(order))
            for follower in parent.children:
                if order.get(follower.tag, -1) > rank:
                    self.insert_before(follower, [element])
                    break
            else:
                last.append(element)
        if last:
            self.append_children(parent, last)

    def append_children(self, parent: Node, elements: list[New]) -> None:
        """Insert elements at the end of another."""
        text = self.document.text
        if parent.children:
            break_ = self.indentation(parent.children[0])
            offset = self._before_blanks(parent.end)
            self.replace(offset, offset, "".join([break_ + element.text(break_, self.style) for element in elements]))
            return
        outer = self.indentation(parent)
        if not parent.start and self._indented_document():
            outer = "\r\n" if "\r\n" in text else "\n"
        break_ = outer + self.style.step if outer else ""
        piece = "".join([break_ + element.text(break_, self.style) for element in elements])
        behind = self.document.start_tag_end(parent)
        if text[behind - 2] == "/":
            start = self._before_blanks(behind - 2)
            self.replace(start, behind, f">{piece}{outer}</{self.written_name(parent)}>")
        else:
            kept = text[behind : parent.end].rstrip(BLANK)
            self.replace(behind + len(kept), parent.end, piece + outer)

    def _indented_document(self) -> bool:
        return "\n" in self.document.text[: self.document.root.end].rstrip(BLANK)
