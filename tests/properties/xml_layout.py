"""Reads a finished layout back from the output document alone: a parser of its own, nothing of the package."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple
from xml.etree import ElementTree

NAMESPACE = "{urn:devaddr-xml:hints:1}"
ROOTS = ("pci-root", "pcie-root")
PORTS = ("pcie-root-port", "pcie-switch-downstream-port")
EXPANDERS = ("pci-expander-bus", "pcie-expander-bus")

#: First and last slot of each bus, whether endpoints may be put there by us, whether it can be hotplugged.
BUSES = {
    "pci-root": (1, 31, True, True),
    "pcie-root": (1, 31, True, False),
    "pci-bridge": (1, 31, True, True),
    "pci-expander-bus": (0, 31, True, False),
    "pcie-expander-bus": (0, 31, False, False),
    "pcie-root-port": (0, 0, True, True),
    "pcie-switch-downstream-port": (0, 0, True, True),
    "pcie-switch-upstream-port": (0, 31, False, False),
    "pcie-to-pci-bridge": (1, 31, True, True),
    "dmi-to-pci-bridge": (0, 31, True, False),
}

#: On whose bus each controller sits.
PARENT_BUSES = {
    "pci-bridge": ("pci-root", "pci-bridge", "pci-expander-bus", "pcie-to-pci-bridge", "dmi-to-pci-bridge"),
    "pci-expander-bus": ("pci-root",),
    "pcie-expander-bus": ("pcie-root",),
    "pcie-root-port": ("pcie-root", "pcie-expander-bus"),
    "pcie-to-pci-bridge": ("pcie-root-port", "pcie-switch-downstream-port"),
    "dmi-to-pci-bridge": ("pcie-root", "pcie-expander-bus"),
    "pcie-switch-upstream-port": PORTS,
    "pcie-switch-downstream-port": ("pcie-switch-upstream-port",),
}

#: Units of memory, as powers of two of KiB.
_KIB = {"KiB": 0, "MiB": 10, "GiB": 20}

#: Functions that the chipset itself has on bus 0, by the beginning of the machine's name.
CHIPSETS = {"q35": {(0x1F, 0), (0x1F, 3)}, "pc": {(1, 0), (1, 3)}}


class Place(NamedTuple):
    """A function of a slot of the bus of a PCI controller."""

    bus: int
    slot: int
    function: int


class Device:
    """An element of the document: where it is, and by what names a hint can mean it."""

    def __init__(self, element: ElementTree.Element, number: int) -> None:
        self.element = element
        self.tag = element.tag
        self.type = element.get("type")
        self.model = element.get("model") if element.tag != "interface" else self._of("model", "type")
        self.hints: dict[str, str] = {}
        self.place: Place | None = None
        self.multifunction: str | None = None
        address = element.find("address")
        if address is not None and address.get("type") == "pci" and address.get("bus") is not None:
            assert _number(address.get("domain") or "0") == 0
            self.place = Place(*(_number(address.get(name) or "0") for name in ("bus", "slot", "function")))
            self.multifunction = address.get("multifunction")
        self.names = list(self._names(number))

    def _of(self, path: str, attribute: str) -> str | None:
        found = self.element.find(path)
        return None if found is None else found.get(attribute)

    def _names(self, number: int) -> list[str]:
        names = [self._of("alias", "name") or ""]
        if self.tag == "controller":
            names.append(f"{self.type}.{self.element.get('index')}")
        elif self.tag == "interface":
            names.append((self._of("mac", "address") or "").lower())
        else:
            names += [self._of("target", "dev") or "", self._of("target", "dir") or ""]
        source = self.element.find("source/address")
        if source is not None and source.get("bus") is not None and self.tag in ("hostdev", "interface"):
            parts = [_number(source.get(name) or "0") for name in ("domain", "bus", "slot", "function")]
            names.append("{:04x}:{:02x}:{:02x}.{:x}".format(*parts))
        names.append((source.get("uuid") or "").lower() if source is not None else "")
        names.append(f"{self.tag}[{number}]")
        return [name for name in names if name]

    @property
    def name(self) -> str:
        """The first name."""
        return self.names[0]

    @property
    def is_pci_controller(self) -> bool:
        """Whether the device makes a bus."""
        return self.tag == "controller" and self.type == "pci"

    @property
    def own_place(self) -> Place:
        """The place, of a device that has one."""
        assert self.place is not None, f"{self} has no PCI address"
        return self.place

    def __repr__(self) -> str:
        return f"{self.names[0]} at {self.place}"


class Bus(Device):
    """A PCI controller with the bus that it makes."""

    def __init__(self, element: ElementTree.Element, number: int) -> None:
        super().__init__(element, number)
        self.index = int(element.attrib["index"])
        self.model = element.attrib["model"]
        node = element.find("target/node")
        self.node = None if node is None else int(node.text or "")
        self.devices: list[Device] = []

    def target(self, name: str) -> str | None:
        """An option of the controller as it is written."""
        return self._of("target", name)

    @property
    def hotplug(self) -> str | None:
        """What the port says of hotplug."""
        return self.target("hotplug")

    @property
    def options(self) -> tuple[object, ...]:
        """Everything that the guest could notice changing."""
        names = ("chassis", "port", "chassisNr", "busNr", "index")
        return (self.model, self.node, *map(self.target, names))

    @property
    def is_port(self) -> bool:
        """Whether it is a root port or a downstream port."""
        return self.model in PORTS

    @property
    def is_conventional(self) -> bool:
        """Whether its slots are those of conventional PCI."""
        return self.model in ("pci-root", "pci-bridge", "pci-expander-bus", "pcie-to-pci-bridge", "dmi-to-pci-bridge")

    @property
    def is_free_port(self) -> bool:
        """Whether it is a port into which a device could be hotplugged."""
        return self.is_port and not self.devices and self.hotplug != "off"

    @property
    def slots(self) -> dict[int, list[Device]]:
        """The devices by slot."""
        found: dict[int, list[Device]] = defaultdict(list)
        for device in self.devices:
            found[device.own_place.slot].append(device)
        return found

    @property
    def free_slots(self) -> int:
        """How many slots have nothing in them."""
        first, last, *_ = BUSES[self.model]
        return last - first + 1 - len(self.slots)


class Document:
    """A domain document; one that is not finished may have hints on its devices."""

    def __init__(self, xml: str, *, finished: bool = True) -> None:
        self.xml = xml
        root = ElementTree.fromstring(xml)
        self.machine = root.find("os/type").attrib["machine"]  # type: ignore[union-attr]
        memory = root.find("memory")
        self.memory = 0 if memory is None else int(memory.text or "0") << _KIB[memory.get("unit", "KiB")]
        self.cells = [int(cell.attrib["id"]) for cell in root.iterfind("cpu/numa/cell")]
        self.devices: list[Device] = []
        self.buses: dict[int, Bus] = {}
        counts: dict[str, int] = defaultdict(int)
        for element in root.iterfind("devices/*"):
            counts[element.tag] += 1
            number = counts[element.tag]
            if finished:
                assert not any(name.startswith(NAMESPACE) for name in element.attrib), "a hint stayed on its device"
            if element.tag == "controller" and element.get("type") == "pci":
                bus = Bus(element, number)
                assert bus.index not in self.buses, f"index {bus.index} twice"
                self.buses[bus.index] = bus
                self.devices.append(bus)
            elif element.tag != "emulator":
                self.devices.append(Device(element, number))
        for device in self.devices:
            if device.place is not None and (finished or device.place.bus in self.buses):
                assert device.place.bus in self.buses, f"{device}: there is no such bus"
                self.buses[device.place.bus].devices.append(device)
        self.policy: dict[str, str] = {}
        self.spares: dict[int, int] = {}
        self._read_policy(root)

    def _read_policy(self, root: ElementTree.Element) -> None:
        policy = root.find(f"metadata/{NAMESPACE}policy")
        if policy is None:
            return
        self.policy = dict(policy.attrib)
        for spare in policy.iterfind(f"{NAMESPACE}spare"):
            self.spares[int(spare.attrib["node"])] = int(spare.attrib["ports"])
        for entry in policy.iterfind(f"{NAMESPACE}device"):
            hints = dict(entry.attrib)
            self.device(hints.pop("ref")).hints.update(hints)

    @property
    def express(self) -> bool:
        """Whether bus 0 is PCI Express."""
        return self.buses[0].model == "pcie-root"

    def device(self, name: str) -> Device:
        """The one device with that name."""
        found = [device for device in self.devices if name in device.names or name.lower() in device.names]
        assert len(found) == 1, f"{name} names {found}"
        return found[0]

    def named(self) -> dict[str, Device]:
        """Every device by its first name."""
        found = {device.name: device for device in self.devices}
        assert len(found) == len(self.devices)
        return found

    def above(self, device: Device) -> list[Bus]:
        """The controllers above a device, nearest first."""
        chain: list[Bus] = []
        while device.place is not None:
            device = self.buses[device.place.bus]
            assert device not in chain, f"{device} is below itself"
            chain.append(device)  # type: ignore[arg-type]
        return chain

    def expander(self, device: Device) -> Bus | None:
        """The expander bus, or additional host bridge, that a device is below."""
        chain = self.above(device)
        found = next((bus for bus in chain if bus.model in EXPANDERS), None)
        if found is None and chain and chain[-1].model == "pci-root" and chain[-1].index:
            return chain[-1]
        return found

    def node(self, device: Device) -> int | None:
        """The NUMA cell that the guest sees for a device."""
        found = self.expander(device)
        return None if found is None else found.node

    def port(self, device: Device) -> Bus | None:
        """The nearest port above a device."""
        return next((bus for bus in self.above(device) if bus.is_port), None)

    def region(self, bus: Bus) -> int | None:
        """The NUMA cell of a bus itself."""
        return bus.node if bus.model in EXPANDERS or (bus.model == "pci-root" and bus.index) else self.node(bus)


def _number(text: str) -> int:
    return int(text, 16) if text.lower().startswith("0x") else int(text)


def check_tree(document: Document) -> None:
    """What holds for every tree: parents, slots, functions, chassis and bus numbers."""
    _check_parents(document)
    _check_slots(document)
    _check_identities(document)
    _check_bus_numbers(document)


def _check_parents(document: Document) -> None:
    for device in document.devices:
        if device.place is None:
            assert not (isinstance(device, Bus) and device.model not in ROOTS), f"{device} has no place"
            continue
        bus = document.buses[device.place.bus]
        first, last, takes_endpoints, _ = BUSES[bus.model]
        assert first <= device.place.slot <= last, f"{device} on a {bus.model}"
        if isinstance(device, Bus):
            assert bus.model in PARENT_BUSES[device.model], f"{device} on a {bus.model}"
            assert device.model != "pci-bridge" or bus.index < device.index
        else:
            assert takes_endpoints, f"{device} on a {bus.model}"
        document.above(device)


def _check_slots(document: Document) -> None:
    own = next((held for name, held in CHIPSETS.items() if document.machine.startswith(name)), set())
    for bus in document.buses.values():
        for slot, devices in bus.slots.items():
            functions = {device.own_place.function: device for device in devices}
            assert len(functions) == len(devices), f"a function twice among {devices}"
            assert len(functions) <= 8
            assert max(functions) <= 7
            held = {function for at, function in own if at == slot} if bus.index == 0 else set()
            assert not held & set(functions), f"{devices} where the chipset is"
            if set(functions) | held == {0} or held:
                continue
            assert 0 in functions, f"no function 0 among {devices}"
            assert functions[0].multifunction == "on", f"{functions[0]} does not say multifunction"


def _check_identities(document: Document) -> None:
    for name, models in (("chassis", PORTS), ("chassisNr", ("pci-bridge",)), ("index", ("pci-root",))):
        numbers = [bus.target(name) for bus in document.buses.values() if bus.model in models]
        numbers = [number for number in numbers if number is not None]
        assert len(numbers) == len(set(numbers)), f"{name} twice"


def _check_bus_numbers(document: Document) -> None:
    """Two trees never overlap, and each is as wide as the buses below it."""
    width: dict[int, int] = defaultdict(int)
    for bus in document.buses.values():
        if bus.model == "pci-root" and bus.index:
            continue
        if bus.model in EXPANDERS:
            width[bus.index] += 2 if bus.model == "pci-expander-bus" else 1
        else:
            top = document.expander(bus)
            if top is not None and top.model == "pci-root":
                continue
            width[0 if top is None else top.index] += 1
    end = 0
    starts = {0: 0} | {index: _number(document.buses[index].target("busNr") or "") for index in width if index}
    for index in sorted(starts, key=starts.__getitem__):
        assert starts[index] >= end, f"the bus numbers of {document.buses[index]} begin inside others"
        end = starts[index] + width[index]
    assert end <= 256
