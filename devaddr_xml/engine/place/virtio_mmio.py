"""Memory-mapped virtio, or PCI, on machines that have both."""

from __future__ import annotations

from devaddr_xml.buses.pci.controllers import MODEL_NAMED
from devaddr_xml.buses.virtio import takes_any_virtio_transport
from devaddr_xml.engine.place.set_address import set_address
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import VirtioMmioAddress
from devaddr_xml.model.events import Rule


def choose_transport(state: State) -> None:
    """Give virtio devices without an address a memory-mapped transport, unless they become PCI devices.

    They become PCI devices if the guest has PCI Express ports and no memory-mapped device.
    """
    if not state.machine.virtio_mmio:
        return
    wanting, is_mapped = [], False
    for device in state.visit():
        if device.address is None:
            if takes_any_virtio_transport(device):
                wanting.append(device)
        elif isinstance(device.address, VirtioMmioAddress):
            is_mapped = True
    if not is_mapped and _has_pcie_ports(state):
        return
    if state.caps.has("virtio-mmio"):
        rule = Rule.ONE_IS_MAPPED if is_mapped else Rule.NO_PCI
        for device in wanting:
            set_address(state, device, VirtioMmioAddress(), rule)


def _has_pcie_ports(state: State) -> bool:
    root = state.controller("pci", 0)
    if root is None or root.model != "pcie-root":
        return False
    return any(map(state.caps.has, MODEL_NAMED["pcie-root-port"].qemu))
