"""The fixed order in which devices get automatic PCI addresses (libvirt's)."""

from __future__ import annotations

from collections.abc import Iterator

from devaddr_xml.engine.pci.build import takes_place, wants_pci
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import CcwAddress, PciAddress, VirtioMmioAddress, address_type
from devaddr_xml.model.device import Controller, Device, Disk, Hostdev, Interface
from devaddr_xml.model.errors import Unsupported
from devaddr_xml.model.naming import label

_SOUNDS_WITHOUT_PCI = ("sb16", "pcspk", "usb")
_VIDEOS_WITHOUT_PCI = ("none", "ramfb")
_CONTROLLERS_WITHOUT_PCI = ("fdc", "ccid")


def pci_controllers(state: State) -> Iterator[Controller]:
    """PCI controllers that wait for a place, in list order."""
    for controller in state.controllers:
        if controller.type == "pci" and takes_place(controller) and wants_pci(controller):
            yield controller


def endpoints(state: State) -> Iterator[Device]:
    """Every device that waits for a PCI address, in the order in which they get one."""
    for device in _candidates(state):
        if wants_pci(device):
            yield device


def _candidates(state: State) -> Iterator[Device]:
    yield from (fs for fs in state.filesystems if fs.driver != "mtp")
    yield from (nic for nic in state.interfaces if nic.model != "usb-net" and nic.type != "hostdev")
    yield from (sound for sound in state.sounds if sound.model not in _SOUNDS_WITHOUT_PCI)
    yield from (controller for controller in state.controllers if _has_slot(controller))
    yield from (disk for disk in state.disks if disk.bus == "virtio" and _disk_is_pci(state, disk))
    yield from (hostdev for hostdev in state.hostdevs if _is_assigned(hostdev))
    yield from (balloon for balloon in state.memballoons if balloon.model != "none")
    yield from state.rngs
    yield from (watchdog for watchdog in state.watchdogs if watchdog.model == "i6300esb")
    yield from (video for video in state.videos if video.model not in _VIDEOS_WITHOUT_PCI)
    yield from state.shmems
    yield from (device for device in state.inputs if device.bus == "virtio")
    yield from (serial for serial in state.serials if serial.target_type == "pci-serial")
    yield from (iommu for iommu in state.iommus if iommu.model in ("virtio", "amd"))
    yield from state.vsocks
    yield from (memory for memory in state.memories if memory.model in ("virtio-pmem", "virtio-mem"))
    yield from state.cryptos
    yield from (panic for panic in state.panics if panic.model == "pvpanic")
    yield from state.pstores


def _has_slot(controller: Controller) -> bool:
    """Whether a controller other than a PCI one takes a PCI slot of its own."""
    if controller.type == "pci" or controller.type in _CONTROLLERS_WITHOUT_PCI:
        return False
    if controller.type == "ide":
        return controller.index != 0
    if controller.type == "usb":
        return controller.model != "none"
    return not (controller.type == "scsi" and controller.model == "ncr53c90")


def _disk_is_pci(state: State, disk: Disk) -> bool:
    address = disk.address
    if address is None or isinstance(address, PciAddress | CcwAddress):
        return True
    if isinstance(address, VirtioMmioAddress) and state.caps.has("virtio-mmio"):
        return True
    raise Unsupported(
        f"a virtio disk cannot have an address of type '{address_type(address)}'",
        device=label(disk),
        line=disk.line,
        remedy="Remove the <address>, or use type='pci'",
    )


def _is_assigned(hostdev: Interface | Hostdev) -> bool:
    if isinstance(hostdev, Interface):
        return hostdev.source_type == "pci"
    if hostdev.mode != "subsystem":
        return False
    return hostdev.type in ("pci", "scsi_host") or (hostdev.type == "mdev" and hostdev.model == "vfio-pci")
