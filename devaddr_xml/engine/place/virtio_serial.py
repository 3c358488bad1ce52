"""Ports for virtio channels, and the controllers that are added when all ports are taken."""

from __future__ import annotations

from devaddr_xml.buses.virtio_serial import DEFAULT_PORTS, VirtioSerialPorts
from devaddr_xml.engine.place.set_address import set_address
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import VirtioSerialAddress, address_type
from devaddr_xml.model.device import Channel, CharacterDevice, Controller
from devaddr_xml.model.errors import PlacementError
from devaddr_xml.model.events import Rule
from devaddr_xml.model.naming import label


def place_ports(state: State) -> None:
    """Reserve the ports of the document, then give the other virtio channels the lowest free ones.

    Raises PlacementError for a missing controller or if no port is free, ValueInvalid for a port that does not exist,
    AddressConflict for a port in use.
    """
    ports = VirtioSerialPorts(state.controllers)
    for device in state.visit():
        if isinstance(device.address, VirtioSerialAddress) and device.address.port:
            ports.reserve(device.address, device)
    for console in state.consoles:
        if _wants_port(console) and isinstance(console.address, VirtioSerialAddress):
            # as in libvirt, such a console uses a port of controller 0, but its address stays as it is
            ports.reserve(ports.next_free_of(0, console), console)
    for channel in state.of(Channel):
        if channel.target_type != "virtio" or _has_port(channel):
            continue
        if channel.address is not None and not isinstance(channel.address, VirtioSerialAddress):
            # as in every release of libvirt, a port replaces any other address
            kind = address_type(channel.address)
            state.journal.warn(f"has an address of type {kind}, which a virtio-serial port replaces", channel)
        if isinstance(channel.address, VirtioSerialAddress):
            place, rule = ports.next_free_of(channel.address.controller, channel), Rule.VIRTIO_SERIAL_PORT_OF_GIVEN
        elif (free := ports.next_free()) is not None:
            place, rule = free, Rule.VIRTIO_SERIAL_PORT
        else:
            if not state.rules.grows:
                raise _no_port(state, channel)
            place, rule = _port_of_new_controller(state, ports), Rule.VIRTIO_SERIAL_PORT_OF_NEW
        ports.reserve(place, channel)
        set_address(state, channel, place, rule)


def _has_port(device: CharacterDevice) -> bool:
    return isinstance(device.address, VirtioSerialAddress) and bool(device.address.port)


def _wants_port(device: CharacterDevice) -> bool:
    if device.target_type != "virtio":
        return False
    return device.address is None or (isinstance(device.address, VirtioSerialAddress) and not _has_port(device))


def _port_of_new_controller(state: State, ports: VirtioSerialPorts) -> VirtioSerialAddress:
    index = ports.unused_index()
    ports.add_controller(
        state.add_controller(Controller(type="virtio-serial", index=index), Rule.NO_VIRTIO_SERIAL_PORT)
    )
    return VirtioSerialAddress(index, 0, 1)


def _no_port(state: State, channel: CharacterDevice) -> PlacementError:
    controllers = [controller for controller in state.controllers if controller.type == "virtio-serial"]
    counts = [f"{label(each)} has ports 1 to {(each.ports or DEFAULT_PORTS) - 1}" for each in controllers]
    return PlacementError(
        f"no virtio-serial port is free: {', '.join(counts)}, all in use",
        device=label(channel),
        line=channel.line,
        remedy="Unplug a channel, or attach it without --live, which adds a controller",
    )
