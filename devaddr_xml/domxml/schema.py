"""libvirt's own grammar of a domain, where it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

from lxml import etree

from devaddr_xml.domxml.document import Document, encode
from devaddr_xml.domxml.grammar_causes import causes, expected, name_of, twice
from devaddr_xml.model.vocabulary import NAMESPACE

#: Where libvirt installs its schemas.
DIRECTORIES = (Path("/usr/share/libvirt/schemas"), Path("/usr/local/share/libvirt/schemas"))

#: A domain that every libvirt accepts, and how a place right in it is called.
_SMALLEST_DOMAIN = "<domain type='qemu'><name>x</name><memory>1</memory><os><type>hvm</type></os><devices/></domain>"
_SMALLEST = "domain"

#: Elements of which a domain has one.
_ONCE_IN_DOMAIN = frozenset(
    (
        *("name", "uuid", "genid", "title", "description", "metadata", "memory", "currentMemory", "maxMemory", "vcpu"),
        *("vcpus", "iothreads", "memoryBacking", "memtune", "cputune", "numatune", "blkiotune", "os", "features"),
        *("cpu", "clock", "pm", "devices", "on_poweroff", "on_reboot", "on_crash"),
    )
)
#: Devices of which a domain has one.
_ONCE = frozenset(("emulator", "memballoon", "vsock", "nvram"))
#: So many elements of one part are looked at.
_MOST = 40
_SOMEWHERE = "each of its elements is valid, but not their combination"
_LOOK = "See libvirt's manual: formatdomain"
#: So much of a value is shown.
_LONGEST = 60

_HINTS = f"{{{NAMESPACE}}}"


class Objection(NamedTuple):
    """Something that the grammar does not allow, its line, and what helps, if that is known."""

    line: int
    message: str
    remedy: str = ""


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
    return sorted(set(_culprits(plain, grammar, schema))) or [Objection(_line(plain), _SOMEWHERE, _LOOK)]


def _culprits(domain: etree._Element, grammar: etree.RelaxNG, schema: Path) -> Iterator[Objection]:
    """The parts of a domain that are not valid in a domain that is else as small as can be, and what is twice."""
    devices = domain.find("devices")
    doubled = [*twice(domain, _ONCE_IN_DOMAIN), *(twice(devices, _ONCE) if devices is not None else ())]
    yield from (Objection(_line(cause.element), cause.message, cause.remedy) for cause in doubled)
    for part in [*domain.iterfind("*"), *domain.iterfind("devices/*")]:
        if part.tag == "devices":
            continue
        place = _SMALLEST if part.getparent() is domain else f"{_SMALLEST}/devices"
        if _fits(grammar, part, place):
            continue
        known = {Objection(_line(cause.element), cause.message, cause.remedy) for cause in causes(part, schema)}
        yield from known or _faults(grammar, part, place, schema)


def _fits(grammar: etree.RelaxNG, part: etree._Element, place: str) -> bool:
    """Whether a part is valid in the smallest domain, or in its devices."""
    domain = etree.fromstring(_SMALLEST_DOMAIN)
    for twin in domain.findall(part.tag) if place == _SMALLEST else ():
        domain.remove(twin)
    parent = domain if place == _SMALLEST else domain.find("devices")
    assert parent is not None
    parent.append(deepcopy(part))
    return bool(grammar.validate(domain))


def _faults(grammar: etree.RelaxNG, part: etree._Element, place: str, schema: Path) -> Iterator[Objection]:
    """What of a part is at fault: attributes and children without which it is valid, else the part as a whole."""
    found = False
    for number, element in enumerate(list(part.iter("*"))[:_MOST]):
        for name, value in ((str(name), str(value)) for name, value in element.attrib.items()):
            remedy = expected(partial(_fits_with, grammar, part, place, number, name), value, schema)
            if remedy or _fits_with(grammar, part, place, number, name, None):
                found = True
                shown = f"<{element.tag}>: {name}='{value[:_LONGEST]}' is not allowed there"
                yield Objection(_line(element), shown, remedy or f"Remove {name}")
        text = (element.text or "").strip()
        if text and not len(element):
            remedy = expected(partial(_fits_with, grammar, part, place, number, ""), text, schema)
            if remedy:
                found = True
                yield Objection(_line(element), f"<{element.tag}>: {text[:_LONGEST]!r} is not allowed there", remedy)
    if found:
        return
    for number, child in enumerate(part.iterfind("*")):
        if _fits_without(grammar, part, place, number):
            found = True
            message = f"<{name_of(part)}>: <{name_of(child)}> does not match libvirt's grammar there"
            yield Objection(_line(child), message, f"Remove <{name_of(child)}>, or correct it by libvirt's manual")
    if not found:
        attributes = "".join(f" {name}='{value}'" for name, value in _attributes(part))
        message = f"<{name_of(part)}{attributes}> does not match libvirt's grammar there"
        yield Objection(_line(part), message, "It may lack an attribute or an element: see libvirt's manual")


def _fits_with(
    grammar: etree.RelaxNG, part: etree._Element, place: str, number: int, attribute: str, value: str | None
) -> bool:
    """Whether a part is valid when one of its elements has another value; ``None``: when it has none."""
    other = deepcopy(part)
    element = list(other.iter("*"))[number]
    try:
        if value is None:
            del element.attrib[attribute]
        elif attribute:
            element.set(attribute, value)
        else:
            element.text = value
    except ValueError:
        return False
    return _fits(grammar, other, place)


def _fits_without(grammar: etree.RelaxNG, part: etree._Element, place: str, child: int) -> bool:
    smaller = deepcopy(part)
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
