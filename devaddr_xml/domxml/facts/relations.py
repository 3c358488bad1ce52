"""Facts about several elements of one domain: numbers that no two have, and parts that others need."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from devaddr_xml.domxml.devices import LAYOUTS
from devaddr_xml.domxml.document import Document, Node
from devaddr_xml.domxml.facts.fact import value_at
from devaddr_xml.domxml.faults import called
from devaddr_xml.model.errors import AddressConflict, DevaddrError, Unsupported, ValueInvalid
from devaddr_xml.model.notice import Notice

_ALIAS = "alias/@name"

#: What of a device's element no other device can have as well, and how it is called.
_UNIQUE: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("boot/@order", "boot order", ("disk", "interface", "hostdev", "redirdev")),
    ("@id", "audio id", ("audio",)),
    (_ALIAS, "alias", tuple(LAYOUTS)),
)

_USER_ALIAS = "ua-"

#: What needs SPICE graphics, by the value of its type.
_SPICE = ("spicevmc", "spiceport", "spice")

_SOUNDING = ("sound", "graphics")


class Elements(msgspec.Struct):
    """The elements in ``<devices>``: all of them, by their name, and by the name of a child that they have."""

    every: list[Node]
    named: dict[str, list[Node]] = {}
    having: dict[str, list[Node]] = {}

    def __post_init__(self) -> None:
        for device in self.every:
            self.named.setdefault(device.tag, []).append(device)
            for child in device.children:
                owners = self.having.setdefault(child.tag, [])
                if not owners or owners[-1] is not device:
                    owners.append(device)


def unrelated(document: Document, devices: list[Node]) -> Iterator[DevaddrError]:
    """Every refusal of elements that exclude each other in one domain."""
    elements = Elements(devices)
    for relation in _RELATIONS:
        yield from relation(document, elements)


def doubtful(document: Document, devices: list[Node]) -> Iterator[Notice]:
    """Warnings about what libvirt refuses for the lack of something that has no bearing on addresses."""
    yield from _unshared(document, devices)
    if any(device.tag == "graphics" and device.attributes.get("type") == "spice" for device in devices):
        return
    for device in devices:
        kind = device.attributes.get("type")
        if kind in _SPICE and device.tag not in ("graphics",):
            yield Notice(
                f"type='{kind}' needs SPICE graphics, and the domain has none: libvirt refuses it",
                called(device),
                document.line(device),
                "Add <graphics type='spice'/>, or remove the device",
            )


def _error(
    document: Document, kind: type[DevaddrError], message: str, device: Node, other: Node | None, remedy: str
) -> DevaddrError:
    return kind(
        message,
        device=called(device),
        line=document.line(device),
        other=called(other) if other is not None else None,
        other_line=document.line(other) if other is not None else None,
        remedy=remedy,
    )


def _twice(document: Document, elements: Elements) -> Iterator[DevaddrError]:
    for path, name, tags in _UNIQUE:
        first = path.partition("/")[0]
        possible = elements.every if first.startswith("@") else elements.having.get(first, ())
        seen: dict[str, Node] = {}
        for key, device in _named(path, tags, possible):
            other = seen.setdefault(key, device)
            if other is not device and not _are_one(device, other):
                message, remedy = f"{name} {key} is used twice", f"Give each device its own {name}"
                yield _error(document, AddressConflict, message, device, other, remedy)


def _named(path: str, tags: tuple[str, ...], devices: Sequence[Node]) -> Iterator[tuple[str, Node]]:
    """The devices with a value at the path, each with the value as it is compared."""
    for device in devices:
        if device.tag not in tags or (text := value_at(device, path)) is None:
            continue
        # libvirt gives devices with another alias than a user's a name of its own
        if path != _ALIAS or text.startswith(_USER_ALIAS):
            yield text.strip().removeprefix("+").lstrip("0") or "0", device


def _are_one(device: Node, other: Node) -> bool:
    """Whether the two are the console and the serial port that it repeats, alias included."""
    return {device.tag, other.tag} == {"console", "serial"}


def taken(document: Document, devices: Sequence[Node], domain: Document) -> Iterator[DevaddrError]:
    """Refusals of devices, to be attached to a domain, with a number or name that a device there has already."""
    others = [node for part in domain.root.children if part.tag == "devices" for node in part.children]
    for path, name, tags in _UNIQUE:
        known = dict(_named(path, tags, others))
        for key, device in _named(path, tags, devices):
            if (other := known.get(key)) is not None and not _are_one(device, other):
                yield AddressConflict(
                    f"{name} {key} is used twice",
                    device=called(device),
                    line=document.line(device),
                    other=called(other),
                    other_line=domain.line(other),
                    remedy=f"Give each device its own {name}",
                )


def _same_target(document: Document, elements: Elements) -> Iterator[DevaddrError]:
    """ISA serial ports of one number, and shared directories of one name of which virtiofs serves one."""
    if elements.named.keys().isdisjoint(("serial", "filesystem")):
        return
    ports: dict[str, Node] = {}
    names: dict[str, Node] = {}
    for device in elements.every:
        if device.tag == "serial" and value_at(device, "target/@type") == "isa-serial":
            port = value_at(device, "target/@port")
            other = ports.setdefault(port, device) if port is not None else device
            if other is not device:
                message = f"target port {port} is used twice"
                yield _error(document, AddressConflict, message, device, other, "Give each serial port its own")
        elif device.tag == "filesystem" and (name := value_at(device, "target/@dir")) is not None:
            other = names.setdefault(name, device)
            if other is not device and any(value_at(each, "driver/@type") == "virtiofs" for each in (device, other)):
                message = f"target {name} is used twice"
                yield _error(document, AddressConflict, message, device, other, "Give each file system its own target")


def _boot(document: Document, elements: Elements) -> Iterator[DevaddrError]:
    system = document.root.first("os")
    if system is None or system.first("boot") is None:
        return
    for device in elements.having.get("boot", ()):
        if device.tag in _UNIQUE[0][2] and value_at(device, "boot/@order") is not None:
            yield _error(
                document,
                ValueInvalid,
                f"a boot order on a device and <boot> in <os> (line {document.line(system)}) exclude each other",
                device,
                None,
                "Remove one of the two",
            )


def _audio(document: Document, elements: Elements) -> Iterator[DevaddrError]:
    # without any <audio> libvirt adds one, whose id is 1
    known = {(device.attributes.get("id") or "").strip() for device in elements.named.get("audio", ())} or {"1"}
    for device in elements.having.get("audio", ()):
        if device.tag in _SOUNDING and (wanted := value_at(device, "audio/@id")) and wanted not in known:
            message = f"there is no <audio> with id {wanted}"
            yield _error(document, ValueInvalid, message, device, None, f"Add <audio id='{wanted}' type='none'/>")


def _iothreads(document: Document, elements: Elements) -> Iterator[DevaddrError]:
    threaded = [
        (device, wanted)
        for device in elements.having.get("driver", ())
        if device.tag in ("disk", "controller") and (wanted := value_at(device, "driver/@iothread")) is not None
    ]
    if not threaded:
        return
    known = _thread_ids(document)
    for device, wanted in threaded:
        if (number := _number(wanted)) is not None and number not in known:
            message = f"iothread {wanted} is not defined"
            yield _error(document, ValueInvalid, message, device, None, f"Add <iothreads>{number}</iothreads>")


def _thread_ids(document: Document) -> set[int]:
    """The ids of the domain's I/O threads: those that it names, and the lowest free ones up to their count."""
    named, total = set[int](), 0
    for part in document.root.children:
        if part.tag == "iothreads":
            total = min(_number(document.content(part)) or 0, 1 << 16)
        elif part.tag == "iothreadids":
            named |= {
                number for each in part.children if (number := _number(each.attributes.get("id", ""))) is not None
            }
    following = 1
    while len(named) < total:
        named.add(following)
        following += 1
    return named


def _number(text: str) -> int | None:
    digits = text.strip().removeprefix("+")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 12 else None


def _unshared(document: Document, devices: list[Node]) -> Iterator[Notice]:
    """Devices whose back end is another process, which libvirt gives only memory that is shared."""
    if _is_shared(document):
        return
    for device in devices:
        kind = device.attributes.get("type")
        if (device.tag == "filesystem" and value_at(device, "driver/@type") == "virtiofs") or (
            kind == "vhostuser" and device.tag in ("disk", "interface")
        ):
            yield Notice(
                "its back end is another process, which needs the guest's memory to be shared: libvirt refuses the "
                "domain",
                called(device),
                document.line(device),
                "Add <memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>",
            )


def _is_shared(document: Document) -> bool:
    """Whether all memory of the guest is shared: by default, and by each NUMA cell that says otherwise."""
    default = value_at(document.root, "memoryBacking/access/@mode") == "shared"
    cells = [
        cell
        for cpu in document.root.children
        if cpu.tag == "cpu" and (numa := cpu.first("numa")) is not None
        for cell in numa.children
        if cell.tag == "cell"
    ]
    return all(cell.attributes.get("memAccess", "shared" if default else "") == "shared" for cell in cells) and (
        default or bool(cells)
    )


def _graphics(document: Document, elements: Elements) -> Iterator[DevaddrError]:
    graphics = elements.named.get("graphics", ())
    types = {device.attributes.get("type") for device in graphics} - {"egl-headless"}
    if not types or types & {"vnc", "spice"}:
        return
    for device in graphics:
        if device.attributes.get("type") == "egl-headless":
            message = "egl-headless needs VNC or SPICE graphics, and the domain has neither"
            yield _error(document, Unsupported, message, device, None, "Add <graphics type='vnc'/> or type='spice'")


def _counts(document: Document, elements: Elements) -> Iterator[DevaddrError]:
    filters = elements.named.get("redirfilter", [])
    if len(filters) > 1:
        message = "a domain can have only one <redirfilter>"
        yield _error(document, ValueInvalid, message, filters[1], filters[0], "Put all rules into one")
    for device in elements.named.get("smartcard", ()):
        if device.attributes.get("mode") == "host-certificates":
            count = sum(child.tag == "certificate" for child in device.children)
            if count != 3:
                message = f"a smartcard with host certificates needs three of them, not {count}"
                yield _error(document, ValueInvalid, message, device, None, "Name three certificates")


def _datagrams(document: Document, elements: Elements) -> Iterator[DevaddrError]:
    """Character devices over UDP: one of their sources is where they send to."""
    if "backend" not in elements.having and all(each.attributes.get("type") != "udp" for each in elements.every):
        return
    for device in elements.every:
        sides = [device, *(child for child in device.children if child.tag == "backend")]
        for side in sides:
            if side.attributes.get("type") != "udp" or device.tag in ("interface", "audio"):
                continue
            targets = [
                child
                for child in side.children
                if child.tag == "source" and child.attributes.get("mode") != "bind" and child.attributes.get("service")
            ]
            if not targets:
                message = "type='udp' needs a source with the destination"
                remedy = "Add <source mode='connect' host='...' service='...'/>"
                yield _error(document, ValueInvalid, message, device, None, remedy)


_RELATIONS: tuple[Callable[[Document, Elements], Iterator[DevaddrError]], ...] = (
    _twice,
    _same_target,
    _boot,
    _audio,
    _iothreads,
    _graphics,
    _counts,
    _datagrams,
)
