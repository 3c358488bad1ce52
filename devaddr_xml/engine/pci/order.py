"""The fixed order in which devices get automatic PCI addresses (libvirt's)."""

from __future__ import annotations

from collections.abc import Iterator

from devaddr_xml.buses.pci.connect import endpoint_row, variant_of
from devaddr_xml.buses.pci.flags import NO_PCI
from devaddr_xml.engine.pci.build import takes_place, wants_pci
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import CcwAddress, PciAddress, VirtioMmioAddress, address_type
from devaddr_xml.model.device import Controller, Device, Disk, Hostdev, Interface
from devaddr_xml.model.errors import Unsupported
from devaddr_xml.model.kind_rows import ON_PCI
from devaddr_xml.model.naming import label

#: The kinds that can be PCI devices, in order, each with the fields and values that make them another device.
_TURNS = tuple(
    [
        (
            kind,
            None
            if kind.elsewhere is None
            else tuple([(field, frozenset(words.split())) for field, words in kind.elsewhere.items()]),
        )
        for kind in ON_PCI
    ]
)


def pci_controllers(state: State) -> Iterator[Controller]:
    """PCI controllers without a place, in list order."""
    for controller in state.controllers:
        if controller.type == "pci" and takes_place(controller) and wants_pci(controller):
            yield controller


def endpoints(state: State) -> Iterator[Device]:
    """Every device that needs a PCI address, in the order in which they get one."""
    for device in _candidates(state):
        if wants_pci(device):
            yield device


def _candidates(state: State) -> Iterator[Device]:
    not_on_pci = state.rules.interfaces_on_boards | state.rules.interfaces_on_usb
    for kind, elsewhere in _TURNS:
        for device in state.of(kind.device):
            if isinstance(device, Disk):
                if device.bus == "virtio" and (device.address is None or _disk_is_pci(state, device)):
                    yield device
            elif kind.device is Hostdev:
                if isinstance(device, Interface | Hostdev) and _is_assigned(device):
                    yield device
            elif elsewhere is None:
                if endpoint_row(kind.name, variant_of(device), device.model):
                    yield device
            elif kind.device is Interface and device.model in not_on_pci:
                continue
            elif not (any(getattr(device, field) in values for field, values in elsewhere) or _is_none(device)):
                yield device


def _is_none(device: Device) -> bool:
    """Whether a device that could be on PCI is not there: it is part of the chipset, or known as another kind of
    device."""
    if isinstance(device, Controller) and device.type == "ide" and device.index == 0:
        return True
    return not isinstance(device, Interface) and endpoint_row(device.kind, variant_of(device), device.model) == NO_PCI


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
