"""Documents and guests that are nearly right: skeletons with a few changes, each chosen by a source of numbers.

The source is a function that takes a number n and gives one from 0 to n - 1, so that Hypothesis, which makes failures
small, and a coverage-guided fuzzer, which makes them out of bytes, use the same changes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from devaddr_xml.domxml.addresses import ADDRESS_ATTRIBUTES
from devaddr_xml.domxml.devices import LAYOUTS
from devaddr_xml.domxml.document import parse
from devaddr_xml.domxml.reader import read
from devaddr_xml.model.errors import DevaddrError
from devaddr_xml.model.vocabulary import HINTS, NAMESPACE, POLICY, Term

Pick = Callable[[int], int]

SKELETONS = tuple(sorted((Path(__file__).resolve().parent.parent / "fixtures").glob("*/*.xml")))

#: Values for attributes and texts, beside those that occur in the skeletons.
VALUES = (
    *(
        "",
        " ",
        "0",
        "1",
        "2",
        "3",
        "7",
        "8",
        "15",
        "16",
        "31",
        "32",
        "254",
        "255",
        "256",
        "65535",
        "65536",
        "4294967295",
    ),
    *("0x0", "0x00", "0x1f", "0x20", "0xff", "0x100", "0xffffffff", "0x", "-1", "+1", "1e3", "99999999999999999999"),
    *(
        "on",
        "off",
        "yes",
        "no",
        "none",
        "auto",
        "default",
        "virtio",
        "e1000",
        "vda",
        "sda",
        "hda",
        "fda",
        "vda1",
        "sdaa",
    ),
    *(
        "1.2.3.4",
        "1.2.3.4.5",
        "1.0",
        "0000:41:00.0",
        "52:54:00:00:00:01",
        "ua-a",
        "pci.1",
        "disk[1]",
        "rng[2]",
        "\u0663",
    ),
    *(
        "root-port",
        "switch",
        "bridge",
        "root-complex",
        "libvirt",
        "pack",
        "functions",
        "strict",
        "prefer",
        "true",
        "false",
    ),
    *("0-3,^2", "0-16383", "1KiB", "16EiB", "pcie-root-port", "pcie-expander-bus", "pci-bridge", "usb", "scsi", "pci"),
)
MACHINES = (
    *("q35", "pc", "pc-q35-3.0", "pc-i440fx-2.1", "virt", "virt-2.6", "pseries", "s390-ccw-virtio", "microvm", "isapc"),
    *("versatilepb", "vexpress-a9", "mac99", "g3beige", "malta", "powernv", "none", "q"),
)
ARCHITECTURES = (
    "x86_64",
    "i686",
    "aarch64",
    "armv7l",
    "ppc64",
    "s390x",
    "riscv64",
    "loongarch64",
    "mips",
    "sparc",
    "?",
)


_QEMU = "{http://libvirt.org/schemas/domain/qemu/1.0}"
_OPTIONS = ("-device", "-device", "-device", "--device", "-drive", "-net", "-nic", "-virtfs", "-set", "-object", "x")
_DRIVERS = (
    *(
        "edu",
        "vfio-pci",
        "ivshmem-plain",
        "pcie-root-port",
        "pxb-pcie",
        "pxb",
        "pci-bridge",
        "x3130-upstream",
        "usb-kbd",
    ),
    *("usb-kbd", "isa-debugcon", "virtio-9p-pci", "e1000", "", "nic", "if=virtio", "device.ua-x.addr=5", "[", "a,,b"),
)
_ARGUMENTS: dict[str, tuple[str, ...]] = {
    "id": ("a", "b", "pci.1", "x,,y", ""),
    "bus": ("pcie.0", "pci.0", "pci.1", "pci.3", "pci.40", "pci.255", "pci.256", "a", "b", "usb.0", "pci.1.0", ""),
    "addr": ("0x1", "1c.0", "0x1f.0x2", "2", "0x2.1", "31", "32", "-1", "x", "1.8", "0x1c.0x0"),
    "bus_nr": ("1", "254", "0x80", "250", "256", "0", "-1", "x"),
    "multifunction": ("on", "off", "true", "maybe"),
}


@cache
def _words() -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Tags, attributes and values: all that occur in the skeletons, and those that the package knows."""
    tags, attributes, values = set(LAYOUTS), {"type", "model", "bus"}, set(VALUES)
    for names in ADDRESS_ATTRIBUTES.values():
        attributes.update(names)
    for path in SKELETONS:
        for element in etree.parse(str(path)).iter("*"):
            tags.add(element.tag)
            attributes.update(element.attrib)
            values.update(value for value in element.attrib.values() if len(value) < 40)
    return tuple(sorted(tags)), tuple(sorted(attributes)), tuple(sorted(values))


def mutated_document(pick: Pick, most: int = 8) -> bytes:
    """A skeleton with one to ``most`` changes."""
    root = etree.fromstring(SKELETONS[pick(len(SKELETONS))].read_bytes())
    for _ in range(1 + pick(most)):
        elements = list(root.iter("*"))
        _CHANGES[pick(len(_CHANGES))](elements[pick(len(elements))], pick)
    return etree.tostring(root)


def mutated_device(pick: Pick) -> bytes:
    """A device of a skeleton with changes, for attaching it to another guest."""
    root = etree.fromstring(mutated_document(pick, 4))
    devices = root.findall("devices/*")
    return etree.tostring(devices[pick(len(devices))]) if devices else b"<rng/>"


@cache
def guests() -> tuple[str, ...]:
    """The guests of the skeletons that can be read, in JSON."""
    found = []
    for path in SKELETONS:
        with suppress(DevaddrError):
            found.append(read(parse(path.read_bytes())).to_json())
    return tuple(found)


def mutated_guest(pick: Pick, most: int = 5) -> str:
    """The guest of a skeleton in JSON, with one to ``most`` values replaced, dropped or repeated."""
    root = json.loads(guests()[pick(len(guests()))])
    for _ in range(1 + pick(most)):
        places = list(_places(root))
        holder, key = places[pick(len(places))]
        change = pick(4)
        if change == 0:
            del holder[key]
        elif change == 1 and isinstance(holder, list):
            holder.append(deepcopy(holder[key]))
        else:
            holder[key] = deepcopy(JSON_VALUES[pick(len(JSON_VALUES))])
        if not root:
            break
    return json.dumps(root)


def _word(words: tuple[str, ...], pick: Pick) -> str:
    return words[pick(len(words))]


def _drop(element: Any, pick: Pick) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _repeat(element: Any, pick: Pick) -> None:
    parent = element.getparent()
    if parent is not None:
        for _ in range(1 + pick(4)):
            parent.append(etree.fromstring(etree.tostring(element)))


def _rename(element: Any, pick: Pick) -> None:
    element.tag = _word(_words()[0], pick)


def _adopt(element: Any, pick: Pick) -> None:
    etree.SubElement(element, _word(_words()[0], pick))


def _set(element: Any, pick: Pick) -> None:
    names = element.keys()
    name = names[pick(len(names))] if names and pick(4) else _word(_words()[1], pick)
    element.set(name, _word(_words()[2], pick))


def _unset(element: Any, pick: Pick) -> None:
    names = element.keys()
    if names:
        del element.attrib[names[pick(len(names))]]


def _say(element: Any, pick: Pick) -> None:
    element.text = _word(_words()[2], pick)


def _address(element: Any, pick: Pick) -> None:
    """Give it an address of any type."""
    kinds = tuple(ADDRESS_ATTRIBUTES)
    kind = _word(kinds, pick)
    address = etree.SubElement(element, "address", type=kind)
    for name in ADDRESS_ATTRIBUTES[kind]:
        if pick(4):
            address.set(name, str(pick(40)) if pick(4) else _word(VALUES, pick))


def _hint(element: Any, pick: Pick) -> None:
    """Put a hint on it, right or wrong."""
    term = HINTS[pick(len(HINTS))]
    element.set(f"{{{NAMESPACE}}}{term.name}", _term_value(term, pick))


def _term_value(term: Term, pick: Pick) -> str:
    """A value for a name of the vocabulary, mostly a right one."""
    if pick(8) == 0:
        return _word(VALUES, pick)
    if term.words and (term.numbers is None or pick(2)):
        return _word(term.words, pick)
    return str(pick(6)) if term.numbers else f"name-{pick(3)}"


def _policy(element: Any, pick: Pick) -> None:
    """Put a policy into the document's metadata."""
    root = element.getroottree().getroot()
    metadata = root.find("metadata")
    if metadata is None:
        metadata = etree.SubElement(root, "metadata")
    policy = etree.SubElement(metadata, f"{{{NAMESPACE}}}policy", nsmap={"devaddr": NAMESPACE})
    for _ in range(pick(4)):
        term = POLICY[pick(len(POLICY))]
        policy.set(term.name, _term_value(term, pick))
    for _ in range(pick(3)):
        device = etree.SubElement(policy, f"{{{NAMESPACE}}}device", ref=_word(_words()[2], pick))
        term = HINTS[pick(len(HINTS))]
        device.set(term.name, _term_value(term, pick))


def _machine(element: Any, pick: Pick) -> None:
    """Make it a guest of another machine."""
    for kind in element.getroottree().getroot().iterfind("os/type"):
        kind.set("machine", _word(MACHINES, pick))
        kind.set("arch", _word(ARCHITECTURES, pick))


def _command_line(element: Any, pick: Pick) -> None:
    """Give QEMU devices of its own, or libvirt's devices other places."""
    root = element.getroottree().getroot()
    if pick(4) == 0:
        _override(etree.SubElement(root, f"{_QEMU}override", nsmap={"qemu": _QEMU[1:-1]}), pick)
        return
    part = etree.SubElement(root, f"{_QEMU}commandline", nsmap={"qemu": _QEMU[1:-1]})
    for _ in range(1 + pick(4)):
        etree.SubElement(part, f"{_QEMU}arg", value=_word(_OPTIONS, pick))
        etree.SubElement(part, f"{_QEMU}arg", value=_argument(pick))


def _argument(pick: Pick) -> str:
    """A device for QEMU's command line, plain or as JSON, right or wrong."""
    words = {"driver": _word(_DRIVERS, pick)}
    for name in ("id", "bus", "addr", "bus_nr", "multifunction"):
        if pick(2):
            words[name] = _word(_ARGUMENTS[name], pick) if pick(8) else _word(_words()[2], pick)
    if pick(3) == 0:
        numbers = {name: int(value) if value.isdecimal() and pick(2) else value for name, value in words.items()}
        return json.dumps(numbers)[: None if pick(8) else 20]
    return ",".join([words.pop("driver"), *(f"{name}={value}" for name, value in words.items())])


def _override(part: Any, pick: Pick) -> None:
    device = etree.SubElement(part, f"{_QEMU}device", alias=_word(_words()[2], pick))
    front = etree.SubElement(device, f"{_QEMU}frontend")
    for name in ("addr", "bus"):
        if pick(2):
            kind = _word(("string", "unsigned", "signed"), pick)
            value = _word(_ARGUMENTS[name], pick)
            etree.SubElement(front, f"{_QEMU}property", name=name, type=kind, value=value)


#: Encodings for documents, each with the mark in front of them.
ENCODINGS: tuple[tuple[str, bytes], ...] = (
    *(("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff")),
    *(("iso-8859-1", b""), ("windows-1252", b""), ("koi8-r", b"")),
)


def encoded_document(pick: Pick) -> bytes:
    """A skeleton with changes in one of the encodings, with letters that not all of them have."""
    root = etree.fromstring(mutated_document(pick, 4))
    title = etree.SubElement(root, "title")
    title.text = _word(("plain", "\u00e4\u00f6", "\u20ac", "\u0416", "\u00a0"), pick)
    name, mark = ENCODINGS[pick(len(ENCODINGS))]
    text = etree.tostring(root, encoding="unicode")
    declared = name.partition("-le")[0].partition("-be")[0]
    return mark + f'<?xml version="1.0" encoding="{declared}"?>\n{text}'.encode(name, "xmlcharrefreplace")


_CHANGES: tuple[Callable[[Any, Pick], None], ...] = (
    *(_drop, _repeat, _rename, _adopt, _set, _set, _set, _unset, _say),
    *(_address, _address, _hint, _hint, _policy, _machine, _command_line, _command_line),
)

#: Values of the wrong type, or far outside, for a guest in JSON.
JSON_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 7, 8, 31, 32, 255, 256, 2**31, 2**32, 2**63 - 1, 1.5, "", "x", "0x1", "pci", [], {}),
    *(
        {"type": "pci", "bus": 1},
        {"type": "drive", "unit": 7},
        {"type": "usb", "port": [1, 1]},
        [1, 2],
        "pcie-root-port",
    ),
    *({"type": "ccw"}, {"type": "isa", "irq": 5}, {"type": "dimm", "slot": 3}, {"type": "spapr-vio", "reg": 4096}),
    *({"hotplug": "yes"}, {"node": 0}, {"placement": "switch"}, {"bus-group": "a"}, {"slot-group": "b"}),
)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place inside a JSON value: what holds it, and its key."""
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])
