"""Takes a device's back end away, so that QEMU can start with it on any host: what stays is what has a place."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

from lxml import etree

Rule = Callable[[etree._Element], "etree._Element | None"]

#: Inner elements that say what a device is and where, and nothing of the host.
_FRONT = frozenset({"address", "alias", "model", "target", "mac"})


def without_back_end(device: etree._Element) -> etree._Element | None:
    """A copy of the device that needs nothing of the host, another device in its place, or None if there is neither."""
    rule = _RULES.get(str(device.tag), deepcopy)
    return rule(device)


def _front(device: etree._Element, /, **attributes: str) -> etree._Element:
    """The device with these attributes only, and with the inner elements that belong to its front."""
    bare = etree.Element(device.tag, attributes)
    bare.extend(deepcopy(child) for child in device if child.tag in _FRONT)
    return bare


def _left_out(_device: etree._Element) -> None:
    return None


def _disk(device: etree._Element) -> etree._Element:
    kind = "disk" if device.get("device") == "lun" else device.get("device", "disk")
    bare = _front(device, type="block", device=kind)
    if device.get("model"):
        bare.set("model", device.get("model", ""))
    target = device.find("target")
    empty = kind == "floppy" or (kind == "cdrom" and target is not None and target.get("bus") != "usb")
    if not empty:
        bare.insert(0, etree.Element("source", dev="/dev/null"))
    bare.insert(0, etree.Element("driver", name="qemu", type="raw", cache="writeback"))
    etree.SubElement(bare, "readonly" if kind == "cdrom" else "shareable")
    return bare


def _interface(device: etree._Element) -> etree._Element:
    bare = _front(device, type="user")
    for target in bare.findall("target"):
        bare.remove(target)
    if device.get("type") in ("hostdev", "vdpa"):
        _set_model(bare, "virtio")
    index = device.find("acpi[@index]")
    if index is not None:
        etree.SubElement(bare, "acpi", index=index.get("index", ""))
    return bare


def _filesystem(device: etree._Element) -> etree._Element:
    bare = _front(device, type="mount")
    if device.get("model"):
        bare.set("model", device.get("model", ""))
    bare.insert(0, etree.Element("source", dir="/"))
    bare.insert(0, etree.Element("driver", type="path"))
    return bare


def _character_device(device: etree._Element) -> etree._Element:
    bare = _front(device, type="null")
    protocol = bare.find("target[@type='virtio']")
    if protocol is not None:
        protocol.attrib.pop("state", "")
    return bare


def _input(device: etree._Element) -> etree._Element | None:
    if device.get("type") == "evdev":
        return None
    if device.get("type") != "passthrough":
        return deepcopy(device)
    bare = _front(device, type="tablet", bus="virtio")
    if device.get("model"):
        bare.set("model", device.get("model", ""))
    return bare


def _smartcard(device: etree._Element) -> etree._Element:
    return _front(device, mode="passthrough", type="null")


def _redirdev(device: etree._Element) -> etree._Element:
    return _front(device, bus=device.get("bus", "usb"), type="null")


def _rng(device: etree._Element) -> etree._Element:
    bare = _front(device, model=device.get("model", "virtio"))
    etree.SubElement(bare, "backend", model="random").text = "/dev/urandom"
    return bare


def _video(device: etree._Element) -> etree._Element:
    bare = deepcopy(device)
    for part in (*bare.findall("driver"), *bare.findall("model/acceleration")):
        parent = part.getparent()
        if parent is not None:
            parent.remove(part)
    return bare


def _audio(device: etree._Element) -> etree._Element:
    return etree.Element("audio", id=device.get("id", "1"), type="none")


def _memory(device: etree._Element) -> etree._Element | None:
    if device.get("model") in ("dimm", "virtio-mem"):
        bare = deepcopy(device)
        for source in bare.findall("source"):
            bare.remove(source)
        return bare
    return _stand_in(device)


def _stand_in(device: etree._Element) -> etree._Element | None:
    """A device that needs no back end, at the same place: a network interface, a tablet or a disk."""
    address = device.find("address")
    make = None if address is None else _STAND_INS.get(address.get("type", ""))
    if address is None or make is None:
        return None
    substitute = make(address)
    substitute.extend(deepcopy(child) for child in device if child.tag in ("address", "alias"))
    return substitute


def _network_card(_address: etree._Element) -> etree._Element:
    card = etree.Element("interface", type="user")
    _set_model(card, "virtio")
    return card


def _tablet(_address: etree._Element) -> etree._Element:
    return etree.Element("input", type="tablet", bus="usb")


def _scsi_disk(address: etree._Element) -> etree._Element:
    """A disk whose name comes from the address, far above the names that people give."""
    number = 0
    for part in ("controller", "bus", "target", "unit"):
        number = number * 257 + int(address.get(part, "0"), 0)
    letters = ""
    while number:
        number, digit = divmod(number, 26)
        letters = chr(ord("a") + digit) + letters
    return _disk(etree.fromstring(f'<disk device="disk"><target dev="sdz{letters:a>7}" bus="scsi"/></disk>'))


_STAND_INS = {"pci": _network_card, "ccw": _network_card, "usb": _tablet, "drive": _scsi_disk}


def _set_model(device: etree._Element, model: str) -> None:
    for old in device.findall("model"):
        device.remove(old)
    etree.SubElement(device, "model", type=model)


_RULES: dict[str, Rule] = {
    "disk": _disk,
    "interface": _interface,
    "filesystem": _filesystem,
    "serial": _character_device,
    "parallel": _character_device,
    "console": _character_device,
    "channel": _character_device,
    "input": _input,
    "smartcard": _smartcard,
    "redirdev": _redirdev,
    "rng": _rng,
    "video": _video,
    "shmem": _stand_in,
    "audio": _audio,
    "memory": _memory,
    "hostdev": _stand_in,
    "vsock": _stand_in,
    "pstore": _stand_in,
    "graphics": _left_out,
    "tpm": _left_out,
    "lease": _left_out,
    "redirfilter": _left_out,
}
