"""The s390 channel subsystem: devices with channel numbers."""

from __future__ import annotations

from devaddr_xml.buses.places import NumberedPlaces, conflict
from devaddr_xml.buses.virtio import takes_any_virtio_transport
from devaddr_xml.model.address import VIRTUAL_CSSID, VIRTUAL_SSID, CcwAddress
from devaddr_xml.model.device import Device, Filesystem, Hostdev, Vsock

MAX_DEVNO = 0xFFFF


def takes_ccw(device: Device, *, passthrough: bool) -> bool:
    """Whether a device without an address becomes a channel device.

    passthrough: whether QEMU can pass through channel devices of the host.
    """
    if isinstance(device, Hostdev) and device.type == "mdev":
        return passthrough and device.model == "vfio-ccw"
    return isinstance(device, Filesystem | Vsock) or takes_any_virtio_transport(device)


class CcwDevices:
    """The channel numbers of a guest; a place is a complete CcwAddress."""

    __slots__ = ("_elsewhere", "_virtual")

    def __init__(self) -> None:
        self._virtual = NumberedPlaces(0, MAX_DEVNO)
        self._elsewhere: dict[CcwAddress, Device] = {}

    def reserve(self, place: CcwAddress, owner: Device) -> None:
        """Give the number to ``owner``; raises AddressConflict when it is in use."""
        holder: Device | None
        if place.cssid == VIRTUAL_CSSID and place.ssid == VIRTUAL_SSID and place.devno is not None:
            if (holder := self._virtual.holder(place.devno)) is None:
                self._virtual.take(place.devno, owner)
                return
        elif (holder := self._elsewhere.setdefault(place, owner)) is owner:
            return
        raise conflict(f"the channel device number {place}", owner, holder)

    def next_free(self) -> CcwAddress | None:
        """The lowest free number among the virtual devices."""
        devno = self._virtual.lowest_free()
        return None if devno is None else CcwAddress(VIRTUAL_CSSID, VIRTUAL_SSID, devno)

    def pass_over(self, devno: int) -> None:
        """Give no virtual device a number up to this one."""
        self._virtual.pass_over(devno)

    def free_count(self) -> int:
        """How many numbers are free among the virtual devices."""
        return self._virtual.free_count()

    def used_count(self) -> int:
        """How many numbers are in use."""
        return self._virtual.used_count() + len(self._elsewhere)
