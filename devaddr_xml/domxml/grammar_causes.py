"""Why libvirt's grammar does not allow a part of a domain: the commonest causes, in our own words."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from lxml import etree

_NAMES = "{http://relaxng.org/ns/structure/1.0}"
#: White space that XML does not take for such, and characters that nobody sees.
_INVISIBLE = {
    "\u00a0": "a non-breaking space",
    "\u2007": "a figure space",
    "\u202f": "a narrow non-breaking space",
    "\u200b": "a zero-width space",
    "\u200e": "a left-to-right mark",
    "\ufeff": "a byte order mark",
    "\u2003": "an em space",
    "\u3000": "an ideographic space",
}
#: Quotation marks and dashes that a word processor writes.
_TYPOGRAPHIC = {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-", "\u2212": "-"}

_UUID = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
_MAC = re.compile(r"[0-9a-fA-F][02468aAcCeE](?::[0-9a-fA-F]{2}){5}")
_NUMBER = re.compile(r"[0-9]+")
#: Attributes and elements that are absolute paths: parent, and attribute (empty: the text).
_PATHS = frozenset(
    (
        *(("source", "file"), ("source", "dir"), ("source", "path"), ("binary", "path")),
        *((tag, "") for tag in ("emulator", "loader", "nvram", "kernel", "initrd", "dtb")),
    )
)
_UNITS = ("b", "bytes", "KB", "KiB", "k", "MB", "MiB", "M", "GB", "GiB", "G", "TB", "TiB", "T")
#: Elements that hold nothing but text, and must have some.
_TEXTS = ("name", "title", "uuid", "emulator", "loader", "nvram", "kernel", "initrd", "cmdline")
#: Elements of which a parent may have several, although it may have one only of most others.
_SEVERAL = frozenset(
    (
        *("source", "address", "host", "cell", "vcpupin", "iothread", "boot", "route", "ip", "timer", "feature", "arg"),
        *("env", "property", "device", "channel", "memnode", "page", "oemStrings", "entry", "usbdev", "certificate"),
        *("hugepages", "bank", "interconnect", "latency", "bandwidth", "sibling", "listen", "image", "vcpu", "node"),
        *(
            "iothreadpin",
            "cachetune",
            "memorytune",
            "monitor",
            "cache",
            "group",
            "acl",
            "seclabel",
            "param",
            "parameter",
        ),
        *("frames", "hub", "portOptions", "initarg", "initenv", "capability", "table", "label", "range", "alias"),
    )
)


class Cause(NamedTuple):
    """The element at fault, what is wrong with it, and what helps."""

    element: etree._Element
    message: str
    remedy: str


def name_of(element: etree._Element) -> str:
    """The tag of an element."""
    return str(element.tag)


def causes(part: etree._Element, grammar: Path) -> Iterator[Cause]:
    """Every known cause in a part that the grammar does not allow, and in what it holds."""
    for element in part.iter("*"):
        if str(element.tag).startswith("{"):
            continue
        for find in _FINDERS:
            yield from find(element)
        yield from _unknown_names(element, grammar)


def twice(parent: etree._Element, tags: frozenset[str] | None = None) -> Iterator[Cause]:
    """Children of which there can be one only; ``tags`` limits which."""
    seen: dict[object, etree._Element] = {}
    for child in parent.iterfind("*"):
        if child.tag in _SEVERAL if tags is None else child.tag not in tags:
            continue
        first = seen.setdefault(child.tag, child)
        if first is not child:
            yield Cause(
                child,
                f"<{parent.tag}> has a second <{child.tag}>; the first is on line {first.sourceline}",
                f"Remove one <{child.tag}>",
            )


def _values(element: etree._Element) -> Iterator[tuple[str, str]]:
    """The attributes of an element with their values, and its text under no name."""
    for name, value in element.attrib.items():
        yield str(name), str(value)
    yield "", element.text or ""


def _invisible(element: etree._Element) -> Iterator[Cause]:
    texts = [*_values(element), *(("", child.tail or "") for child in element)]
    for name, value in texts:
        for char, called in _INVISIBLE.items():
            if char in value:
                place = f"{name} of <{element.tag}>" if name else f"the text in <{element.tag}>"
                yield Cause(element, f"{place} has {called} (U+{ord(char):04X})", "Write an ordinary space, or nothing")
        for char, plain in _TYPOGRAPHIC.items():
            if char in value and name:
                message = f"{name} of <{element.tag}> has a typographic character (U+{ord(char):04X})"
                yield Cause(element, message, f"Write {plain} instead")


def _stray_text(element: etree._Element) -> Iterator[Cause]:
    texts = [element.text if len(element) else None, *(child.tail for child in element)]
    for text in texts:
        bare = "".join(char for char in text or "" if char not in _INVISIBLE).strip()
        if bare:
            yield Cause(element, f"<{element.tag}> has text between its elements: {bare[:40]!r}", "Remove the text")


def _empty(element: etree._Element) -> Iterator[Cause]:
    if element.tag in _TEXTS and not len(element) and not (element.text or "").strip() and not element.attrib:
        yield Cause(element, f"<{element.tag}> is empty", f"Write text into <{element.tag}>, or remove it")
    if element.tag in ("title", "name") and "\n" in (element.text or "").strip():
        yield Cause(element, f"<{element.tag}> has more than one line", "Write it on one line")
    if element.tag == "name" and "/" in (element.text or "") and element.getparent() is None:
        yield Cause(element, "a domain's name has no slash", "Choose a name without /")


def _identity(element: etree._Element) -> Iterator[Cause]:
    text = (element.text or "").strip()
    if element.tag == "uuid" and text and not _UUID.fullmatch(text):
        remedy = "Write a UUID such as uuidgen prints, or remove <uuid>, and libvirt generates one"
        yield Cause(element, f"{text[:60]!r} is not a UUID", remedy)
    address = element.get("address")
    if element.tag == "mac" and address is not None and not _MAC.fullmatch(str(address)):
        remedy = "Write six pairs of hexadecimal digits with colons, the first pair even, such as 52:54:00:12:34:56"
        yield Cause(element, f"{str(address)[:60]!r} is not a MAC address for an interface", remedy)


def _paths(element: etree._Element) -> Iterator[Cause]:
    for name, value in _values(element):
        text = value.strip()
        if (element.tag, name) in _PATHS and text and not text.startswith("/") and "://" not in text:
            where = f"{name} of <{element.tag}>" if name else f"<{element.tag}>"
            yield Cause(element, f"{where} is a relative path: {text[:60]!r}", "Write an absolute path")


def _units(element: etree._Element) -> Iterator[Cause]:
    unit = element.get("unit")
    if element.tag in ("memory", "currentMemory", "maxMemory", "size") and unit is not None:
        if str(unit).lower() not in {each.lower() for each in _UNITS}:
            yield Cause(element, f"unit {str(unit)[:40]!r} is not known", f"Use one of {', '.join(_UNITS)}")
        if not _NUMBER.fullmatch((element.text or "").strip()):
            message = f"<{element.tag}> is not a whole number: {(element.text or '').strip()[:40]!r}"
            yield Cause(element, message, "Write a whole number, with a smaller unit if need be")


def _blanks(element: etree._Element) -> Iterator[Cause]:
    for name, text in list(_values(element))[:-1]:
        if text != text.strip():
            message = f"{name} of <{element.tag}> has white space around it"
            yield Cause(element, message, f"Write {name}='{text.strip()}'")
        elif not text and name not in ("type", "passwd", "serial"):
            yield Cause(element, f"{name} of <{element.tag}> is empty", f"Write a value, or remove {name}")


def _once(element: etree._Element) -> Iterator[Cause]:
    if element.tag not in ("devices", "domain"):
        yield from twice(element)


_FINDERS: tuple[Callable[[etree._Element], Iterator[Cause]], ...] = (
    *(_invisible, _stray_text, _empty, _identity, _paths, _units, _blanks, _once),
)


def _unknown_names(element: etree._Element, grammar: Path) -> Iterator[Cause]:
    """Elements and attributes of which the whole grammar knows none of that name."""
    elements, attributes = known_names(grammar)
    if not elements:
        return
    if element.tag not in elements:
        near = get_close_matches(str(element.tag), elements, n=1, cutoff=0.75)
        remedy = f"Did you mean <{near[0]}>?" if near else "Remove it, or put it into <metadata>"
        yield Cause(element, f"there is no element <{element.tag!s}>", remedy)
    for name in map(str, element.attrib):
        if name not in attributes and not name.startswith("{"):
            near = get_close_matches(name, attributes, n=1)
            remedy = f"Did you mean {near[0]}?" if near else "Remove it"
            yield Cause(element, f"<{element.tag!s}> has no attribute {name}", remedy)


@lru_cache(maxsize=2)
def known_names(grammar: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of all elements and of all attributes in the files of a grammar, each sorted."""
    elements, attributes = set[str](), set[str]()
    for tree in _trees(grammar):
        elements.update(str(each.get("name")) for each in tree.iter(f"{_NAMES}element") if each.get("name"))
        attributes.update(str(each.get("name")) for each in tree.iter(f"{_NAMES}attribute") if each.get("name"))
    return tuple(sorted(elements)), tuple(sorted(attributes))


@lru_cache(maxsize=2)
def _trees(grammar: Path) -> tuple[etree._ElementTree, ...]:
    """The files of a grammar, which stand beside each other."""
    found = []
    for path in sorted(grammar.parent.glob("*.rng")):
        with contextlib.suppress(OSError, etree.LxmlError):
            found.append(etree.parse(str(path)))
    return tuple(found)


class Sort(NamedTuple):
    """A sort of values: one that is of it, one that is not, and what helps."""

    good: str
    bad: str
    remedy: str


#: What tells from which values the grammar takes what it wants.
SORTS = (
    Sort("yes", "nay", "Write yes or no"),
    Sort("on", "onn", "Write on or off"),
    Sort("52:54:00:00:00:01", "x", "Write a MAC address such as 52:54:00:12:34:56"),
    Sort("0x1", "x", "Write a number"),
    Sort("1", "x", "Write a whole number"),
    Sort("/x", "x", "Write an absolute path"),
)


def expected(fits: Callable[[str], bool], value: str, grammar: Path) -> str | None:
    """What helps with a value that the grammar does not take, as far as trying others tells."""
    for other in (value.strip(), value.lower(), value.upper(), *get_close_matches(value, known_values(grammar), n=4)):
        if other and other != value and fits(other):
            return f"Did you mean {other}?"
    return next((sort.remedy for sort in SORTS if fits(sort.good) and not fits(sort.bad)), None)


@lru_cache(maxsize=2)
def known_values(grammar: Path) -> tuple[str, ...]:
    """Every value that the files of a grammar spell out."""
    return tuple(
        sorted({(each.text or "").strip() for tree in _trees(grammar) for each in tree.iter(f"{_NAMES}value")})
    )
