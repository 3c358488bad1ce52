"""Every address but those on PCI; a bus that only some guests have is imported for those."""

from __future__ import annotations

from devaddr_xml.engine.state import State
from devaddr_xml.model.address import VirtioSerialAddress
from devaddr_xml.model.device import Channel


def place_virtio_serial_ports(state: State) -> None:
    """Give virtio channels their ports, where the guest has channels, consoles or an address of such a port."""
    if state.of(Channel) or state.consoles or _has_virtio_serial_address(state):
        from devaddr_xml.engine.place.virtio_serial import place_ports

        place_ports(state)


def _has_virtio_serial_address(state: State) -> bool:
    return any(type(device.address) is VirtioSerialAddress for device in state.guest.devices)


def place_devices(state: State) -> None:
    """Give devices their channel device numbers, on machines that have any."""
    if state.machine.ccw:
        from devaddr_xml.engine.place.ccw import place_devices

        place_devices(state)


def choose_transport(state: State) -> None:
    """Give virtio devices a memory-mapped transport, on machines that have any."""
    if state.machine.virtio_mmio:
        from devaddr_xml.engine.place.virtio_mmio import choose_transport

        choose_transport(state)


def add_spare_usb(state: State) -> None:
    """Add USB controllers until enough ports stay free, where the policy asks for any and controllers can be added."""
    if state.tunables.spare_usb_ports and state.rules.grows:
        from devaddr_xml.engine.place.usb_spare import add_spare_usb

        add_spare_usb(state)


def place_slots(state: State) -> None:
    """Give memory modules their slots, where the guest has slots at all."""
    if state.guest.max_memory or state.guest.memory_slots:
        from devaddr_xml.engine.place.memory_slots import place_slots

        place_slots(state)
