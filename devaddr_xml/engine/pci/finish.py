"""What follows from the places: multifunction flags, and the options of PCI controllers."""

from __future__ import annotations

from devaddr_xml.buses.pci.controllers import HOST_BRIDGE, HOST_BRIDGES, MODEL_NAMED, PORTS
from devaddr_xml.buses.pci.space import Space
from devaddr_xml.engine.pci.chipset import set_multifunction
from devaddr_xml.engine.pci.needs import Needs
from devaddr_xml.engine.pci.numbering import expanders_of, number_expanders, number_expanders_like_libvirt
from devaddr_xml.engine.pci.port_hotplug import say_hotplug
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Controller, Device
from devaddr_xml.model.errors import PlacementError, Unsupported
from devaddr_xml.model.naming import label


def finish(state: State, needs: Needs, space: Space) -> None:
    """Complete multifunction flags and the options of every PCI controller."""
    mark_multifunction(state)
    number = number_expanders if state.rules.expanders_as_wide_as_needed else number_expanders_like_libvirt
    number(state, expanders_of(state))
    say_hotplug(state, space)
    names: dict[str | None, str | None] = {}
    for controller in state.controllers:
        if controller.type == "pci":
            if controller.model_name is None or controller.model_name == "none":
                if controller.model not in names:
                    names[controller.model] = _model_name(state, controller)
                controller.model_name = names[controller.model]
            _complete_target(state, controller)


def mark_multifunction(state: State) -> None:
    """Function 0 of a slot with more functions says so, unless it was stated otherwise."""
    first: dict[tuple[int, int, int], Device] = {}
    shared: list[tuple[int, int, int]] = []
    for device in state.visit():
        address = device.address
        if isinstance(address, PciAddress):
            slot = (address.domain, address.bus, address.slot)
            if address.function:
                shared.append(slot)
            else:
                first.setdefault(slot, device)
    for slot in shared:
        holder = first.get(slot)
        if holder is not None and isinstance(holder.address, PciAddress) and holder.address.multifunction is None:
            set_multifunction(holder)


def _model_name(state: State, controller: Controller) -> str | None:
    """QEMU's device for controllers of that model."""
    model = HOST_BRIDGE if is_host_bridge(state, controller) else MODEL_NAMED.get(controller.model or "")
    if model is None or not model.qemu:
        return None
    return next(filter(state.caps.has, model.qemu[:-1]), model.qemu[-1])


def is_host_bridge(state: State, controller: Controller) -> bool:
    """Whether a PCI controller is one of the host bridges of which the machine takes several."""
    return controller.model == "pci-root" and state.machine.host_bridges


def _complete_target(state: State, controller: Controller) -> None:
    address = controller.address if isinstance(controller.address, PciAddress) else PciAddress()
    if controller.model == "pci-bridge":
        if controller.chassis_nr is None:
            controller.chassis_nr = controller.index
        if (controller.index or 0) <= address.bus:
            raise PlacementError(
                f"its index must be higher than that of the bus {address.bus} on which it sits",
                device=label(controller),
                line=controller.line,
                remedy="Give it a higher index, or another address",
            )
    elif controller.model in PORTS:
        if controller.chassis is None:
            controller.chassis = controller.index
        if controller.port is None:
            is_root_port = controller.model == "pcie-root-port"
            controller.port = address.slot << 3 | address.function if is_root_port else address.slot
    elif is_host_bridge(state, controller) and controller.target_index is None:
        controller.target_index = _target_index(state, controller)


def _target_index(state: State, controller: Controller) -> int:
    if not controller.index:
        return 0
    taken = {
        other.target_index
        for other in state.controllers
        if other.type == "pci" and other.model == "pci-root" and other.model_name in HOST_BRIDGE.qemu
    }
    free = next((index for index in range(1, HOST_BRIDGES) if index not in taken), None)
    if free is None:
        raise Unsupported(
            "every target index of a PCI host bridge is in use",
            device=label(controller),
            line=controller.line,
            remedy="Remove a host bridge",
        )
    return free
