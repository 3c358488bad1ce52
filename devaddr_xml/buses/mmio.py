"""Memory-mapped virtio: a transport for virtio devices that needs no bus and has no numbers."""

from __future__ import annotations

from devaddr_xml.buses.virtio import takes_any_virtio_transport
from devaddr_xml.model.address import VirtioMmioAddress
from devaddr_xml.model.device import Device
from devaddr_xml.model.errors import PlacementError
from devaddr_xml.model.naming import label

#: QEMU's ``virt`` machine of Arm has this many; other machines have fewer.
MOST_TRANSPORTS = 32


def takes_mmio(device: Device) -> bool:
    """Whether a device that says nothing of an address can use a memory-mapped transport."""
    return takes_any_virtio_transport(device)


class MmioTransports:
    """The transports of a guest; all are alike, and QEMU picks one for each device."""

    __slots__ = ("_owners", "count")

    def __init__(self, count: int = MOST_TRANSPORTS) -> None:
        self.count = count
        self._owners: list[Device] = []

    def reserve(self, place: VirtioMmioAddress, owner: Device) -> None:
        """Give one of the transports to ``owner``; raises PlacementError when none is left."""
        if not self.free_count():
            raise PlacementError(
                f"all {self.count} memory-mapped transports are in use",
                device=label(owner),
                line=owner.line,
                remedy="Use PCI for some of the devices",
            )
        self._owners.append(owner)

    def next_free(self) -> VirtioMmioAddress | None:
        """Any transport, if one is left."""
        return VirtioMmioAddress() if self.free_count() else None

    def free_count(self) -> int:
        """How many transports are free."""
        return self.count - len(self._owners)

    def used_count(self) -> int:
        """How many transports are in use."""
        return len(self._owners)
