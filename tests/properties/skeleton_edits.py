"""A skeleton edited as a template is: devices removed, added, given another model, and put in another order."""

from __future__ import annotations

import random
from collections import Counter
from typing import NamedTuple

from lxml import etree
from properties.documents import NAMESPACE

#: Where the identity of a device is, for kinds that have one, whatever else is in the document.
IDENTITIES: dict[str, str] = {
    "disk": "string(target/@dev)",
    "interface": "string(mac/@address)",
    "filesystem": "string(target/@dir)",
}
#: For each model of an interface, one that needs a place of the same kind.
OTHER_MODELS = {"virtio": "e1000e", "e1000e": "virtio", "e1000": "rtl8139", "rtl8139": "e1000"}


class Edit(NamedTuple):
    """An edited skeleton, and by reference what was done to it; with the elements that were added."""

    xml: str
    removed: frozenset[str]
    added: dict[str, str]
    changed: frozenset[str]


def edited(xml: str | bytes, seed: object) -> Edit:
    """A random edit of a document; devices without identity stay, in their order."""
    rest = random.Random(str(seed))
    root = etree.fromstring(xml.encode() if isinstance(xml, str) else xml)
    devices = root.find("devices")
    if devices is None:
        devices = etree.SubElement(root, "devices")
    names = Counter(map(identity, devices))
    named = {name: element for element in devices if (name := identity(element)) and names[name] == 1}
    removed = set(rest.sample(sorted(named), min(len(named), rest.choice((0, 0, 1, 2)))))
    for name in removed:
        devices.remove(named.pop(name))
    for entry in root.findall(f"metadata//{{{NAMESPACE}}}device"):
        if entry.get("ref") in removed:
            parent = entry.getparent()
            assert parent is not None
            parent.remove(entry)
    changed = _another_model(named, rest)
    if rest.random() < 0.5:
        _shuffle(devices, list(named.values()), rest)
    added = {}
    for number in range(rest.choice((0, 1, 1, 2))):
        name, element = _new(number, rest)
        devices.insert(rest.randint(0, len(devices)), etree.fromstring(element))
        added[name] = element
    return Edit(etree.tostring(root, encoding="unicode"), frozenset(removed), added, frozenset(changed))


def identity(element: etree._Element) -> str:
    """The reference of a device that has one of its own, else nothing."""
    path = IDENTITIES.get(str(element.tag))
    alias = str(element.xpath("string(alias[starts-with(@name, 'ua-')]/@name)"))
    return (alias or str(element.xpath(path))) if path else ""


def _another_model(named: dict[str, etree._Element], rest: random.Random) -> set[str]:
    """Change the model of an interface now and then."""
    models = {name: element.find("model") for name, element in named.items() if element.tag == "interface"}
    can = sorted(name for name, model in models.items() if model is not None and model.get("type") in OTHER_MODELS)
    if not can or rest.random() < 0.6:
        return set()
    name = rest.choice(can)
    model = models[name]
    assert model is not None
    model.set("type", OTHER_MODELS[str(model.get("type"))])
    return {name}


def _shuffle(devices: etree._Element, elements: list[etree._Element], rest: random.Random) -> None:
    """Let the elements be at each other's positions."""
    positions = sorted(devices.index(element) for element in elements)
    rest.shuffle(elements)
    others = [element for element in devices if element not in elements]
    order = iter(others)
    new = dict(zip(positions, elements, strict=True))
    count = len(devices)
    devices[:] = [new[at] if at in new else next(order) for at in range(count)]


def _new(number: int, rest: random.Random) -> tuple[str, str]:
    """A device that no document has, with its reference."""
    if rest.random() < 0.5:
        mac = f"52:54:00:fe:ed:{number:02x}"
        return mac, f"<interface type='user'><mac address='{mac}'/><model type='virtio'/></interface>"
    name = f"vdz{'ab'[number]}"
    return name, f"<disk type='block'><source dev='/dev/{name}'/><target dev='{name}' bus='virtio'/></disk>"
