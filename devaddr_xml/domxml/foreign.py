"""What a document says to QEMU directly, past libvirt: ``<qemu:commandline>`` and ``<qemu:override>``."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from devaddr_xml.domxml.document import QEMU, Document, Node
from devaddr_xml.domxml.faults import shown
from devaddr_xml.model.foreign import PORTS, ForeignDevice
from devaddr_xml.model.malformed import MALFORMED
from devaddr_xml.model.notice import Notice

#: A comma that separates: one of an odd row, since two stand for a comma of the value.
_PARTS = r"(?:[^,]|,,)+"
_ADDR = r"\s*(?:0[xX])?([0-9a-fA-F]{1,2})(?:\.(?:0[xX])?([0-7]))?\s*\Z"
_LAST_SLOT = 31
_LAST_BUS = 255
_LARGEST = 0xFFFF
_ON = (True, "on", "yes", "true", "y")

#: By option: the key of what stands in front of its value, and the driver of the PCI device that it adds.
_SHORTHANDS: dict[str, tuple[str, str]] = {
    "-virtfs": ("virtfs", "virtio-9p-pci"),
    "-drive": ("drive", "virtio-blk-pci"),
    "-net": ("net", "nic"),
    "-nic": ("nic", "nic"),
    "-vga": ("vga", "VGA"),
}
#: What ``-vga`` adds, by its word.
_CARDS = {"std": "VGA", "cirrus": "cirrus-vga", "vmware": "vmware-svga", "qxl": "qxl-vga", "virtio": "virtio-vga"}
#: Options whose devices are in another file.
_FILES = ("-readconfig",)


def foreign_devices(document: Document) -> tuple[ForeignDevice, ...]:
    """The devices that the document gives to QEMU directly, and other places that it gives to libvirt's."""
    return tuple([found for found in _read(document) if isinstance(found, ForeignDevice)])


def foreign_doubts(document: Document) -> Iterator[Notice]:
    """A warning for each of them that is not understood."""
    return (found for found in _read(document) if isinstance(found, Notice))


def _read(document: Document) -> Iterator[ForeignDevice | Notice]:
    for part in document.root.children:
        if part.tag == f"{QEMU}commandline":
            yield from _of_arguments(document, part)
        elif part.tag == f"{QEMU}override":
            yield from _of_overrides(document, part)


def _of_arguments(document: Document, part: Node) -> Iterator[ForeignDevice | Notice]:
    """What the arguments of the command line say."""
    option: str | None = None
    for node in part.children:
        if node.tag != f"{QEMU}arg":
            continue
        text = node.attributes.get("value", "")
        if option is None:
            option = _option(text)
            if option is None and (joined := _option(text.partition(" ")[0])) is not None:
                message = f"<qemu:commandline> has {shown(text)} in one argument, which QEMU does not take"
                remedy = f"Write {joined} and its value as two <qemu:arg>"
                yield Notice(message, None, document.line(node), remedy)
            continue
        name, option = option, None
        if name in _FILES:
            message = f"{name} in <qemu:commandline>: devices in {shown(text)} are ignored"
            yield Notice(message, None, document.line(node), "Pass them with -device here")
            continue
        try:
            found = _READERS[name](name, text, document.line(node))
        except ValueError as error:
            message = f"{name} in <qemu:commandline>: {error}; its place is ignored"
            yield Notice(message, None, document.line(node))
            continue
        if found is not None:
            yield found
    if option is not None:
        last = next(node for node in reversed(part.children) if node.tag == f"{QEMU}arg")
        message = f"{option} in <qemu:commandline> has no value: QEMU does not start"
        yield Notice(message, None, document.line(last), f"Add a <qemu:arg> after {option}, or remove it")


def _option(text: str) -> str | None:
    """The option that an argument is, if it is one whose value says something of devices."""
    name = f"-{text.lstrip('-')}" if text.startswith("-") else None
    return name if name in _READERS or name in _FILES else None


def _device(_option: str, text: str, line: int) -> ForeignDevice:
    """The device of ``-device``; raises ValueError when it has no driver, or no place that there is."""
    json = text.lstrip().startswith("{")
    options = _of_json(text) if json else _of_plain(text, "driver")
    driver = options.get("driver")
    if not isinstance(driver, str) or not driver:
        raise ValueError("it names no driver")
    slot, function = _place(options.get("addr"))
    return ForeignDevice(
        driver=driver,
        id=_text(options, "id"),
        bus=_text(options, "bus"),
        slot=slot,
        function=function,
        multifunction=options.get("multifunction") in _ON,
        json=json,
        bus_nr=_bus_number(options.get("bus_nr")),
        chassis=(_whole(options.get("chassis")), _whole(options.get("slot"))) if driver in PORTS else None,
        line=line,
    )


def _shorthand(option: str, text: str, line: int) -> ForeignDevice | None:
    """The device that ``-drive if=virtio``, ``-virtfs``, ``-net nic`` and ``-nic`` add."""
    first, driver = _SHORTHANDS[option]
    options = _of_plain(text, first)
    if option == "-vga":
        card = _CARDS.get(str(options.get(first)))
        return ForeignDevice(driver=card, line=line) if card is not None else None
    if option == "-drive" and options.get("if") != "virtio":
        return None
    if (option == "-net" and options.get(first) != "nic") or (option == "-nic" and options.get(first) == "none"):
        return None
    slot, function = _place(options.get("addr"))
    driver = _text(options, "model") or driver
    return ForeignDevice(driver=driver, id=_text(options, "id"), slot=slot, function=function, line=line)


def _setting(_option: str, text: str, line: int) -> ForeignDevice | None:
    """The other place that ``-set device.ID.addr=`` gives to a device."""
    key, _, value = text.partition("=")
    group, _, rest = key.partition(".")
    name, _, field = rest.rpartition(".")
    if group != "device" or field != "addr":
        return None
    slot, function = _place(value)
    return ForeignDevice(driver="set", overrides=name, slot=slot, function=function, line=line)


def _of_overrides(document: Document, part: Node) -> Iterator[ForeignDevice | Notice]:
    """The places that ``<qemu:override>`` gives to libvirt's devices."""
    for node in part.children:
        if node.tag != f"{QEMU}device":
            continue
        properties: dict[str, tuple[object, Node]] = {}
        for front in node.children:
            for one in front.children:
                if one.tag == f"{QEMU}property":
                    properties[one.attributes.get("name", "")] = _typed(one), one
        alias = node.attributes.get("alias", "")
        if not {"addr", "bus"} & properties.keys():
            continue
        addr, where = properties.get("addr") or (None, node)
        bus, _ = properties.get("bus") or (None, node)
        line = document.line(where)
        try:
            slot, function = _place(addr)
        except ValueError as error:
            yield Notice(f"<qemu:override> of {alias}: {error}; its place is ignored", None, line)
            continue
        yield ForeignDevice(
            driver="override",
            overrides=alias,
            bus=bus if isinstance(bus, str) else None,
            slot=slot,
            function=function,
            line=line,
        )


def _typed(node: Node) -> object:
    """The value of a property, a number where it has the type of one."""
    text = node.attributes.get("value", "")
    if node.attributes.get("type") in ("signed", "unsigned") and text.lstrip("-").isdecimal() and len(text) < 10:
        return int(text)
    return text


def _of_json(text: str) -> dict[str, object]:
    try:
        found = msgspec.json.decode(text)
    except MALFORMED:
        raise ValueError("it is not valid JSON") from None
    if not isinstance(found, dict):
        raise ValueError("it is not a JSON object")
    return found


def _of_plain(text: str, first: str) -> dict[str, object]:
    """The properties in ``value,key=value,key``; ``first`` is the key of a value in front without one."""
    options: dict[str, object] = {}
    for position, part in enumerate(re.findall(_PARTS, text)):
        key, equals, value = part.replace(",,", ",").partition("=")
        if not position and not equals:
            options[first] = key.strip()
        else:
            options[key.strip()] = value if equals else "on"
    return options


def _text(options: dict[str, object], key: str) -> str | None:
    value = options.get(key)
    return value.strip() if isinstance(value, str) else None


def _bus_number(value: object) -> int | None:
    """The number of an expander bus, decimal or hexadecimal, if it is one."""
    number = _whole(value)
    return number if 0 < number <= _LAST_BUS else None


def _whole(value: object) -> int:
    """A number, decimal or hexadecimal; 0, which is QEMU's default, for what is none."""
    try:
        found = int(value, 0) if isinstance(value, str) else value
    except ValueError:
        return 0
    return found if isinstance(found, int) and not isinstance(found, bool) and 0 <= found <= _LARGEST else 0


def _place(addr: object) -> tuple[int | None, int]:
    """Slot and function of ``addr``: hexadecimal text, or slot times 8 plus function as a JSON number."""
    if addr is None or addr == -1 or addr == "-1":
        return None, 0
    if isinstance(addr, int) and not isinstance(addr, bool) and 0 <= addr >> 3 <= _LAST_SLOT:
        return addr >> 3, addr & 7
    found = re.match(_ADDR, addr) if isinstance(addr, str) else None
    if found is None or int(found[1], 16) > _LAST_SLOT:
        raise ValueError(f'addr "{str(addr)[:40]}" is not a slot from 0 to 1f')
    return int(found[1], 16), int(found[2] or "0")


_READERS = {"-device": _device, **dict.fromkeys(_SHORTHANDS, _shorthand), "-set": _setting}
