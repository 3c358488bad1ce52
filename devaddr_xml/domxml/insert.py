"""Where the elements of new devices go: with their like, else where libvirt prints devices of their class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devaddr_xml.domxml.document import Node
from devaddr_xml.domxml.elements import Element, New
from devaddr_xml.domxml.new_elements import NewDevice, copied_iommu, twin_of
from devaddr_xml.domxml.splice import Splicer
from devaddr_xml.model.device import Console, Controller, Device, Iommu, Serial
from devaddr_xml.model.kind_rows import KINDS

#: Elements among the devices that are none of ours, by the one behind which libvirt prints them.
_OTHERS = {"controller": ("lease",), "redirdev": ("redirfilter",)}
#: The order of the classes in what libvirt prints.
CLASS_ORDER = ("emulator", *(tag for kind in KINDS for tag in (kind.name, *_OTHERS.get(kind.name, ()))))
_RANKS = {tag: rank for rank, tag in enumerate(CLASS_ORDER)}
#: What libvirt prints behind the devices.
_DOMAIN_TAIL = {"devices": 0} | dict.fromkeys(("seclabel", "keywrap", "launchSecurity"), 1)


def insert_devices(
    splicer: Splicer,
    nodes: list[Node],
    old: Sequence[Device],
    added: Sequence[Device],
    arrivals: Mapping[int, New],
) -> None:
    """Insert the elements of ``added``; nodes and old are the devices that the document has, with their elements.

    arrivals: elements that there are already, by ``id()`` of the device.
    """
    places = _Places(splicer)
    controllers = [device for device in added if isinstance(device, Controller)]
    if controllers:
        _insert_controllers(places, nodes, old, controllers, arrivals)
    for device in added:
        if isinstance(device, Controller):
            continue
        if id(device) in arrivals:
            places.add(device.kind, arrivals[id(device)])
            continue
        element = _element(splicer, nodes, old, device)
        if isinstance(device, Console) and (consoles := [n for n in nodes if n.tag == "console"]):
            splicer.insert_before(consoles[0], [element])
        else:
            places.add(device.kind, element)
    places.finish()


def _element(splicer: Splicer, nodes: list[Node], old: Sequence[Device], device: Device) -> New:
    """The element of a new device; a serial port and the console that repeats it have the same source."""
    if isinstance(device, Serial | Console):
        other = Console if isinstance(device, Serial) else Serial
        for node, twin in zip(nodes, old, strict=True):
            if isinstance(twin, other):
                return twin_of(splicer, node, device)
    if isinstance(device, Iommu):
        for node, twin in zip(nodes, old, strict=True):
            if isinstance(twin, Iommu) and twin.model == device.model:
                return copied_iommu(splicer, node, device)
    return NewDevice(device)


def _insert_controllers(
    places: _Places,
    nodes: list[Node],
    old: Sequence[Device],
    added: Sequence[Controller],
    arrivals: Mapping[int, New],
) -> None:
    """Insert controllers behind the one of their type that has the next lower index."""
    present: dict[str, list[tuple[int, Node]]] = {}
    for node, device in zip(nodes, old, strict=True):
        if isinstance(device, Controller):
            index = -1 if device.index is None else device.index
            present.setdefault(device.type, []).append((index, node))
    for siblings in present.values():
        siblings.sort(key=lambda sibling: sibling[0])
    groups: dict[str, list[Controller]] = {}
    for controller in added:
        groups.setdefault(controller.type, []).append(controller)
    for type_, group in groups.items():
        group.sort(key=lambda controller: (controller.index or 0, controller.master_startport is not None))
        siblings = present.get(type_, [])
        position = 0
        for controller in group:
            while position < len(siblings) and siblings[position][0] <= (controller.index or 0):
                position += 1
            element = arrivals.get(id(controller)) or NewDevice(controller)
            if not siblings:
                places.add("controller", element)
            elif position:
                places.add_after(siblings[position - 1][1], element)
            else:
                places.add_before(siblings[0][1], element)


class _Places:
    """Collects new elements by the element next to which they go."""

    __slots__ = ("_after", "_before", "_homeless", "_last", "_splicer")

    def __init__(self, splicer: Splicer) -> None:
        self._splicer = splicer
        self._after: dict[int, tuple[Node, list[New]]] = {}
        self._before: dict[int, tuple[Node, list[New]]] = {}
        self._homeless: dict[str, list[New]] = {}
        self._last: dict[str, Node] = {}
        for devices in splicer.document.root.children:
            if devices.tag == "devices":
                for node in devices.children:
                    self._last[node.tag] = node

    def add_after(self, node: Node, element: New) -> None:
        self._after.setdefault(node.start, (node, []))[1].append(element)

    def add_before(self, node: Node, element: New) -> None:
        self._before.setdefault(node.start, (node, []))[1].append(element)

    def add(self, tag: str, element: New) -> None:
        """Behind the last element of its class, or of the nearest class before it that there is."""
        self._homeless.setdefault(tag, []).append(element)

    def finish(self) -> None:
        """Hand everything to the splicer."""
        leading: list[New] = []
        for tag in sorted(self._homeless, key=_RANKS.__getitem__):
            anchor = next((self._last[c] for c in reversed(CLASS_ORDER[: _RANKS[tag] + 1]) if c in self._last), None)
            for element in self._homeless[tag]:
                if anchor is None:
                    leading.append(element)
                else:
                    self.add_after(anchor, element)
        for node, elements in self._before.values():
            self._splicer.insert_before(node, elements)
        for node, elements in self._after.values():
            self._splicer.insert_after(node, elements)
        if leading:
            self._lead(leading)

    def _lead(self, elements: list[New]) -> None:
        """Insert elements that come before everything that is there."""
        root = self._splicer.document.root
        devices = root.first("devices")
        if devices is None:
            self._splicer.insert_children(root, [Element("devices", {}, tuple(elements))], _DOMAIN_TAIL)
        elif devices.children:
            self._splicer.insert_before(devices.children[0], elements)
        else:
            self._splicer.append_children(devices, elements)
