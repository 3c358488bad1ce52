"""The controller of a device on a bus other than PCI."""

from __future__ import annotations

from devaddr_xml.model.address import CcidAddress, DriveAddress, UsbAddress, VirtioSerialAddress
from devaddr_xml.model.device import Device, Disk


def controller_of(device: Device) -> tuple[str, int] | None:
    """Type and index of the controller that the address of the device names, unless it is a PCI address."""
    address = device.address
    if isinstance(address, DriveAddress):
        return ((device.bus or "scsi") if isinstance(device, Disk) else "scsi", address.controller)
    if isinstance(address, UsbAddress):
        return "usb", address.bus
    if isinstance(address, VirtioSerialAddress):
        return "virtio-serial", address.controller
    if isinstance(address, CcidAddress):
        return "ccid", address.controller
    return None
