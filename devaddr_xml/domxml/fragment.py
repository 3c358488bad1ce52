"""Device elements that stand in a document of their own: one, several, or in a ``<devices>``."""

from __future__ import annotations

import re
from typing import NamedTuple

import msgspec

from devaddr_xml.domxml.devices import LAYOUTS, device_nodes
from devaddr_xml.domxml.document import BLANK, Document, Node, parse
from devaddr_xml.domxml.elements import Style
from devaddr_xml.domxml.encoding import decode
from devaddr_xml.domxml.facts.judge import refuse_unsound
from devaddr_xml.domxml.faults import shown
from devaddr_xml.domxml.reader import read
from devaddr_xml.domxml.splice import Splicer
from devaddr_xml.domxml.strays import meant, stray_parts
from devaddr_xml.model.device import AnyDevice
from devaddr_xml.model.errors import DevaddrError, DocumentError
from devaddr_xml.model.lines import SourceLine
from devaddr_xml.model.notice import Notice
from devaddr_xml.model.vocabulary import NAMESPACE, PREFIX

_DECLARATION = re.compile(r"\s*<\?xml[ \t\r\n][^>]*\?>")
_COLUMN = re.compile(r"\(column (\d+)\)")
_MARKUP = re.compile(r"<!--.*?-->|<\?.*?\?>", re.DOTALL)
_BETWEEN = re.compile(r">\r?\n([ \t]*)(?=<)")

_DEVICES = "Write one or several device elements such as <interface>, or put them into <devices>"


class Fragment(msgspec.Struct, eq=False):
    """Device elements and what they say.

    name: of the document, for messages. devices: one for each node. doubts: warnings.
    """

    name: str
    document: Document
    nodes: list[Node]
    devices: list[AnyDevice]
    doubts: tuple[Notice, ...] = ()


def read_fragment(xml: str | bytes, name: str) -> Fragment:
    """Read device XML as ``virsh attach-device`` takes it, also several devices or a ``<devices>`` around them.

    Hints may be on the devices, with or without a declaration of the usual prefix. Raises DevaddrError, with ``name``
    in the line number.
    """
    try:
        document = _wrapped(decode(xml))
        nodes = device_nodes(document)
        guest = read(document)
        doubts = [_of(notice, name) for notice in stray_parts(document)]
    except DevaddrError as error:
        if error.line:
            error.line = SourceLine(error.line, name)
        raise
    if not nodes:
        raise DocumentError(f"{name} holds no device")
    for device in guest.devices:
        device.line = SourceLine(device.line or 1, name)
    return Fragment(name, document, nodes, guest.devices, tuple(doubts))


def refuse_unsound_devices(fragment: Fragment) -> None:
    """Raise ValueInvalid for a device that libvirt would refuse by its own element."""
    for node in fragment.nodes:
        try:
            refuse_unsound(fragment.document, node)
        except DevaddrError as error:
            error.line = SourceLine(error.line or 1, fragment.name)
            raise


def _of(notice: Notice, name: str) -> Notice:
    """A warning whose line knows its document."""
    return msgspec.structs.replace(notice, line=SourceLine(notice.line or 1, name))


def _wrapped(text: str) -> Document:
    """The fragment as a domain that has nothing but its devices; every line stays where it is."""
    declaration = _DECLARATION.match(text)
    if declaration:
        text = "\n" * declaration[0].count("\n") + text[declaration.end() :]
    start = f'<domain xmlns:{PREFIX}="{NAMESPACE}">' if f"{PREFIX}:" in text else "<domain>"
    try:
        document = parse(f"{start}{text}</domain>")
    except DocumentError as error:
        if error.line == 1:
            error.message = _COLUMN.sub(lambda m: f"(column {max(1, int(m[1]) - len(start))})", error.message)
        raise
    root = document.root
    if not any(node.tag == "devices" for node in root.children):
        root.children = [Node("devices", {}, root.start, root.end, root.children)]
    for holder in root.children:
        _refuse_strangers(document, holder)
    return document


def _refuse_strangers(document: Document, holder: Node) -> None:
    if holder.tag != "devices":
        raise _stranger(document, holder)
    position = document.start_tag_end(holder)
    for node in holder.children:
        _refuse_text(document, position, node.start)
        if node.tag not in LAYOUTS:
            raise _stranger(document, node)
        position = document.end(node)
    if position < holder.end:
        _refuse_text(document, position, holder.end)


def _refuse_text(document: Document, start: int, end: int) -> None:
    """Nothing but comments stands between devices."""
    text = _MARKUP.sub("", document.text[start:end]).strip(BLANK)
    if text:
        line = document.text.count("\n", 0, start) + 1
        raise DocumentError(f"the text {shown(document.as_text(text))} is not a device", line=line)


def _stranger(document: Document, node: Node) -> DocumentError:
    return DocumentError(
        f"<{node.tag.rpartition('}')[2][:60]}> is not a device with an address",
        line=document.line(node),
        remedy=meant(node.tag)
        or "Write one or several device elements such as <interface>, or put them into <devices>",
    )


def element_text(splicer: Splicer, node: Node) -> str:
    """The element with the changes to it, its end tag at the left margin, in the characters of a document's text."""
    return indented(splicer.changed_text(node), "\n")


def indented(text: str, break_: str) -> str:
    """The text of an element whose end tag is at the left margin, or will be, behind a line break and indentation."""
    _, newline, last = text.rpartition("\n")
    if not newline or not break_:
        return text
    margin = len(last) - len(last.lstrip(" \t"))

    def replaced(match: re.Match[str]) -> str:
        return f">{break_}{match[1][margin:]}"

    return _BETWEEN.sub(replaced, text)


class Arrival(NamedTuple):
    """A device whose element is there already; source: its text, with the end tag at the left margin."""

    tag: str
    source: str

    def text(self, break_: str, style: Style) -> str:
        """The element at its new depth."""
        return indented(self.source, break_)
