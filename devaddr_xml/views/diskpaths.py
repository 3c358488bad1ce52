"""Names of disks in a Linux guest that come from their place: /dev/disk/by-path (systemd's udev, v247 and later)."""

from __future__ import annotations

from devaddr_xml.engine.finished.topology import Topology
from devaddr_xml.model.address import CcwAddress, DriveAddress, PciAddress, UsbAddress
from devaddr_xml.model.device import Device, Disk, Hostdev

#: SCSI controllers whose disks are named by SAS addresses, or in another way that the layout does not tell.
_OTHERWISE_NAMED = frozenset(("lsisas1068", "lsisas1078"))
#: SCSI controllers on which libvirt's unit is the SCSI target; elsewhere it is the logical unit.
UNIT_IS_TARGET = frozenset(("lsilogic", "buslogic", "ncr53c90", "dc390", "am53c974"))


def disk_paths(topology: Topology) -> dict[int, str]:
    """The name under /dev/disk/by-path of every disk that has one, by ``id()`` of the device."""
    paths: dict[int, str] = {}
    for device in topology.guest.devices:
        if isinstance(device, Disk | Hostdev) and (path := _path(topology, device)):
            paths[id(device)] = path
    return paths


def _path(topology: Topology, device: Disk | Hostdev) -> str | None:
    address = device.address
    if isinstance(address, DriveAddress):
        return _drive_path(topology, device, address)
    if not isinstance(device, Disk):
        return None
    if isinstance(address, UsbAddress) and address.port:
        host = topology.controller("usb", address.bus)
        path = _place_path(topology, host) if host else None
        return path and f"{path}-usb-0:{'.'.join(map(str, address.port))}:1.0-scsi-0:0:0:0"
    return _place_path(topology, device)


def _drive_path(topology: Topology, device: Disk | Hostdev, address: DriveAddress) -> str | None:
    bus = device.bus if isinstance(device, Disk) else "scsi"
    if bus == "fdc":
        return f"platform-floppy.{address.unit}"
    controller = topology.controller(bus or "scsi", address.controller)
    path = _place_path(topology, controller) if controller else None
    if path is None or controller is None:
        return None
    if bus == "ide":
        return f"{path}-ata-{address.bus + 1}.{address.unit}"
    if bus == "sata":
        return f"{path}-ata-{address.unit + 1}.0"
    if bus == "nvme":
        return f"{path}-nvme-{address.unit + 1}"
    if controller.model in _OTHERWISE_NAMED:
        return None
    if controller.model in UNIT_IS_TARGET:
        return f"{path}-scsi-0:0:{address.unit}:0"
    return f"{path}-scsi-0:{address.bus}:{address.target}:{address.unit}"


def _place_path(topology: Topology, device: Device) -> str | None:
    """The beginning of the name: where the device or its controller is."""
    if isinstance(device.address, CcwAddress) and device.address.complete:
        return f"ccw-0.{device.address.ssid:x}.{device.address.devno:04x}"
    if isinstance(device.address, PciAddress) and topology.machine.is_s390:
        return None
    place = topology.guest_address(device)
    return f"pci-{place}" if place else None
