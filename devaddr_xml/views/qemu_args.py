"""The layout as QEMU arguments: every controller in full, and of each device the properties that say where it is.

Names (``pci.3``, ``scsi0``, ``virtio-disk1``) and properties are those that libvirt uses, so that a program which runs
QEMU itself gets the same hardware.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from devaddr_xml.buses.disk_name import disk_number
from devaddr_xml.buses.pci.controllers import CONTROLLER_MODELS, HOST_BRIDGE
from devaddr_xml.buses.usb import CHOOSABLE_PORTS
from devaddr_xml.engine.finished.topology import Topology, mirrored_console
from devaddr_xml.model.address import (
    CcidAddress,
    CcwAddress,
    DimmAddress,
    DriveAddress,
    PciAddress,
    SpaprVioAddress,
    UsbAddress,
    VirtioSerialAddress,
)
from devaddr_xml.model.controller_rows import CONTROLLER_ROW
from devaddr_xml.model.device import Controller, Device, Disk, Hostdev, Interface, Iommu, Memory, Video
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.kind_rows import KIND_NAMED
from devaddr_xml.model.naming import label, preferred_references
from devaddr_xml.views.diskpaths import UNIT_IS_TARGET

Properties = dict[str, "str | int | bool"]

#: Controllers that are virtio devices, by type.
VIRTIO = {"scsi": "virtio-scsi", "virtio-serial": "virtio-serial"}
_VIRTIO_MODELS = {None: "", "virtio": "", "virtio-scsi": "", "virtio-transitional": "-transitional"}
_VIRTIO_MODELS["virtio-non-transitional"] = "-non-transitional"

#: QEMU's device for PCI controllers whose model name the document leaves out.
_PCI_DRIVERS = {model.name: model.qemu[0] for model in (*CONTROLLER_MODELS, HOST_BRIDGE) if model.qemu}

#: The order of controller types in libvirt's command line; others come last.
_ORDER = {"pci": 0, "usb": 1, "scsi": 2, "ide": 3, "sata": 4, "nvme": 5, "virtio-serial": 6, "ccid": 7}


class Placed(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """A device and the properties of its ``-device`` argument that say what it is called and where it is."""

    device: str
    ref: str
    properties: Properties


class QemuArguments(msgspec.Struct, frozen=True, kw_only=True):
    """The arguments of a guest.

    controllers: the objects of ``-device``, in an order in which QEMU takes them. devices: in document order.
    """

    controllers: tuple[Properties, ...]
    devices: tuple[Placed, ...]

    def to_json(self) -> str:
        """The arguments as JSON."""
        return msgspec.json.encode(self).decode()

    def command_line(self) -> list[str]:
        """The controllers as words of a command line."""
        return [word for one in self.controllers for word in ("-device", msgspec.json.encode(one).decode())]


def qemu_arguments(guest: Guest) -> QemuArguments:
    """The arguments of a complete guest."""
    return _Arguments(guest).arguments()


def qemu_properties(guest: Guest) -> dict[int, Properties]:
    """What every device of a complete guest is called and where it is, by ``id()``."""
    arguments = _Arguments(guest)
    found: dict[int, Properties] = {}
    for device in guest.devices:
        name = arguments.names.get(id(device))
        named: Properties = {"id": name} if name else {}
        found[id(device)] = {**named, **arguments.place(device)}
    return found


class _Arguments:
    """Names every device and says where it is."""

    def __init__(self, guest: Guest) -> None:
        self.guest = guest
        self.topology = Topology(guest)
        self.names = _names(guest, self.topology)

    def arguments(self) -> QemuArguments:
        controllers: list[Properties] = []
        for controller in self._ordered():
            properties = self._controller(controller)
            if properties is not None:
                controllers += [*self._zpci(controller), properties]
        if self.topology.machine.fdc_device and any(self.topology.controllers("fdc")):
            controllers.append({"driver": "isa-fdc"})
        refs = preferred_references(self.guest.devices)
        devices: list[Placed] = []
        mirror = mirrored_console(self.guest)
        for device in self.guest.devices:
            if isinstance(device, Controller) or device is mirror:
                continue
            properties = self.place(device)
            if properties:
                name = self.names.get(id(device))
                named: Properties = {"id": name} if name else {}
                controllers += self._zpci(device)
                devices.append(Placed(device=label(device), ref=refs[id(device)], properties={**named, **properties}))
        return QemuArguments(controllers=tuple(controllers), devices=tuple(devices))

    def _ordered(self) -> Iterator[Controller]:
        """Controllers by type; PCI controllers after the one that they sit on, USB masters before companions."""
        given: set[int] = set()
        for _, own in sorted(self.topology.buses.items()):
            for bus in reversed(self.topology.above(own)):
                if bus.index not in given:
                    given.add(bus.index)
                    yield bus.controller
        rest = [c for c in self.guest.devices if isinstance(c, Controller) and c.type != "pci"]
        rest.sort(key=lambda c: (_ORDER.get(c.type, 9), c.index or 0, c.master_startport is not None))
        yield from rest

    def _controller(self, controller: Controller) -> Properties | None:
        """The ``-device`` object of a controller; none for one that the machine has of itself."""
        if controller.type == "pci":
            return self._pci_controller(controller)
        driver = self._driver(controller)
        if driver is None or self._is_built_in(controller):
            return None
        properties: Properties = {"driver": driver}
        if controller.master_startport is not None:
            properties["masterbus"] = f"{self._usb_bus(controller.index or 0)}.0"
            properties["firstport"] = controller.master_startport
        elif controller.type == "usb" and controller.ports is not None and controller.model in CHOOSABLE_PORTS:
            properties |= {"p2": controller.ports, "p3": controller.ports}
        if controller.master_startport is None:
            properties["id"] = self.names[id(controller)]
        if controller.type == "nvme" and controller.serial is not None:
            properties["serial"] = controller.serial
        if controller.type == "virtio-serial":
            properties |= {"max_ports": controller.ports} if controller.ports is not None else {}
        if controller.vectors is not None:
            properties["vectors"] = controller.vectors
        return properties | self.place(controller)

    def _driver(self, controller: Controller) -> str | None:
        virtio = VIRTIO.get(controller.type)
        if virtio is not None and controller.model in _VIRTIO_MODELS:
            if isinstance(controller.address, CcwAddress):
                return f"{virtio}-ccw"
            if isinstance(controller.address, PciAddress):
                return f"{virtio}-pci{_VIRTIO_MODELS[controller.model]}"
            return f"{virtio}-device"
        row = CONTROLLER_ROW.get((controller.type, controller.model))
        return None if row is None else row.qemu

    def _is_built_in(self, controller: Controller) -> bool:
        return controller.type == "sata" and controller.index == 0 and self.topology.machine.sata

    def _pci_controller(self, controller: Controller) -> Properties | None:
        if controller.model == "pcie-root" or (controller.model == "pci-root" and not controller.target_index):
            return None
        driver = controller.model_name or _PCI_DRIVERS.get(controller.model or "")
        if driver is None:
            return None
        properties: Properties = {"driver": driver}
        numbers = (
            ("chassis_nr", controller.chassis_nr),
            ("port", controller.port),
            ("chassis", controller.chassis),
            ("bus_nr", controller.bus_nr),
            ("index", controller.target_index),
        )
        properties |= {name: value for name, value in numbers if value is not None}
        properties["id"] = self.names[id(controller)]
        if controller.hotplug is not None:
            properties["hotplug"] = controller.hotplug
        if controller.mem_reserve is not None:
            properties["mem-reserve"] = controller.mem_reserve * 1024
        if controller.node is not None:
            properties["numa_node"] = controller.node
        return properties | self.place(controller)

    def place(self, device: Device) -> Properties:
        """The properties that say where a device is; empty where QEMU is told nothing."""
        address = device.address
        if isinstance(device, Iommu) and device.pci_bus is not None:
            bus = self.topology.buses.get(device.pci_bus)
            return {"primary-bus": self.names[id(bus.controller)]} if bus is not None else {}
        if isinstance(address, PciAddress):
            return self._pci_place(address)
        if isinstance(address, DriveAddress):
            return self._drive_place(device, address)
        if isinstance(address, UsbAddress):
            if not address.port:
                return {}
            return {"bus": f"{self._usb_bus(address.bus)}.0", "port": ".".join(map(str, address.port))}
        if isinstance(address, VirtioSerialAddress):
            return {"bus": f"virtio-serial{address.controller}.0", "nr": address.port}
        if isinstance(address, CcidAddress):
            return {"bus": f"ccid{address.controller}.0"}
        if isinstance(address, CcwAddress):
            return {"devno": str(address)} if address.complete else {}
        if isinstance(address, SpaprVioAddress):
            return {} if address.reg is None else {"reg": address.reg}
        if isinstance(address, DimmAddress):
            base: Properties = {"addr": address.base} if address.base else {}
            return {"slot": address.slot, **base}
        return {}

    def _usb_bus(self, index: int) -> str:
        """The name of the USB controller with that index that is no companion."""
        for controller in self.topology.controllers("usb"):
            if controller.index == index and controller.master_startport is None:
                return self.names[id(controller)]
        return f"usb{index}" if index else "usb"

    def _pci_place(self, address: PciAddress) -> Properties:
        bus = self.topology.buses.get(address.bus)
        if address.empty or address.domain or bus is None:
            return {}
        name = self.names[id(bus.controller)]
        if bus.controller.model == "pci-root" and bus.controller.target_index:
            name += ".0"
        slot = f"0x{address.slot:x}" + (f".0x{address.function:x}" if address.function else "")
        several: Properties = {"multifunction": True} if address.multifunction else {}
        return {"bus": name, **several, "addr": slot}

    def _drive_place(self, device: Device, address: DriveAddress) -> Properties:
        bus = device.bus if isinstance(device, Disk) else "scsi"
        if bus == "fdc":
            return {"unit": address.unit}
        if bus == "ide":
            return {"bus": f"ide.{address.bus}", "unit": address.unit}
        controller = self.topology.controller(bus or "scsi", address.controller)
        name = self.names.get(id(controller), f"{bus}{address.controller}")
        if bus == "sata":
            return {"bus": f"{name}.{address.unit}"}
        if bus == "nvme":
            return {"bus": name, "nsid": address.unit + 1}
        if controller is not None and controller.model in UNIT_IS_TARGET:
            return {"bus": f"{name}.{address.bus}", "scsi-id": address.unit}
        return {
            "bus": f"{name}.0",
            "channel": address.bus,
            "scsi-id": address.target,
            "lun": address.unit,
        }

    def _zpci(self, device: Device) -> list[Properties]:
        """The companion that gives a PCI device its ids on s390x."""
        address = device.address
        if not isinstance(address, PciAddress) or address.zpci_uid is None or not self.topology.machine.is_s390:
            return []
        ids: Properties = {"driver": "zpci", "uid": address.zpci_uid}
        if address.zpci_fid is not None:
            ids["fid"] = address.zpci_fid
        return [{**ids, "target": self.names.get(id(device), ""), "id": f"zpci{address.zpci_uid}"}]


def _names(guest: Guest, topology: Topology) -> dict[int, str]:
    """What libvirt calls each device, by ``id()`` of the device."""
    names: dict[int, str] = {}
    counts: dict[str, int] = {}
    for device in _listed(guest.devices):
        if device.alias:
            names[id(device)] = device.alias
        kind = "hostdev" if isinstance(device, Interface) and device.type == "hostdev" else device.kind
        number = counts.get(kind, 0)
        counts[kind] = number + 1
        name = _name(device, kind, number, topology)
        if name is not None:
            names.setdefault(id(device), name)
    return names


def _listed(devices: Iterable[Device]) -> list[Device]:
    """The devices in the order of libvirt's lists, as far as names hang on it: the primary video device is first."""
    first = [device for device in devices if isinstance(device, Video) and device.primary]
    interfaces = [device for device in devices if isinstance(device, Interface)]
    return [*first, *interfaces, *(d for d in devices if d not in first and not isinstance(d, Interface))]


def _name(device: Device, kind: str, number: int, topology: Topology) -> str | None:
    if isinstance(device, Controller):
        return _controller_name(device, topology)
    if isinstance(device, Disk):
        return _disk_name(device, topology)
    if isinstance(device, Hostdev) and isinstance(device.address, DriveAddress):
        return f"hostdev{number}"
    if isinstance(device, Memory):
        slot = device.address.slot if isinstance(device.address, DimmAddress) else number
        return f"{KIND_NAMED[kind].qemu_models.get(device.model or '', 'dimm')}{slot}"
    word = KIND_NAMED[kind].qemu
    return None if word is None else f"{word}{number}"


def _controller_name(controller: Controller, topology: Topology) -> str:
    index = controller.index or 0
    if controller.type == "pci":
        return f"pcie.{index}" if controller.model == "pcie-root" else f"pci.{index}"
    machine = topology.machine
    if index == 0:
        if controller.type == "usb":
            return "usb"
        if (controller.type == "ide" and machine.builtin_ide) or (controller.type == "sata" and machine.sata):
            return "ide"
        if controller.type == "scsi" and machine.builtin_esp:
            return "scsi"
    return f"{controller.type}{index}"


def _disk_name(disk: Disk, topology: Topology) -> str | None:
    address = disk.address
    if isinstance(address, DriveAddress):
        controller = topology.controller(disk.bus or "scsi", address.controller)
        numbers = [address.controller, address.bus, address.target, address.unit]
        if disk.bus != "scsi" or (controller is not None and controller.model in UNIT_IS_TARGET):
            del numbers[2]
        return f"{disk.bus}{'-'.join(map(str, numbers))}"
    number = disk_number(disk.target) if disk.target else None
    if number is None:
        return None
    return f"usb-disk{number}" if disk.bus == "usb" else f"{disk.bus}-disk{number}"
