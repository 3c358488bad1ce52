"""What the naming schemes of systemd.net-naming-scheme differ in for interfaces of a guest.

Of v247 to v260 two changes concern guests of QEMU. The others are about Xen, device trees, representors of virtual
functions on the host, and bridges in numbered slots, which QEMU has none of. v249 also reads ACPI indexes above 16383,
which QEMU refuses.
"""

from __future__ import annotations

from typing import NamedTuple

from devaddr_xml.model.guest import Guest
from devaddr_xml.model.policy import LIBVIRT_TUNABLES, NO_POLICY, NamingScheme


class Naming(NamedTuple):
    """How a naming scheme makes names.

    function_ids: the slot number of a zPCI device is its function id; before, udev read the slot's hexadecimal name as
    another number. firmware_numbers: the slot number is ``_SUN`` of the device itself, so slots of several buses can
    have one number; before, Linux gave each number to one slot.
    """

    function_ids: bool
    firmware_numbers: bool


def naming_of(scheme: NamingScheme) -> Naming:
    """The rules of a naming scheme."""
    version = int(scheme.removeprefix("v"))
    return Naming(function_ids=version >= 249, firmware_numbers=version >= 257)


def scheme_of(*guests: Guest) -> NamingScheme:
    """The naming scheme that the first of the guests names whose policy names one, else the default."""
    for guest in guests:
        if scheme := (guest.policy or NO_POLICY).naming_scheme:
            return scheme
    return LIBVIRT_TUNABLES.naming_scheme
