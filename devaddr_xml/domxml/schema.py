"""libvirt's own grammar of a domain, where it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from lxml import etree

from devaddr_xml.domxml.document import Document, encode
from devaddr_xml.model.vocabulary import NAMESPACE

#: Where libvirt installs its schemas.
DIRECTORIES = (Path("/usr/share/libvirt/schemas"), Path("/usr/local/share/libvirt/schemas"))

#: A domain that every libvirt accepts, and how a place right in it is called.
_SMALLEST_DOMAIN = "<domain type='qemu'><name>x</name><memory>1</memory><os><type>hvm</type></os><devices/></domain>"
_SMALLEST = "domain"

#: So much of a value is shown.
_LONGEST = 60

_HINTS = f"{{{NAMESPACE}}}"


class Objection(NamedTuple):
    """Something that the grammar does not allow, and its line."""

    line: int
    message: str


def installed_schema() -> Path | None:
    """libvirt's grammar of a domain on this machine, if there is one."""
    return next((folder / "domain.rng" for folder in DIRECTORIES if (folder / "domain.rng").is_file()), None)


def tree_of(document: Document | str) -> etree._Element:
    """A document that was read already as lxml has it, with its line numbers; nothing outside it is looked at."""
    text = document if isinstance(document, str) else document.original
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    return etree.fromstring(encode(text), parser)


def objections(tree: etree._Element, schema: Path) -> list[Objection]:
    """What libvirt's grammar has against a domain; hints on devices, which libvirt does not know, are left out.

    RELAX NG itself only says that something is wrong somewhere: each part of the domain is therefore also tried alone.
    Raises OSError or lxml.etree.LxmlError when the grammar cannot be used.
    """
    plain = deepcopy(tree)
    for element in plain.iter("*"):
        for name in [name for name in element.attrib if str(name).startswith(_HINTS)]:
            del element.attrib[name]
    grammar = _grammar(schema)
    if grammar.validate(plain):
        return []
    general = [Objection(entry.line, entry.message) for entry in grammar.error_log]
    return sorted(set(_culprits(plain, grammar))) or sorted(set(general))


def _culprits(domain: etree._Element, grammar: etree.RelaxNG) -> Iterator[Objection]:
    """The parts of a domain that are not valid in a domain that is else as small as can be."""
    for part in [*domain.iterfind("*"), *domain.iterfind("devices/*")]:
        if part.tag == "devices":
            continue
        place = _SMALLEST if part.getparent() is domain else f"{_SMALLEST}/devices"
        if not _fits(grammar, part, place):
            yield from _faults(grammar, part, place)


def _fits(grammar: etree.RelaxNG, part: etree._Element, place: str) -> bool:
    """Whether a part is valid in the smallest domain, or in its devices."""
    domain = etree.fromstring(_SMALLEST_DOMAIN)
    for twin in domain.findall(part.tag) if place == _SMALLEST else ():
        domain.remove(twin)
    parent = domain if place == _SMALLEST else domain.find("devices")
    assert parent is not None
    parent.append(deepcopy(part))
    return bool(grammar.validate(domain))


def _faults(grammar: etree.RelaxNG, part: etree._Element, place: str) -> Iterator[Objection]:
    """What of a part is at fault: attributes and children without which it is valid, else the part as a whole."""
    line = _line(part)
    found = False
    for name, value in _attributes(part):
        if _fits_without(grammar, part, place, attribute=name):
            found = True
            yield Objection(line, f"<{part.tag}>: {name}='{value}' is not allowed there")
    for number, child in enumerate(part.iterfind("*")):
        if _fits_without(grammar, part, place, child=number):
            found = True
            yield Objection(_line(child), f"<{part.tag}>: <{child.tag}> is not allowed there, or not as it is")
    if not found:
        attributes = "".join(f" {name}='{value}'" for name, value in _attributes(part))
        yield Objection(line, f"<{part.tag}{attributes}> is not allowed there, or not as it is")


def _fits_without(
    grammar: etree.RelaxNG, part: etree._Element, place: str, attribute: str | None = None, child: int | None = None
) -> bool:
    smaller = deepcopy(part)
    if attribute is not None:
        del smaller.attrib[attribute]
    if child is not None:
        smaller.remove(smaller.findall("*")[child])
    return _fits(grammar, smaller, place)


def _attributes(element: etree._Element) -> list[tuple[str, str]]:
    return [(str(name), str(value)[:_LONGEST]) for name, value in element.attrib.items()]


def _line(element: etree._Element) -> int:
    line = element.sourceline
    return line if isinstance(line, int) else 1


@lru_cache(maxsize=2)
def _grammar(schema: Path) -> etree.RelaxNG:
    return etree.RelaxNG(file=str(schema))
