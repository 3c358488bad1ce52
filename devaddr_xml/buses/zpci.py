"""zPCI: the two identifiers that a PCI device of an s390 guest has in addition to its PCI address."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from devaddr_xml.buses.places import NumberedPlaces, conflict
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import CharacterDevice, Device
from devaddr_xml.model.errors import PlacementError
from devaddr_xml.model.naming import label

MIN_UID, MAX_UID = 1, 0xFFFF
MIN_FID, MAX_FID = 0, 0xFFFFFFFF


class ZpciPair(msgspec.Struct, frozen=True):
    """A user-defined id (1-65535) and a function id (0-4294967295)."""

    uid: int
    fid: int


class ZpciIds:
    """The zPCI ids of a guest; a place is a ZpciPair. Each id belongs to one device."""

    __slots__ = ("_fids", "_uids")

    def __init__(self) -> None:
        self._uids = NumberedPlaces(MIN_UID, MAX_UID)
        self._fids = NumberedPlaces(MIN_FID, MAX_FID)

    def collect(self, devices: Iterable[Device]) -> None:
        """Reserve the ids that ``devices`` have. A device with one id gets the lowest free other id.

        Only the ids of earlier devices are in use at that time, so a device can get an id that a later device states,
        as in libvirt. Raises AddressConflict for an id that two devices have.
        """
        for device in devices:
            address = _pci_address(device)
            if address is None or (address.zpci_uid is None and address.zpci_fid is None):
                continue
            uid = self._free_uid(device) if address.zpci_uid is None else address.zpci_uid
            fid = self._free_fid(device) if address.zpci_fid is None else address.zpci_fid
            self.reserve(ZpciPair(uid, fid), device)
            device.address = replace(address, zpci_uid=uid, zpci_fid=fid)

    def complete(self, devices: Iterable[Device]) -> list[Device]:
        """Give the lowest free ids to those of ``devices`` that have a PCI address and no ids; return these devices."""
        completed = []
        for device in devices:
            address = _pci_address(device)
            if address is None or (address.zpci_uid is not None and address.zpci_fid is not None):
                continue
            pair = ZpciPair(self._free_uid(device), self._free_fid(device))
            self.reserve(pair, device)
            device.address = replace(address, zpci_uid=pair.uid, zpci_fid=pair.fid)
            completed.append(device)
        return completed

    def reserve(self, place: ZpciPair, owner: Device) -> None:
        """Give both ids to ``owner``; raises AddressConflict if one is in use. The range is not checked."""
        for name, ids, number in (("uid", self._uids, place.uid), ("fid", self._fids, place.fid)):
            if (holder := ids.holder(number)) is not None and holder is not owner:
                raise conflict(f"the zPCI {name} 0x{number:x}", owner, holder)
        self._uids.take(place.uid, owner)
        self._fids.take(place.fid, owner)

    def next_free(self) -> ZpciPair | None:
        """The lowest free number of each kind."""
        uid, fid = self._uids.lowest_free(), self._fids.lowest_free()
        return None if uid is None or fid is None else ZpciPair(uid, fid)

    def free_count(self) -> int:
        """How many more devices can have both ids."""
        return min(self._uids.free_count(), self._fids.free_count())

    def used_count(self) -> int:
        """How many devices have ids."""
        return self._uids.used_count()

    def _free_uid(self, device: Device) -> int:
        return _found(self._uids.lowest_free(), "uid", device)

    def _free_fid(self, device: Device) -> int:
        return _found(self._fids.lowest_free(), "fid", device)


def _pci_address(device: Device) -> PciAddress | None:
    """The PCI address of the device, unless it is a character device."""
    return (
        device.address if isinstance(device.address, PciAddress) and not isinstance(device, CharacterDevice) else None
    )


def _found(number: int | None, name: str, device: Device) -> int:
    if number is None:
        raise PlacementError(
            f"no zPCI {name} is left for it",
            device=label(device),
            line=device.line,
            remedy="Use fewer PCI devices, or make them channel devices",
        )
    return number
