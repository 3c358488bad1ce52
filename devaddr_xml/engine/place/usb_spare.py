"""Spare USB ports: controllers are added until the policy's number of their ports is free."""

from __future__ import annotations

from devaddr_xml.buses.usb import CHOOSABLE_PORTS, UsbPorts, port_count
from devaddr_xml.engine.place.usb import given_port, missing_hubs, usb_devices, wants_port
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import UsbAddress
from devaddr_xml.model.device import Controller, Device, Hub
from devaddr_xml.model.errors import DevaddrError, HintError
from devaddr_xml.model.events import Rule
from devaddr_xml.model.naming import label

MODEL = "qemu-xhci"
#: The least and the most ports of a new controller.
FEWEST, MOST = 4, 15


def add_spare_usb(state: State) -> None:
    """Add USB controllers until enough of their ports are free. Ports of hubs do not count.

    Raises HintError if USB is off in the guest.
    """
    wanted = state.tunables.spare_usb_ports
    if not wanted or not state.rules.grows:
        return
    controllers = [controller for controller in state.controllers if controller.type == "usb"]
    off = next((controller for controller in controllers if controller.model == "none"), None)
    if off is not None:
        raise HintError(
            f'spare-usb-ports="{wanted}" needs USB, but USB is off in the guest',
            device=label(off),
            line=off.line,
            remedy="Remove the controller of model none",
        )
    while (free := _free_ports(state, controllers)) < wanted:
        ports = min(max(wanted - free, FEWEST), MOST)
        index = max((controller.index or 0 for controller in controllers), default=-1) + 1
        controller = Controller(type="usb", index=index, model=MODEL, ports=ports if ports > FEWEST else None)
        state.add_controller(controller, Rule.SPARE_USB_PORTS, "policy")
        controllers.append(controller)


def _free_ports(state: State, controllers: list[Controller]) -> int:
    """How many ports of USB 3 controllers are free after every device has a port."""
    devices = list(usb_devices(state))
    hubs: list[Device] = [hub for hub in state.hubs if hub.type == "usb"]
    hubs += [Hub() for _ in range(missing_hubs(state, controllers, len(devices)))]
    ports = UsbPorts(controllers)
    fast = {controller.index for controller in controllers if controller.model in CHOOSABLE_PORTS}
    taken: list[UsbAddress] = []
    try:
        for owners, take in ((hubs, ports.attach_hub), (devices, ports.reserve)):
            for owner in owners:
                if (given := given_port(owner)) is not None:
                    take(given, owner)
                    taken.append(given)
        for owners, take in ((hubs, ports.attach_hub), (devices, ports.reserve)):
            for owner in owners:
                bus = owner.address.bus if isinstance(owner.address, UsbAddress) else None
                if wants_port(owner) and (place := ports.next_free(bus)) is not None:
                    take(place, owner)
                    taken.append(place)
    except DevaddrError:
        return state.tunables.spare_usb_ports  # the assignment of ports reports the fault
    used = sum(place.bus in fast and len(place.port) == 1 for place in taken)
    return sum(port_count(controller) for controller in controllers if controller.index in fast) - used
