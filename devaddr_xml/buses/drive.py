"""Disk controllers: how many units they have, which units are free, and the unit for the number of a disk."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from devaddr_xml.buses.places import conflict
from devaddr_xml.model.address import DriveAddress
from devaddr_xml.model.device import Device


class Geometry(msgspec.Struct, frozen=True):
    """Buses of a controller, and disks on each of them."""

    buses: int
    units: int

    @property
    def disks(self) -> int:
        """The disks on a whole controller."""
        return self.buses * self.units


class UnitLimits(msgspec.Struct, frozen=True):
    """The limits of a SCSI controller model: its highest unit, if any, and the unit that it uses itself."""

    highest: int | None = None
    reserved: int | None = None

    def unit(self, number: int) -> int | None:
        """The unit of disk ``number`` (from 0) of a controller; None if the controller has fewer units."""
        unit = number + 1 if self.reserved is not None and number >= self.reserved else number
        return unit if self.highest is None or unit <= self.highest else None


#: The geometry that libvirt uses for each disk bus. A SCSI controller of any model has seven disks.
GEOMETRIES = {
    "ide": Geometry(2, 2),
    "sata": Geometry(1, 6),
    "scsi": Geometry(1, 7),
    "fdc": Geometry(1, 2),
    "nvme": Geometry(1, 15),
}

NO_LIMITS = UnitLimits()
#: The limits of SCSI controller models in libvirt.
SCSI_LIMITS: dict[str | None, UnitLimits] = {
    "virtio-scsi": UnitLimits(highest=16383),
    "virtio-transitional": UnitLimits(highest=16383),
    "virtio-non-transitional": UnitLimits(highest=16383),
    "ibmvscsi": UnitLimits(highest=31, reserved=7),
    "lsisas1068": UnitLimits(highest=1),
    "lsisas1078": UnitLimits(highest=255),
    "lsilogic": UnitLimits(reserved=7),
    "vmpvscsi": UnitLimits(reserved=7),
    "buslogic": UnitLimits(reserved=7),
    "ncr53c90": UnitLimits(highest=6),
    "dc390": UnitLimits(highest=6),
    "am53c974": UnitLimits(highest=6),
}
#: The stricter limits of QEMU's devices: narrow SCSI ends at unit 7, which is the controller itself, and the
#: paravirtual controller has one unit for each target.
QEMU_SCSI_LIMITS: dict[str | None, UnitLimits] = {
    **SCSI_LIMITS,
    "lsilogic": UnitLimits(highest=6, reserved=7),
    "buslogic": UnitLimits(highest=6, reserved=7),
    "vmpvscsi": UnitLimits(highest=0),
}


def named_place(bus: str, number: int) -> DriveAddress | None:
    """Where libvirt puts disk ``number`` (from 0) of ``bus``; None for a bus without drive addresses."""
    geometry = GEOMETRIES.get(bus)
    if geometry is None:
        return None
    controller, rest = divmod(number, geometry.disks)
    on_bus, unit = divmod(rest, geometry.units)
    return DriveAddress(controller, on_bus, 0, unit)


class DriveBus:
    """The places of all controllers of one type; a place is a DriveAddress.

    Places are numbered across controllers: ``place(0)`` is the first place of controller 0, and so on.
    """

    __slots__ = ("_cursor", "_growing", "_indexes", "_owners", "geometry", "limits", "models", "new_model")

    def __init__(
        self,
        bus: str,
        models: Mapping[int, str | None],
        *,
        disks: int | None = None,
        limits: Mapping[str | None, UnitLimits] = SCSI_LIMITS,
        new_model: str | None = None,
        growing: bool = False,
    ) -> None:
        """Describe the controllers.

        bus: ide, sata, scsi or fdc. models: the models of existing controllers by index.
        disks: how many disks each SCSI controller gets, instead of seven. limits: of the SCSI models.
        new_model: of controllers that do not exist yet. growing: whether those can be used, too.
        """
        self.geometry = Geometry(1, disks) if disks is not None else GEOMETRIES[bus]
        self.limits = limits if bus == "scsi" else {}
        self.models = dict(models)
        self.new_model = new_model
        self._growing = growing
        self._indexes = sorted(self.models)
        self._cursor = 0
        self._owners: dict[DriveAddress, Device] = {}

    def model(self, controller: int) -> str | None:
        """The model of the controller with that index, or the model of a new one."""
        return self.models.get(controller, self.new_model)

    def place(self, number: int) -> DriveAddress | None:
        """Place ``number`` (from 0); None if the model of its controller has fewer units."""
        controller, rest = divmod(number, self.geometry.disks)
        on_bus, nth = divmod(rest, self.geometry.units)
        unit = self.limits.get(self.model(controller), NO_LIMITS).unit(nth)
        return None if unit is None else DriveAddress(controller, on_bus, 0, unit)

    def holder(self, place: DriveAddress) -> Device | None:
        """Who has the place, if anyone."""
        return self._owners.get(place)

    def reserve(self, place: DriveAddress, owner: Device) -> None:
        """Give the place to ``owner``; raises AddressConflict when it is in use."""
        if (holder := self._owners.setdefault(place, owner)) is not owner:
            raise conflict(f"the place at {place}", owner, holder)

    def next_free(self) -> DriveAddress | None:
        """The first free place of the lowest controller that has one."""
        disks = self.geometry.disks
        while self._growing or self._cursor < disks * len(self._indexes):
            nth, rest = divmod(self._cursor, disks)
            number = self._cursor if self._growing else self._indexes[nth] * disks + rest
            place = self.place(number)
            if place is not None and place not in self._owners:
                return place
            self._cursor += 1
        return None

    def free_count(self) -> int:
        """How many more disks fit on the existing controllers."""
        disks = self.geometry.disks
        places = (self.place(index * disks + nth) for index in self._indexes for nth in range(disks))
        return sum(place is not None and place not in self._owners for place in places)

    def used_count(self) -> int:
        """How many places are in use."""
        return len(self._owners)
