"""A domain document: parsed safely, once, and kept as text with the offset of every element.

Nothing is ever serialised again: the writer splices its changes into the text that came in, so everything that it does
not touch survives to the byte. Expat reads the document: it is a stream parser that touches neither files nor network,
and it tells the offset of each element.
"""

from __future__ import annotations

import re
from xml.parsers import expat

import msgspec

from devaddr_xml.domxml.encoding import declaration_fixed, decode
from devaddr_xml.model.errors import DocumentError

#: libvirt takes no message above 32 MiB.
MAX_BYTES = 32 * 1024 * 1024
MAX_DEPTH = 256
#: Several times as many as the largest guest has.
MAX_ELEMENTS = 40_000

#: How the namespace of the hint vocabulary begins, of this version or another.
HINTS_NAMESPACES = "urn:devaddr-xml:"

#: The namespace of elements for QEMU, as it stands before their names in `Node`.
QEMU = "http://libvirt.org/schemas/domain/qemu/1.0}"

BLANK = " \t\r\n"
#: Seldom needed, so left for `re` to compile when they are.
_START_TAG = r"<[^ \t\r\n/>]+(?:[ \t\r\n]+[^ \t\r\n=]+[ \t\r\n]*=[ \t\r\n]*(?:\"[^\"]*\"|'[^']*'))*[ \t\r\n]*/?>"
_MARKUP = r"(?s)<!\[CDATA\[(.*?)\]\]>|<!--.*?-->|<\?.*?\?>|<[^>]*>"
_REFERENCE = r"&(?:#x([0-9a-fA-F]+)|#([0-9]+)|([a-z]+));"
_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "apos": "'", "quot": '"'}


class Node(msgspec.Struct, eq=False, gc=False):
    """One element: where it starts in the document's text, and, unless it is empty, where its end tag does.

    tag and attribute names are ``name`` or ``namespace}name``.
    """

    tag: str
    attributes: dict[str, str]
    start: int
    end: int = 0
    children: list[Node] = []

    def first(self, tag: str) -> Node | None:
        """The first child of that tag, if there is one."""
        for child in self.children:
            if child.tag == tag:
                return child
        return None


class Document(msgspec.Struct, eq=False):
    """A parsed document.

    text: what was read; one character is one byte, so that the parser's offsets hold (UTF-8 read as Latin-1 where the
    document is not all ASCII). original: the same as ordinary text. root: the ``<domain>`` element.
    dropped: elements that libvirt ignores and does not print. respelled: the fields, or ``address``, of a device that
    libvirt prints in another spelling, by the offset of the device's element.
    """

    text: str
    original: str
    root: Node
    dropped: list[Node] = []
    respelled: dict[int, set[str]] = {}

    @property
    def hinted(self) -> bool:
        """Whether the hint vocabulary occurs in the document."""
        return HINTS_NAMESPACES in self.text

    @property
    def has_qemu_elements(self) -> bool:
        """Whether the document has elements for QEMU, such as ``<qemu:commandline>``."""
        return any(part.tag.startswith(QEMU) for part in self.root.children)

    def line(self, node: Node) -> int:
        """The line on which the element starts, from 1."""
        return self.text.count("\n", 0, node.start) + 1

    def start_tag_end(self, node: Node) -> int:
        """The offset just behind the element's start tag."""
        text = self.text
        end = text.index(">", node.start)
        singles, doubles = text.count("'", node.start, end), text.count('"', node.start, end)
        if not (singles and doubles) and not (singles + doubles) % 2:
            return end + 1
        # there are quotes of both kinds, or the > is in quotes
        match = re.compile(_START_TAG).match(text, node.start)
        assert match is not None
        return match.end()

    def end(self, node: Node) -> int:
        """The offset just behind the element."""
        if not node.children:
            behind = self.start_tag_end(node)
            if self.text[behind - 2] == "/":
                return behind
        return self.text.index(">", node.end) + 1

    def content(self, node: Node) -> str:
        """The element's own character data, without surrounding white space."""
        behind = self.start_tag_end(node)
        if self.text[behind - 2] == "/":
            return ""
        raw = self.text[behind : node.end]
        if "<" in raw:
            raw = re.sub(_MARKUP, lambda m: (m[1] or "").replace("&", "&amp;"), raw)
        if "&" in raw:
            raw = re.sub(_REFERENCE, _resolve, raw)
        return self.as_text(raw).strip(BLANK)

    def as_text(self, piece: str) -> str:
        """A piece of ``text`` as ordinary text."""
        return piece if piece.isascii() else piece.encode("latin-1").decode("utf-8", "replace")


def _resolve(match: re.Match[str]) -> str:
    hexadecimal, decimal, name = match.groups()
    if name:
        return _ENTITIES.get(name, "")
    return chr(int(hexadecimal, 16) if hexadecimal else int(decimal)).encode().decode("latin-1")


def parse(xml: str | bytes, root_tag: str = "domain", kind: str = "domain") -> Document:
    """Parse a document; raises DocumentError when it is malformed, has another root element, is too large or unsafe.

    root_tag: the tag of the root element as `Node` has it. kind: what such a document is called.
    """
    if len(xml) > MAX_BYTES:
        raise DocumentError(f"the document is larger than {MAX_BYTES // 1024 // 1024} MiB")
    original = declaration_fixed(decode(xml))
    first = original.lstrip()[:1]
    if not first or first in "{[":
        from devaddr_xml.domxml.other_documents import empty, json

        raise json() if first else empty()
    data = encode(original)
    root = _tree(data)
    if root.tag != root_tag:
        from devaddr_xml.domxml.other_documents import not_a_domain

        raise not_a_domain(root.tag, kind)
    return Document(original if len(data) == len(original) else data.decode("latin-1"), original, root)


def encode(text: str) -> bytes:
    """The text in UTF-8; raises DocumentError for text that is none."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise DocumentError("not well-formed XML: a lone surrogate is not a character", line=line) from error


_BARE_AMPERSAND = rb"&(?![A-Za-z_#][^\s<>&;]*;)"
_UNQUOTED = rb"=\s*[^\s'\"<>=]+\s*$"


def _syntax_remedy(data: bytes, line: int, column: int) -> str:
    """What the commonest mistakes in XML need, else what helps with all."""
    lines = data.split(b"\n")
    text = lines[min(line, len(lines)) - 1]
    if text[column : column + 5] == b"<?xml":
        return "Remove what is in front of <?xml: it is the first thing of a document"
    if text[column : column + 1] < b" " and text[column:].strip():
        return "Remove the control character there"
    if re.search(_BARE_AMPERSAND, text[: column + 1]) or (text[max(0, column - 1) : column + 1].find(b"&") >= 0):
        return "Write &amp; for an ampersand"
    if re.search(_UNQUOTED, text[: column + 1]):
        return "Put the value of the attribute into quotes"
    return "Close each open element, and quote each value; xmllint shows the place"


def _tree(data: bytes) -> Node:
    """Build the element tree."""
    if data.count(b"<") - data.count(b"</") > MAX_ELEMENTS:
        raise DocumentError(f"the document has more than {MAX_ELEMENTS} elements and comments")
    parser = expat.ParserCreate("utf-8", "}")
    top = Node("", {}, 0)
    stack = [top]

    def start(tag: str, attributes: dict[str, str]) -> None:
        node = Node(tag, attributes, parser.CurrentByteIndex)
        stack[-1].children.append(node)
        stack.append(node)
        if len(stack) > MAX_DEPTH:
            message = f"the document is nested deeper than {MAX_DEPTH} levels"
            raise DocumentError(message, line=parser.CurrentLineNumber)

    def refuse_doctype(name: str, system: str | None, public: str | None, subset: bool) -> None:
        if not (subset or system or public):
            return
        raise DocumentError(
            "a document type declaration that defines or names anything is not accepted",
            line=parser.CurrentLineNumber,
            remedy="Remove the <!DOCTYPE>" + (" and write the text of the entities in their place" if subset else ""),
        )

    def end(tag: str) -> None:
        stack.pop().end = parser.CurrentByteIndex

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = refuse_doctype
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code) or "unknown error"
        raise DocumentError(
            f"not well-formed XML: {reason} (column {error.offset + 1})",
            line=error.lineno,
            remedy=_syntax_remedy(data, error.lineno, error.offset),
        ) from error
    return top.children[0]
