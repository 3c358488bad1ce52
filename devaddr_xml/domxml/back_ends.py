"""The back ends of devices in a document that is made from a neutral guest.

The model holds what decides where a device goes, not what is behind it on the host: files, networks and sockets. A
document needs them, so each kind has a harmless one here. Where a source is known as the identity of a device, as that
of a host device or of a disk in a file is, it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from devaddr_xml.domxml.addresses import address_spelling
from devaddr_xml.domxml.elements import Copied, Element, New, escaped
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import (
    Controller,
    Device,
    Disk,
    Filesystem,
    Hostdev,
    HostSource,
    Input,
    Interface,
    Memory,
    Smartcard,
)
from devaddr_xml.model.kind_rows import KIND_OF


class BackEnd(NamedTuple):
    """What an element has besides the fields of the model."""

    attributes: dict[str, str]
    children: tuple[New, ...] = ()


NOTHING = BackEnd({})

_IMAGES = "/var/lib/libvirt/images"

#: Disk type to the attributes of its source, in which ``{}`` is the target name.
_DISK_SOURCES: dict[str | None, dict[str, str]] = {
    "block": {"dev": "/dev/disk/by-partlabel/{}"},
    "dir": {"dir": f"{_IMAGES}/{{}}"},
    "network": {"protocol": "nbd", "name": "{}"},
    "volume": {"pool": "default", "volume": "{}"},
    "nvme": {"type": "pci", "managed": "yes", "namespace": "1"},
    "vhostuser": {"type": "unix", "path": "/run/{}.sock"},
    "vdpa": {"dev": "/dev/vhost-vdpa-{}"},
    "vhostvdpa": {"dev": "/dev/vhost-vdpa-{}"},
}
_INTERFACE_SOURCES: dict[str, dict[str, str]] = {
    "network": {"network": "default"},
    "bridge": {"bridge": "br0"},
    "direct": {"dev": "eth0", "mode": "bridge"},
    "vdpa": {"dev": "/dev/vhost-vdpa-0"},
    "vhostuser": {"type": "unix", "path": "/run/interface.sock", "mode": "client"},
    "internal": {"name": "internal"},
}


def back_end(device: Device, number: int) -> BackEnd:
    """The back end of a device, which is number ``number`` (from 1) of its kind."""
    make = _MAKERS.get(device.kind)
    if make is not None:
        return make(device, number)
    kind = KIND_OF[type(device)]
    attributes = {name: text.format(number) for name, text in kind.back_end.items()}
    children = (Copied(tag, text.format(number)) for tag, text in kind.back_end_children.items())
    return BackEnd(attributes, tuple(children))


def _disk(device: Device, number: int) -> BackEnd:
    assert isinstance(device, Disk)
    if not device.has_source:
        return NOTHING
    kind, _, place = (device.source or "").partition("=")
    if kind in ("file", "dev", "dir"):
        return BackEnd({}, (Element("source", {kind: escaped(place)}),))
    name = escaped(device.target or f"disk{number}")
    pattern = _DISK_SOURCES.get(device.type, {"file": f"{_IMAGES}/{{}}.img"})
    inside: tuple[New, ...] = ()
    if device.type == "nvme":
        inside = (_pci_address(PciAddress(bus=number % 256)),)
    elif device.type == "network":
        inside = (Element("host", {"name": "localhost"}),)
    return BackEnd({}, (Element("source", {key: text.format(name) for key, text in pattern.items()}, inside),))


def _filesystem(device: Device, number: int) -> BackEnd:
    assert isinstance(device, Filesystem)
    return BackEnd({"type": "mount"}, (Element("source", {"dir": "/srv"}),))


def _interface(device: Device, number: int) -> BackEnd:
    assert isinstance(device, Interface)
    if device.type == "hostdev":
        return BackEnd({}, tuple(_host_source(device.source, device.source_type)))
    source = _INTERFACE_SOURCES.get(device.type)
    return BackEnd({}, (Element("source", source),) if source else ())


def _hostdev(device: Device, number: int) -> BackEnd:
    assert isinstance(device, Hostdev)
    return BackEnd({}, tuple(_host_source(device.source, None)))


def _host_source(source: HostSource | None, kind: str | None) -> Iterator[New]:
    """The source of a host device; kind is the address type that an interface names."""
    if source is None:
        return
    named = {"type": kind} if kind else {}
    if source.pci is not None:
        yield Element("source", {}, (_pci_address(source.pci, named),))
    elif source.uuid is not None:
        yield Element("source", {}, (Element("address", {"uuid": escaped(source.uuid)}),))
    elif source.key is not None:
        attributes: dict[str, str] = {}
        children: dict[str, dict[str, str]] = {}
        texts: list[New] = []
        for word in source.key.split(" ")[1:]:
            name, _, value = word.partition("=")
            tag, dash, attribute = name.partition("-")
            if dash:
                hexadecimal = tag in ("vendor", "product") and value.isdecimal()
                children.setdefault(tag, {})[attribute] = f"0x{int(value):04x}" if hexadecimal else escaped(value)
            elif tag in ("block", "char", "interface"):
                texts.append(Copied(tag, f"<{tag}>{escaped(value)}</{tag}>"))
            else:
                attributes[tag] = escaped(value)
        if named:
            children["address"] = {**named, **children.get("address", {})}
        elements = [Element(tag, values) for tag, values in children.items()]
        yield Element("source", attributes, (*elements, *texts))


def _pci_address(address: PciAddress, named: dict[str, str] | None = None) -> Element:
    spelled = {name: value for name, value in address_spelling(address).items() if name != "type"}
    return Element("address", {**(named or {}), **spelled})


def _input(device: Device, number: int) -> BackEnd:
    assert isinstance(device, Input)
    attribute = {"passthrough": "evdev", "evdev": "dev"}.get(device.type)
    return BackEnd({}, (Element("source", {attribute: "/dev/input/event0"}),) if attribute else ())


def _controller(device: Device, number: int) -> BackEnd:
    assert isinstance(device, Controller)
    children: list[New] = []
    if device.has_iothread:
        children.append(Element("driver", {"iothread": "1"}))
    if device.pcihole64 is not None:
        children.append(Copied("pcihole64", f"<pcihole64 unit='KiB'>{device.pcihole64}</pcihole64>"))
    return BackEnd({}, tuple(children))


def _memory(device: Device, number: int) -> BackEnd:
    """Everything of a memory device: its sizes are no fields that are written."""
    assert isinstance(device, Memory)
    source: list[New] = []
    if device.model in ("nvdimm", "virtio-pmem"):
        source.append(Copied("path", f"<path>{_IMAGES}/memory{number}</path>"))
    if device.align_size is not None:
        source.append(_size("alignsize", device.align_size))
    target: list[New] = [] if device.size is None else [_size("size", device.size)]
    if device.node is not None:
        target.append(Copied("node", f"<node>{device.node}</node>"))
    if device.label_size is not None:
        target.append(Element("label", {}, (_size("size", device.label_size),)))
    if device.model == "virtio-mem":
        target += [_size("block", 2048), _size("requested", 0)]
    if device.base is not None:
        target.append(Element("address", {"base": f"0x{device.base:x}"}))
    children: list[New] = [Element("source", {}, tuple(source))] if source else []
    return BackEnd({}, (*children, *((Element("target", {}, tuple(target)),) if target else ())))


def _size(tag: str, kibibytes: int) -> Copied:
    return Copied(tag, f"<{tag} unit='KiB'>{kibibytes}</{tag}>")


def _smartcard(device: Device, number: int) -> BackEnd:
    assert isinstance(device, Smartcard)
    if device.mode == "passthrough":
        return BackEnd({"type": "spicevmc"})
    if device.mode != "host-certificates":
        return NOTHING
    certificates = [Copied("certificate", f"<certificate>cert{count}</certificate>") for count in (1, 2, 3)]
    return BackEnd({}, tuple(certificates))


_MAKERS: dict[str, Callable[[Device, int], BackEnd]] = {
    "disk": _disk,
    "filesystem": _filesystem,
    "interface": _interface,
    "hostdev": _hostdev,
    "input": _input,
    "controller": _controller,
    "memory": _memory,
    "smartcard": _smartcard,
}
