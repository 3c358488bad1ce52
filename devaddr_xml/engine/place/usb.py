"""USB ports, and the hubs that are added if there are too few ports."""

from __future__ import annotations

from collections.abc import Iterator

from devaddr_xml.buses.usb import HUB_PORTS, UsbPorts, port_count
from devaddr_xml.engine.place.set_address import set_address
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import UsbAddress, address_type
from devaddr_xml.model.device import Controller, Device, Filesystem, Hub, Interface, Redirdev, Sound
from devaddr_xml.model.errors import PlacementError, Unsupported
from devaddr_xml.model.events import Rule
from devaddr_xml.model.naming import label


def place_ports(state: State) -> None:
    """Reserve the ports of the document, add hubs if there are too few ports, and give every other device a port.

    Raises Unsupported for a USB device in a guest without USB, AddressConflict for two controllers of one bus or two
    devices on one port, ValueInvalid for a port that does not exist, PlacementError for a missing bus or hub or if no
    port is free.
    """
    controllers = [controller for controller in state.controllers if controller.type == "usb"]
    devices = list(usb_devices(state))
    if not devices and not state.hubs and len(controllers) < 2:
        return
    _check_enabled(controllers, [*(hub for hub in state.hubs if hub.type == "usb"), *devices])
    if state.rules.grows:
        _add_hubs(state, controllers, len(devices))
    hubs = [hub for hub in state.hubs if hub.type == "usb"]
    ports = UsbPorts(controllers)
    for hub in hubs:
        _leave_other_bus(state, hub)
        if (given := given_port(hub)) is not None:
            ports.attach_hub(given, hub)
    for device in devices:
        if (given := given_port(device)) is not None:
            ports.reserve(given, device)
    for hub in hubs:
        if wants_port(hub):
            ports.attach_hub(_give_port(state, hub, ports), hub)
    for device in devices:
        if wants_port(device):
            ports.reserve(_give_port(state, device, ports), device)


def _leave_other_bus(state: State, hub: Hub) -> None:
    """Take away the address of a hub that is of another bus: libvirt gives it a port."""
    if hub.address is not None and not isinstance(hub.address, UsbAddress):
        state.journal.warn(
            f"has an address of type {address_type(hub.address)}, which gives way to a USB port",
            hub,
            remedy="Remove the <address>",
        )
        hub.address = None


def usb_devices(state: State) -> Iterator[Device]:
    """Every USB device but hubs, in the order in which they get ports."""
    by_kind: dict[str, list[Device]] = {}
    for device in _usb_devices(state):
        given = isinstance(device, Interface) and device.type == "hostdev"
        by_kind.setdefault("hostdev" if given else device.kind, []).append(device)
    for kind in state.rules.usb_order:
        yield from by_kind.get(kind, ())


def _usb_devices(state: State) -> Iterator[Device]:
    on_usb = state.rules.interfaces_on_usb
    yield from (disk for disk in state.disks if disk.bus == "usb")
    yield from (card for card in state.interfaces if card.model in on_usb and card.type != "hostdev")
    yield from (sound for sound in state.of(Sound) if sound.model == "usb")
    for hostdev in state.hostdevs:
        if (hostdev.source_type if isinstance(hostdev, Interface) else hostdev.type) == "usb":
            yield hostdev
    yield from (controller for controller in state.controllers if controller.type == "ccid")
    yield from (serial for serial in state.serials if serial.target_type == "usb-serial")
    yield from (device for device in state.inputs if device.bus == "usb")
    yield from (filesystem for filesystem in state.of(Filesystem) if filesystem.driver == "mtp")
    yield from (redirdev for redirdev in state.of(Redirdev) if redirdev.bus in (None, "usb"))


def _check_enabled(controllers: list[Controller], devices: list[Device]) -> None:
    if not devices or any(controller.model != "none" for controller in controllers):
        return
    disabled = next(iter(controllers), None)
    raise Unsupported(
        "it is a USB device, but the guest has no USB controller",
        device=label(devices[0]),
        line=devices[0].line,
        other=label(disabled) if disabled else None,
        other_line=disabled.line if disabled else None,
        remedy="Add a USB controller such as <controller type='usb' model='qemu-xhci'/>, or remove the device",
    )


def missing_hubs(state: State, controllers: list[Controller], devices: int) -> int:
    """How many more hubs the guest needs for this number of devices."""
    hubs = sum(hub.type == "usb" for hub in state.hubs)
    missing = devices + hubs - sum(map(port_count, controllers)) - HUB_PORTS * hubs
    return -(-(missing + 1) // (HUB_PORTS - 1)) if missing > 0 else 0


def _add_hubs(state: State, controllers: list[Controller], devices: int) -> None:
    """Each new hub uses one port and provides eight. libvirt keeps one port free."""
    for _ in range(missing_hubs(state, controllers, devices)):
        hub = Hub()
        state.hubs.append(hub)
        state.record_addition(hub, Rule.TOO_FEW_USB_PORTS)


def given_port(device: Device) -> UsbAddress | None:
    """The address of the device if it names a port."""
    return device.address if isinstance(device.address, UsbAddress) and any(device.address.port[:1]) else None


def wants_port(device: Device) -> bool:
    """Whether the device has no port yet."""
    return device.address is None or (isinstance(device.address, UsbAddress) and not any(device.address.port[:1]))


def _give_port(state: State, device: Device, ports: UsbPorts) -> UsbAddress:
    bus = device.address.bus if isinstance(device.address, UsbAddress) else None
    place = ports.next_free(bus)
    if place is None:
        raise _no_port(state, device, bus, ports)
    set_address(state, device, place, Rule.USB_PORT if bus is None else Rule.USB_PORT_OF_BUS)
    return place


def _no_port(state: State, device: Device, bus: int | None, ports: UsbPorts) -> PlacementError:
    if bus is None:
        counts = ", ".join(
            f"{label(controller)} has {port_count(controller)}"
            for controller in state.controllers
            if controller.type == "usb" and port_count(controller)
        )
        message, remedy = f"no USB port is free: {counts}, all in use", "Add a USB controller"
        if not state.rules.grows:
            remedy = "Unplug a USB device, or give the stopped guest another USB controller, or one with more ports"
    elif ports.has_bus(bus):
        message, remedy = f"no port of USB bus {bus} is free", "Leave the bus out, or add a hub on that bus"
    else:
        message = f"USB bus {bus} does not exist: no USB controller with that index has ports"
        remedy = f"Add a USB controller with index {bus}, or leave the bus out"
    return PlacementError(message, device=label(device), line=device.line, remedy=remedy)
