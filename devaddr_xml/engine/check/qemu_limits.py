"""More virtio devices than QEMU carries: each needs memory sections, of which there are 4,096."""

from __future__ import annotations

from devaddr_xml.buses.virtio import takes_any_virtio_transport
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import PciAddress

#: So many virtio PCI devices QEMU was seen to carry once firmware has mapped their BARs.
MOST_VIRTIO = 600


def check_sections(state: State) -> None:
    """Warn when the guest has more virtio PCI devices than QEMU has memory sections for (QEMU system/physmem)."""
    if len(state.guest.devices) <= MOST_VIRTIO:
        return
    count = sum(type(device.address) is PciAddress and takes_any_virtio_transport(device) for device in state.visit())
    if count > MOST_VIRTIO:
        state.journal.warn(
            f"the guest has {count} virtio PCI devices; QEMU, with 4096 memory sections, carries about {MOST_VIRTIO} "
            "and may stop when firmware maps more"
        )
