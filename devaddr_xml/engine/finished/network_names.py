"""Names of network interfaces in a Linux guest (systemd.net-naming-scheme, v247 to v256)."""

from __future__ import annotations

from typing import NamedTuple

from devaddr_xml.engine.finished.topology import Bus, Topology
from devaddr_xml.model.address import CcwAddress, PciAddress, UsbAddress
from devaddr_xml.model.device import Controller, Device, Interface, Video
from devaddr_xml.model.usb2 import USB2_MODELS

#: The highest index of firmware by which systemd names an interface (ONBOARD_INDEX_MAX).
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
    """ID_NET_NAME_SLOT, _PATH and _ONBOARD of an interface; unset where udev makes none."""

    slot: str | None = None
    path: str | None = None
    onboard: str | None = None

    @property
    def name(self) -> str | None:
        """The name that the interface gets under systemd's default policy; none if the kernel's (eth0) stays."""
        return self.onboard or self.slot or self.path


def network_names(topology: Topology) -> dict[int, NetworkNames]:
    """The names of every network interface whose place gives it one, by ``id()`` of the device."""
    slots = numbered_slots(topology)
    names: dict[int, NetworkNames] = {}
    for device in topology.guest.devices:
        if isinstance(device, Interface) and (found := _names(topology, device, slots)).name:
            names[id(device)] = found
        if isinstance(device, Interface) and (onboard := _onboard_name(topology, device)):
            names[id(device)] = names.get(id(device), NetworkNames())._replace(onboard=onboard)
    return names


def _onboard_name(topology: Topology, device: Interface) -> str | None:
    """The name by the index that firmware gives, which QEMU tells guests of x86 with ACPI alone (acpi-index)."""
    index = device.acpi_index
    if not index or index > LAST_INDEX or not topology.machine.is_x86 or not topology.guest.acpi:
        return None
    if not isinstance(device.address, PciAddress) or not topology.alone(device):
        return None  # QEMU has one index for a slot, and tells the guest that of any of its functions
    return f"eno{index}"


def _names(topology: Topology, device: Interface, slots: dict[tuple[int, int], int]) -> NetworkNames:
    address = device.address
    if isinstance(address, CcwAddress) and address.complete:
        # libvirt's channel subsystem 0xfe is the guest's 0
        assert address.ssid is not None
        assert address.devno is not None
        return NetworkNames(path="enc" + f"0.{address.ssid:x}.{address.devno:04x}".lstrip(".0"))
    if isinstance(address, PciAddress) and topology.machine.is_s390:
        return NetworkNames(slot=f"ens{address.zpci_fid}" if address.zpci_fid else None)
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


def numbered_slots(topology: Topology) -> dict[tuple[int, int], int]:
    """The hotplug slot number, as in /sys/bus/pci/slots, of each (controller index, slot) that has one.

    On x86 with ACPI, QEMU numbers the hotpluggable slots of conventional buses below bus 0 by their PCI slot. Of
    several with one number, the first in the order of bus numbers has it; Linux adds a suffix to the others, with which
    udev makes no name. PCIe ports all have number 0, with which it makes none either.
    """
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
            if owners.setdefault(slot, bus.index) == bus.index:
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
