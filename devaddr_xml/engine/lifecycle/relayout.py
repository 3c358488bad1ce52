"""The addresses and controllers that a guest gives up for a new layout."""

from __future__ import annotations

from collections.abc import Set
from copy import copy

import msgspec

from devaddr_xml.buses.pci.controllers import ROOTS
from devaddr_xml.buses.pci.foreign import named_buses
from devaddr_xml.buses.pci.tree import PciTree, bus_of
from devaddr_xml.engine.hints.host_devices import host_address
from devaddr_xml.machines.family import Machine, machine_of
from devaddr_xml.model.address import Address, PciAddress
from devaddr_xml.model.device import AnyDevice, Controller, Disk
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.hanging import controller_of
from devaddr_xml.model.hints import NO_HINTS
from devaddr_xml.model.policy import Tunables


def relaid(guest: Guest, kept: Set[int], held: Set[int], tunables: Tunables) -> tuple[list[AnyDevice], list[AnyDevice]]:
    """The devices of a complete guest that stay in it, and copies of them without the addresses that are given up.

    kept: devices, by ``id()``, that keep their addresses, and with them the controllers above and function 0 of each
    slot; so do PCI controllers whose bus the command line names. held: controllers that are more than a guest knows,
    and stay. Given up are PCI addresses, those of SCSI disks if the policy counts them, and the controllers that served
    nothing else. What was on a NUMA cell asks to be there again.
    """
    machine = machine_of(guest.arch or "", guest.machine or "")
    tree = PciTree(guest.devices)
    named = named_buses(guest.foreign, guest.devices)
    own = [
        d
        for d in tree.controllers.values()
        if id(d) in held or d.alias or d.hints or d.mem_reserve is not None or d.index in named
    ]
    kept = _with_what_they_need(guest, tree, kept | set(map(id, own)))
    fixed = {bus for bus, controller in tree.controllers.items() if id(controller) in kept}
    counted = tunables.counted_units is not None
    staying = [device for device in guest.devices if not _goes(device, guest, kept, held, fixed, counted)]
    anew: list[AnyDevice] = []
    for device in staying:
        new = copy(device)
        anew.append(new)
        if id(device) in kept or _bus_of(device) in fixed:
            continue
        if isinstance(device.address, PciAddress):
            node = node_of(tree, device)
            new.address = _open(device.address, machine)
            mirrors = tunables.topology == "mirror" and host_address(device) is not None
            if node is not None and tunables.numa != "off" and not mirrors:
                ask_for_node(new, node)
        elif counted and isinstance(device, Disk) and device.bus == "scsi":
            new.address = None
    return staying, anew


def _with_what_they_need(guest: Guest, tree: PciTree, kept: Set[int]) -> set[int]:
    """The devices that are kept, and what guests find them by: the controllers above, and function 0 of each slot."""
    firsts = {
        (address.bus, address.slot): device
        for device in guest.devices
        if isinstance(address := device.address, PciAddress) and not address.empty and not address.function
    }
    found: set[int] = set()
    waiting = [device for device in guest.devices if id(device) in kept]
    while waiting:
        device = waiting.pop()
        if id(device) in found:
            continue
        found.add(id(device))
        waiting += tree.above(device)
        address = device.address
        if isinstance(address, PciAddress) and address.function and (address.bus, address.slot) in firsts:
            waiting.append(firsts[address.bus, address.slot])
    return found


def node_of(tree: PciTree, device: AnyDevice) -> int | None:
    """The NUMA cell of the place of a device."""
    top = tree.top(bus_of(device))
    return top.node if top is not None else None


def _bus_of(device: AnyDevice) -> int | None:
    """The index of a PCI controller; none for any other device."""
    return device.index if isinstance(device, Controller) and device.type == "pci" else None


def _goes(device: AnyDevice, guest: Guest, kept: Set[int], held: Set[int], fixed: Set[int], counted: bool) -> bool:
    """Whether a controller was only there for devices that give up their places."""
    if not isinstance(device, Controller) or id(device) in kept or id(device) in held:
        return False
    if device.type == "pci":
        return device.model not in ROOTS and device.index not in fixed
    if device.type != "scsi" or not counted or not device.index or device.alias or device.hints or device.has_iothread:
        return False
    behind = [other for other in guest.devices if controller_of(other) == (device.type, device.index)]
    return all(isinstance(other, Disk) and id(other) not in kept for other in behind)


def _open(address: Address, machine: Machine) -> Address | None:
    """No address; where devices may also be of another kind, that a PCI address is wanted, with the s390 ids."""
    assert isinstance(address, PciAddress)
    if not (machine.ccw or machine.virtio_mmio):
        return None
    return PciAddress(zpci_uid=address.zpci_uid, zpci_fid=address.zpci_fid)


def ask_for_node(device: AnyDevice, node: int) -> None:
    """Let the device be on its NUMA cell again, unless its hints say where it goes."""
    hints = device.hints or NO_HINTS
    if hints.node is None and hints.placement != "root-complex":
        device.hints = msgspec.structs.replace(hints, node=node)
