"""What of a domain must not change when libvirt takes it: every device, and where it is."""

from __future__ import annotations

from collections import Counter

from lxml import etree

from devaddr_xml.probe.places import address_place

#: Elements below ``devices`` that have no place.
_WITHOUT_PLACE = {"emulator", "graphics", "audio", "redirfilter"}

#: What tells a device from others of its kind; the first path that it has counts.
_IDENTITY = {
    "disk": ("target/@dev",),
    "interface": ("mac/@address",),
    "filesystem": ("target/@dir",),
    "channel": ("target/@name", "target/@address"),
    "shmem": ("@name",),
    "hostdev": ("source/address/@uuid", "source/address/@bus", "source/address/@unit", "source/vendor/@id"),
}

#: What is compared of a controller beyond its type, index, model and place.
_CONTROLLER_DETAILS = (
    "model/@name",
    "target/@chassisNr",
    "target/@chassis",
    "target/@port",
    "target/@busNr",
    "target/@index",
    "target/@hotplug",
    "target/node",
    "master/@startport",
    "@ports",
)

#: What is compared of any other device, if it has it.
_DETAILS = ("model/@type", "@model", "@type", "@bus", "target/@type", "target/@port", "target/model/@name")

#: Details that libvirt fills in by itself since 11.5.0, and that change no place.
_FILLED_IN = {("disk", "@model")}

#: Details that are numbers, and written as such.
_NUMBERS = {"bus", "chassisNr", "chassis", "port", "busNr", "index", "node", "startport", "ports"}


def signature(xml: str | etree._Element) -> Counter[tuple[str, ...]]:
    """Every device of the domain with its model and place, in no order."""
    domain = etree.fromstring(xml) if isinstance(xml, str) else xml
    devices = (device for device in domain.iterfind("devices/*") if isinstance(device.tag, str))
    return Counter(_signature(device) for device in devices if device.tag not in _WITHOUT_PLACE)


def difference(before: str, after: str) -> list[str]:
    """What is only in one of two domains, one line each; empty if they have the same devices in the same places."""
    first, second = signature(before), signature(after)
    lost = [f"- {' '.join(one)}" for one in sorted((first - second).elements())]
    return lost + [f"+ {' '.join(one)}" for one in sorted((second - first).elements())]


def _signature(device: etree._Element) -> tuple[str, ...]:
    place = address_place(device) or "nowhere"
    multifunction = device.find("address[@multifunction='on']") is not None
    shown = f"{place}+" if multifunction else place
    zpci = device.find("address/zpci")
    if zpci is not None:
        shown += f" zpci {int(zpci.get('uid', '0'), 0)}/{int(zpci.get('fid', '0'), 0)}"
    if device.tag == "controller":
        details = [f"{path}={_value(device, path)}" for path in _CONTROLLER_DETAILS if _value(device, path) is not None]
        return ("controller", *(device.get(key) or "-" for key in ("type", "index", "model")), *details, shown)
    identity = [value for path in _IDENTITY.get(device.tag, ()) if (value := _value(device, path))][:1]
    details = [
        f"{path}={_value(device, path)}"
        for path in _DETAILS
        if _value(device, path) is not None and (device.tag, path) not in _FILLED_IN
    ]
    return (str(device.tag), *identity, *details, shown)


def _value(device: etree._Element, path: str) -> str | None:
    found = device.xpath(path)
    if not found:
        return None
    text = found[0] if isinstance(found[0], str) else (found[0].text or "").strip()
    name = path.rpartition("/")[2].lstrip("@")
    return str(int(text, 0)) if name in _NUMBERS and text.isascii() and text[:1].isdigit() else str(text)
