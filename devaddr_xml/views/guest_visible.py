"""What a guest notices of its hardware: names and numbers that come from places, and what hangs on them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from devaddr_xml.engine.finished.network_names import NetworkNames, network_names
from devaddr_xml.engine.finished.topology import Topology
from devaddr_xml.model.address import CcwAddress
from devaddr_xml.model.device import Controller, Device, Disk
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.policy import NamingScheme
from devaddr_xml.views.diskpaths import disk_paths

_NO_NAMES = NetworkNames()

WINDOWS_DISK = "Windows can leave a disk whose path changed offline until it is set online by hand"
DRIVER_BINDINGS = "drivers bound to the PCI address in the guest (driverctl, DPDK, udev rules) must be bound again"

#: What a changed attribute means, by kind of device (``*`` for any) and libvirt's spelling.
MEANINGS: dict[tuple[str, str], str] = {
    ("guest", "machine"): "the chipset with its built-in devices and ACPI tables; Windows may need activation again",
    ("guest", "arch"): "another processor architecture: the installed system cannot run",
    ("guest", "vcpus"): "the largest number of processors",
    ("guest", "NUMA cells"): "processors and memory are on other NUMA nodes",
    ("*", "model"): "a different device: the guest uses another driver, without the settings of the old one",
    ("*", "multifunction"): "whether the guest looks for functions 1 to 7 in the slot",
    ("*", "zPCI fid"): "the function id, which Linux uses as the slot name",
    ("*", "zPCI uid"): "the PCI domain number",
    ("*", "hotplug"): "whether the slot is hotpluggable; Windows then offers to eject the device",
    (
        "controller",
        "chassisNr",
    ): "the chassis number in the bridge's slot register; it must stay the same for migration",
    ("controller", "chassis"): "nothing in the guest, but it must stay the same for migration",
    ("controller", "port"): "the port number in the link capabilities of the port",
    ("controller", "busNr"): "every bus number below the expander bus",
    ("controller", "node"): "the NUMA node of everything below",
    ("controller", "memReserve"): "the size of the memory window for devices that are plugged in later",
    ("controller", "pcihole64"): "where 64-bit memory of PCI devices is mapped",
    ("controller", "target index"): "the PCI domain of everything below",
    ("controller", "ports"): "the number of ports of the controller",
    ("*", "driver queues"): "the number of queues, which spread the work over processors",
    ("*", "boot order"): "the order in which the firmware tries to boot devices",
    ("*", "rom bar"): "whether the firmware finds an option ROM",
    ("disk", "serial"): "the serial number: links in /dev/disk/by-id",
    ("disk", "wwn"): "the world wide name: links in /dev/disk/by-id",
    ("disk", "blockio logical_block_size"): "the sector size; a partition table for another size is not readable",
    ("disk", "blockio physical_block_size"): "the size to which writes are aligned",
    ("disk", "target rotation_rate"): "whether it is an SSD, which decides the I/O scheduler and trimming",
    ("interface", "mtu size"): "the largest packet of the driver",
    ("interface", "acpi index"): "the ACPI index, from which Linux makes the name enoN",
    ("hostdev", "acpi index"): "the ACPI index, from which Linux makes the name enoN",
    ("guest", "uuid"): "the UUID in the SMBIOS tables, on which licences and cloud-init can depend",
    ("guest", "cpu mode"): "another processor, with another name and other features",
    ("guest", "cpu model"): "another processor, with another name and other features",
    ("controller", "vectors"): "the number of interrupts of the controller",
    ("interface", "mac"): "the MAC address, on which DHCP leases and interface names can depend",
    ("disk", "target"): "nothing, unless the address follows from the name",
    ("filesystem", "target"): "the tag by which it is mounted",
    ("channel", "name"): "the name under /dev/virtio-ports",
}


class Difference(NamedTuple):
    """One thing that the guest sees of a device: what it is, and its old and new value (none: there is none)."""

    what: str
    old: str | None
    new: str | None

    def __str__(self) -> str:
        return f"{self.what} {self.old or '(none)'} → {self.new or '(none)'}"


class Sight:
    """What a guest sees: every name and number that comes from a place, worked out once.

    scheme: by which interfaces are named, if the guest's policy is not to say it.
    """

    __slots__ = ("disks", "networks", "topology")

    def __init__(self, guest: Guest, scheme: NamingScheme | None = None) -> None:
        self.topology = Topology(guest)
        self.networks = network_names(self.topology, scheme)
        self.disks = disk_paths(self.topology)

    def of(self, device: Device) -> dict[str, str | None]:
        """Everything that the guest sees of the device's place, by what it is."""
        topology = self.topology
        names = self.networks.get(id(device), _NO_NAMES)
        path = self.disks.get(id(device))
        bus = topology.bus_below(device) if isinstance(device, Controller) else None
        address = device.address
        channel = address if isinstance(address, CcwAddress) and address.complete else None
        place = topology.guest_address(device)
        node = topology.node_of(device)
        return {
            "network name": names.name,
            "network path name": names.path if names.path != names.name else None,
            "disk": f"/dev/disk/by-path/{path}" if path else None,
            "device number": f"0.{channel.ssid:x}.{channel.devno:04x}" if channel else None,
            "PCI address in the guest": str(place) if place else None,
            "bus number in the guest": f"{bus.number:02x}" if bus and bus.number is not None else None,
            "NUMA node": str(node) if node is not None else None,
        }


def differences(old: Sight, before: Device, new: Sight, after: Device) -> list[Difference]:
    """What looks different to the guest of a device that is in both."""
    first, second = old.of(before), new.of(after)
    return [Difference(what, first[what], second[what]) for what in first if first[what] != second[what]]


def consequences(device: Device, found: list[Difference]) -> Iterator[str]:
    """What follows for a running system from a device's new place."""
    seen = {difference.what for difference in found}
    if isinstance(device, Disk) and "disk" in seen:
        yield WINDOWS_DISK
    elif device.kind == "hostdev" and "PCI address in the guest" in seen:
        yield DRIVER_BINDINGS


def meaning(kind: str, attribute: str) -> str | None:
    """What a changed attribute means to the guest."""
    return MEANINGS.get((kind, attribute)) or MEANINGS.get(("*", attribute))
