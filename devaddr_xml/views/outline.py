"""A layout as a tree of things to show; every drawing (text, SVG, HTML, JSON, dot) is made from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import msgspec

from devaddr_xml.engine.finished.network_names import NetworkNames, network_names
from devaddr_xml.engine.finished.topology import Bus, HotplugState, Topology
from devaddr_xml.model.address import (
    CcidAddress,
    CcwAddress,
    DimmAddress,
    DriveAddress,
    IsaAddress,
    PciAddress,
    SpaprVioAddress,
    UsbAddress,
    VirtioMmioAddress,
    VirtioSerialAddress,
)
from devaddr_xml.model.device import Controller, Device, Disk
from devaddr_xml.model.foreign import ForeignDevice
from devaddr_xml.model.hanging import controller_of
from devaddr_xml.model.naming import every_reference, own_name, preferred_references, usb_name
from devaddr_xml.model.plan import Plan
from devaddr_xml.views.comparison import Mark, Marked
from devaddr_xml.views.explain import decisions_by_device, sentence

Role = Literal[
    "host", "root", "expander", "port", "bridge", "controller", "device", "foreign", "free", "chipset", "group"
]


class Item(msgspec.Struct, kw_only=True, omit_defaults=True, rename="kebab"):
    """One thing to show, and what is on or below it.

    name: the label at its shortest. kind: the element, empty for what is no device; model: of the device. ref: the
    reference that names the device; also: its other references. place: its address, of PCI devices BB:SS.F with
    libvirt's bus. guest: the PCI address in the guest. bus: the bus numbers in the guest of what a controller provides.
    node: guest NUMA cell. hotplug: of the bus that a controller provides. names: network names in the guest. count: how
    many free slots. added: not in the document. mark: the difference to another layout; elsewhere: what the other
    layout has. reason: why it is there, in sentences.
    """

    role: Role
    label: str
    name: str = ""
    kind: str = ""
    model: str | None = None
    ref: str | None = None
    also: tuple[str, ...] = ()
    place: str | None = None
    guest: str | None = None
    bus: str | None = None
    node: int | None = None
    hotplug: HotplugState | None = None
    names: tuple[str, ...] = ()
    count: int = 0
    added: bool = False
    mark: Mark | None = None
    elsewhere: str | None = None
    reason: str = ""
    children: list[Item] = msgspec.field(default_factory=list)

    def walk(self) -> Iterator[Item]:
        """This item and everything below it."""
        yield self
        for child in self.children:
            yield from child.walk()


class Outline(msgspec.Struct, kw_only=True, omit_defaults=True, rename="kebab"):
    """A layout: name of the guest, its machine, a summary in one line, and the sections of the drawing.

    beside: it is drawn at the right of the layout before it. notes: what there is to say of both, a line each.
    """

    name: str
    machine: str
    summary: str
    sections: list[Item]
    beside: bool = False
    notes: tuple[str, ...] = ()

    def walk(self) -> Iterator[Item]:
        """Everything in the layout."""
        for section in self.sections:
            yield from section.walk()


def outline(plan: Plan, marked: Marked | None = None) -> Outline:
    """The layout of a plan; ``marked`` says what differs from another layout."""
    return _Builder(plan, marked or Marked()).outline()


#: The sections of devices that are neither on PCI nor on a controller, by the class of their address.
_GROUPS: tuple[tuple[str, type], ...] = (
    ("channel devices", CcwAddress),
    ("virtio-mmio", VirtioMmioAddress),
    ("spapr-vio", SpaprVioAddress),
    ("memory slots", DimmAddress),
    ("ISA", IsaAddress),
)


class _Builder:
    """Puts an outline together."""

    def __init__(self, plan: Plan, marked: Marked) -> None:
        self.guest = plan.guest
        self.topology = Topology(plan.guest)
        self.marked = marked
        self.added = {id(device) for device in plan.added}
        self.refs = preferred_references(plan.guest.devices)
        self.also = every_reference(plan.guest.devices)
        self.names = network_names(self.topology)
        self.reasons = {
            key: "\n".join(sentence(decision) for decision in made) for key, made in decisions_by_device(plan).items()
        }
        self.free: dict[int, int] = {}
        for place in self.topology.free_places():
            self.free[place.bus.index] = self.free.get(place.bus.index, 0) + 1
        self.shown: set[int] = set()

    def outline(self) -> Outline:
        sections = [self._section(root) for root in self.topology.roots if not root.is_expander]
        unreached = [bus for bus in self.topology.buses.values() if id(bus.controller) not in self.shown]
        lost = [self._device(bus.controller) for bus in unreached if id(bus.controller) not in self.shown]
        lost += [self._device(device) for device in self.topology.strays if id(device) not in self.shown]
        if lost:
            sections.append(Item(role="group", label="without a bus", children=lost))
        sections += self._groups()
        machine = " ".join(filter(None, (self.guest.arch, self.guest.machine)))
        return Outline(name=self.guest.name or "guest", machine=machine, summary=self._summary(), sections=sections)

    def _summary(self) -> str:
        ports = [bus for bus in self.topology.buses.values() if bus.is_port]
        free = sum(bus.empty for bus in ports)
        parts = [f"{len(self.guest.devices)} devices and controllers"]
        if self.added:
            parts.append(f"{len(self.added)} of them added (+)")
        if ports:
            parts.append(f"{len(ports)} PCIe ports, {free} of them free")
        return ", ".join(parts)

    def _section(self, root: Bus) -> Item:
        item = self._device(root.controller)
        item.role = "root"
        return item

    def _device(self, device: Device) -> Item:
        """The item of a device with everything on and below it."""
        self.shown.add(id(device))
        names = self.names.get(id(device), NetworkNames())
        guest = self.topology.guest_address(device)
        mark, elsewhere = self.marked.of(device)
        is_controller = isinstance(device, Controller)
        name, model = short_name(device), variant(device)
        item = Item(
            role="device",
            label=" ".join(filter(None, (name, model) if is_controller else (device.kind, name or model))),
            name=name or device.kind,
            kind=device.kind,
            model=model,
            ref=self.refs[id(device)],
            also=tuple([form for form in self.also[id(device)] if form != self.refs[id(device)]]),
            place=place_text(device),
            guest=str(guest) if guest else None,
            node=self.topology.node_of(device),
            names=tuple(dict.fromkeys(names.every)),
            added=id(device) in self.added,
            mark=mark,
            elsewhere=elsewhere,
            reason=self.reasons[id(device)],
        )
        if isinstance(device, Controller):
            item.role = "controller"
            bus = self.topology.bus_below(device)
            if bus is not None and bus.controller is device:
                self._fill_bus(item, bus)
            elif device.index is not None and self._leads(device):
                below = self.topology.attached.get((device.type, device.index), [])
                item.children = [self._device(other) for other in below if id(other) not in self.shown]
        return item

    def _leads(self, controller: Controller) -> bool:
        """Whether devices are shown on this controller, not on another one with the same index (USB companions)."""
        assert controller.index is not None
        return self.topology.controller(controller.type, controller.index) is controller

    def _fill_bus(self, item: Item, bus: Bus) -> None:
        item.role = "expander" if bus.is_expander else "port" if bus.is_port else "bridge"
        item.node = bus.node
        item.hotplug = bus.hotplug
        item.bus = bus_numbers(bus)
        chipset = self.topology.chipset(bus)
        functions = {(slot, function): device for slot, function, device in bus.devices()}
        for slot, function in sorted({*chipset, *functions, *bus.foreign}):
            device = functions.get((slot, function))
            foreign = bus.foreign.get((slot, function))
            if device is not None:
                if id(device) not in self.shown:
                    item.children.append(self._device(device))
            elif foreign is not None:
                item.children.append(self._foreign(foreign, f"{bus.index:02x}:{slot:02x}.{function:x}"))
            else:
                place = f"{bus.index:02x}:{slot:02x}.{function:x}"
                item.children.append(Item(role="chipset", label=chipset[slot, function], place=place))
        if count := self.free.get(bus.index, 0):
            text = "free" if bus.is_port else f"{count} free slot{'s' if count > 1 else ''}"
            item.children.append(Item(role="free", label=text, node=bus.node, hotplug=bus.hotplug, count=count))

    def _foreign(self, device: ForeignDevice, place: str | None, above: frozenset[str] = frozenset()) -> Item:
        """The item of a device of QEMU's command line, with what is on the bus that it provides."""
        below: Sequence[ForeignDevice] = ()
        if device.id and device.id not in above:
            below = self.topology.foreign.behind.get(device.id, ())
            above |= {device.id}
        return Item(
            role="foreign",
            label=" ".join(filter(None, (device.driver, device.id, "(qemu:commandline)"))),
            name=device.id or device.driver,
            kind="qemu:device",
            model=device.driver,
            place=place,
            reason=f"line {device.line} gives it to QEMU directly" if device.line else "",
            children=[self._foreign(other, _foreign_slot(other), above) for other in below],
        )

    def _groups(self) -> list[Item]:
        sections: list[Item] = []
        rest: list[Device] = []
        by_class: dict[type, list[Device]] = {cls: [] for _, cls in _GROUPS}
        for device in self.guest.devices:
            if id(device) not in self.shown:
                by_class.get(type(device.address), rest).append(device)
        for title, cls in _GROUPS:
            devices = sorted(by_class[cls], key=_address_order)
            if children := self._unshown(devices):
                sections.append(Item(role="group", label=title, children=children))
        # controllers come before what hangs on them
        rest.sort(key=lambda device: controller_of(device) is not None)
        if children := self._unshown(rest):
            sections.append(Item(role="group", label="other devices", children=children))
        return sections

    def _unshown(self, devices: Iterable[Device]) -> list[Item]:
        return [self._device(device) for device in devices if id(device) not in self.shown]


def _foreign_slot(device: ForeignDevice) -> str | None:
    """Slot and function of a device on a bus that is none of libvirt's."""
    return None if device.slot is None else f"{device.slot:02x}.{device.function:x}"


def short_name(device: Device) -> str:
    """What tells the device from others of its kind, as short as it can be; empty if nothing does."""
    if isinstance(device, Controller):
        return f"{device.type}.{'?' if device.index is None else device.index}"
    return device.alias or own_name(device) or usb_name(device) or getattr(device, "name", None) or ""


def variant(device: Device) -> str | None:
    """Of what sort among its kind the device is: its model, or its type where that tells more."""
    if device.kind in ("input", "graphics", "audio", "hostdev"):
        return getattr(device, "type", None)
    if isinstance(device, Disk):
        return " ".join(filter(None, (device.bus, device.device if device.device != "disk" else None))) or None
    return device.model


def place_text(device: Device) -> str | None:
    """The address, as short as it is clear beside its controller: PCI without the domain, a drive by its unit."""
    address = device.address
    if address is None or (isinstance(address, PciAddress) and address.empty):
        return None
    if isinstance(address, PciAddress):
        return str(address).removeprefix("0000:")
    if isinstance(address, DriveAddress):
        parts = (("bus", address.bus), ("target", address.target))
        return " ".join([*(f"{word} {value}" for word, value in parts if value), f"unit {address.unit}"])
    if isinstance(address, UsbAddress):
        return f"port {'.'.join(map(str, address.port)) or '-'}"
    if isinstance(address, VirtioSerialAddress):
        return f"port {address.port}"
    return f"slot {address.slot}" if isinstance(address, CcidAddress) else str(address)


def bus_numbers(bus: Bus) -> str | None:
    """The bus numbers in the guest that a bus and those below it have."""
    if bus.number is None or bus.last is None:
        return None
    segment = f"{bus.segment:04x}:" if bus.segment else ""
    return segment + (f"{bus.number:02x}" if bus.number == bus.last else f"{bus.number:02x}-{bus.last:02x}")


def _address_order(device: Device) -> tuple[int, ...]:
    address = device.address
    if isinstance(address, CcwAddress):
        return address.cssid or 0, address.ssid or 0, address.devno or 0
    if isinstance(address, DimmAddress):
        return (address.slot,)
    return (address.reg or 0,) if isinstance(address, SpaprVioAddress) else ()
