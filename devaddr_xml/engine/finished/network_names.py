"""Names of network interfaces in a Linux guest (systemd.net-naming-scheme, v247 and newer)."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from devaddr_xml.engine.finished.naming_schemes import Naming, naming_of, scheme_of
from devaddr_xml.engine.finished.topology import Bus, Topology
from devaddr_xml.model.address import CcwAddress, PciAddress, UsbAddress
from devaddr_xml.model.device import Controller, Device, Interface, Video
from devaddr_xml.model.policy import NamingScheme
from devaddr_xml.model.usb2 import USB2_MODELS

#: The highest ACPI index that QEMU takes, and by which every version of systemd names an interface.
LAST_INDEX = 16 * 1024 - 1
#: The longest name of a network interface in Linux.
LONGEST = 15

#: QEMU devices that cannot be unplugged, by kind and model: ACPI gives their slots no number.
_FIXED = {
    ("video", "vga"),
    ("video", "cirrus"),
    ("video", "virtio"),
    ("video", "vmvga"),
    ("controller", "ehci"),
    *(("controller", model) for model in sorted(USB2_MODELS)),
    ("controller", "pci-ohci"),
}


class NetworkNames(NamedTuple):
    """ID_NET_NAME_SLOT, _PATH and _ONBOARD of an interface; unset where udev makes none.

    shared: another interface has the same slot name. udev renames one of the two, whichever it finds first.
    """

    slot: str | None = None
    path: str | None = None
    onboard: str | None = None
    shared: bool = False

    @property
    def name(self) -> str | None:
        """The name that the interface gets under systemd's default policy; none if the kernel's (eth0) stays."""
        return self.onboard or (None if self.shared else self.slot or self.path)

    @property
    def every(self) -> tuple[str, ...]:
        """The names that udev makes, of slot, path and index."""
        return tuple([name for name in (self.slot, self.path, self.onboard) if name])


def network_names(topology: Topology, scheme: NamingScheme | None = None) -> dict[int, NetworkNames]:
    """The names of every network interface whose place gives it one, by ``id()`` of the device.

    scheme: the naming scheme of the guest, if its policy is not to say it.
    """
    naming = naming_of(scheme or scheme_of(topology.guest))
    slots = numbered_slots(topology, naming)
    names: dict[int, NetworkNames] = {}
    for device in topology.guest.devices:
        if isinstance(device, Interface) and (found := _names(topology, device, slots, naming)).name:
            names[id(device)] = found
        if isinstance(device, Interface) and (onboard := _onboard_name(topology, device)):
            names[id(device)] = names.get(id(device), NetworkNames())._replace(onboard=onboard)
    taken = Counter(found.slot for found in names.values() if found.slot and not found.onboard)
    return {key: found._replace(shared=taken[found.slot or ""] > 1) for key, found in names.items()}


def _onboard_name(topology: Topology, device: Interface) -> str | None:
    """The name by the index that firmware gives, which QEMU tells guests of x86 with ACPI alone (acpi-index)."""
    index = device.acpi_index
    if not index or index > LAST_INDEX or not topology.machine.is_x86 or not topology.guest.acpi:
        return None
    if not isinstance(device.address, PciAddress) or not topology.alone(device):
        return None  # QEMU has one index for a slot, and tells the guest that of any of its functions
    return f"eno{index}"


def _names(topology: Topology, device: Interface, slots: dict[tuple[int, int], int], naming: Naming) -> NetworkNames:
    address = device.address
    if isinstance(address, CcwAddress) and address.complete:
        # libvirt's channel subsystem 0xfe is the guest's 0
        assert address.ssid is not None
        assert address.devno is not None
        return NetworkNames(path="enc" + f"0.{address.ssid:x}.{address.devno:04x}".lstrip(".0"))
    if isinstance(address, PciAddress) and topology.machine.is_s390:
        return NetworkNames(slot=f"ens{address.zpci_fid}" if address.zpci_fid and naming.function_ids else None)
    if isinstance(address, UsbAddress) and address.port:
        host = topology.controller("usb", address.bus)
        found = _pci_names(topology, host, slots) if host else NetworkNames()
        ports = "".join(f"u{port}" for port in address.port)
        return NetworkNames(_longer(found.slot, ports), _longer(found.path, ports))
    return _pci_names(topology, device, slots)


def _pci_names(topology: Topology, device: Device, slots: dict[tuple[int, int], int]) -> NetworkNames:
    """The names of what is behind a PCI function."""
    place = topology.guest_address(device)
    address = device.address
    if place is None or not isinstance(address, PciAddress):
        return NetworkNames()
    segment = f"P{place.segment}" if place.segment else ""
    function = f"f{place.function}" if place.function or address.multifunction else ""
    number = slots.get((address.bus, address.slot))
    return NetworkNames(
        _longer(f"en{segment}s{number}", function) if number else None,
        _longer(f"en{segment}p{place.bus}s{place.slot}", function),
    )


def _longer(name: str | None, rest: str) -> str | None:
    return name + rest if name and len(name + rest) <= LONGEST else None


def numbered_slots(topology: Topology, naming: Naming | None = None) -> dict[tuple[int, int], int]:
    """The slot number by which udev names interfaces, of each (controller index, slot) that has one.

    On x86 with ACPI, QEMU numbers the hotpluggable slots of conventional buses below bus 0 by their PCI slot (_SUN). In
    /sys/bus/pci/slots, the first of several with one number has it, in the order of bus numbers; Linux adds a suffix to
    the others, with which udev makes no name. With firmware's numbers each has its own. PCIe ports all have number 0,
    with which udev makes no name either. naming: rules of the guest's scheme, if its policy is not to say it.
    """
    naming = naming or naming_of(scheme_of(topology.guest))
    if not topology.machine.is_x86 or not topology.guest.acpi or not topology.roots:
        return {}
    owners: dict[int, int] = {}
    numbered: dict[tuple[int, int], int] = {}
    first_video = next((d for d in topology.guest.devices if isinstance(d, Video)), None)
    for bus in topology.below(topology.roots[0]):
        if bus.is_express or not bus.takes_endpoints:
            continue
        chipset = {slot for slot, _ in topology.chipset(bus)}
        for slot in range(1, bus.offer.last + 1):
            if slot in chipset or not _is_ejectable(bus, slot, first_video):
                continue
            if naming.firmware_numbers or owners.setdefault(slot, bus.index) == bus.index:
                numbered[bus.index, slot] = slot
    return numbered


def _is_ejectable(bus: Bus, slot: int, first_video: Video | None) -> bool:
    """Whether what is in a slot, if anything, could be unplugged in QEMU's eyes."""
    functions = bus.slots.get(slot)
    if not functions:
        return True
    device = functions[min(functions)]
    if isinstance(device, Controller) and device.type in ("pci", "ide"):
        return False
    return (device.kind, device.model) not in _FIXED and not (device is first_video and device.model == "qxl")
