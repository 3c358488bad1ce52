"""What follows from the places: multifunction marks, and the options of PCI controllers."""

from __future__ import annotations

from devaddr_xml.buses.pci.bus import PORTS
from devaddr_xml.buses.pci.space import Space
from devaddr_xml.engine.pci.chipset import set_multifunction
from devaddr_xml.engine.pci.needs import Demands
from devaddr_xml.engine.pci.numbering import expanders_of, number_expanders, number_expanders_like_libvirt
from devaddr_xml.engine.pci.port_hotplug import say_hotplug
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Controller, Device
from devaddr_xml.model.errors import PlacementError, Unsupported
from devaddr_xml.model.naming import label

#: QEMU's device for each controller model.
MODEL_NAMES = {
    "pci-bridge": "pci-bridge",
    "dmi-to-pci-bridge": "i82801b11-bridge",
    "pcie-to-pci-bridge": "pcie-pci-bridge",
    "pcie-switch-upstream-port": "x3130-upstream",
    "pcie-switch-downstream-port": "xio3130-downstream",
    "pci-expander-bus": "pxb",
    "pcie-expander-bus": "pxb-pcie",
}
HOST_BRIDGE = "spapr-pci-host-bridge"
_LAST_TARGET_INDEX = 31


def finish(state: State, demands: Demands, space: Space) -> None:
    """Complete multifunction marks and the options of every PCI controller."""
    mark_multifunction(state)
    number = number_expanders if state.rules.expanders_as_wide_as_needed else number_expanders_like_libvirt
    number(state, expanders_of(state))
    say_hotplug(state, space)
    for controller in state.controllers:
        if controller.type == "pci":
            _name_model(state, controller)
            _complete_target(state, controller)


def mark_multifunction(state: State) -> None:
    """Function 0 of a slot with more functions says so, unless it was said otherwise."""
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


def _name_model(state: State, controller: Controller) -> None:
    if controller.model_name not in (None, "none"):
        return
    if controller.model == "pcie-root-port":
        controller.model_name = "pcie-root-port" if state.caps.has("pcie-root-port") else "ioh3420"
    elif controller.model == "pci-root":
        controller.model_name = HOST_BRIDGE if state.machine.host_bridges else None
    else:
        controller.model_name = MODEL_NAMES.get(controller.model or "")


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
    elif controller.model == "pci-root" and state.machine.host_bridges and controller.target_index is None:
        controller.target_index = _target_index(state, controller)


def _target_index(state: State, controller: Controller) -> int:
    if not controller.index:
        return 0
    taken = {
        other.target_index
        for other in state.controllers
        if other.type == "pci" and other.model == "pci-root" and other.model_name == HOST_BRIDGE
    }
    free = next((index for index in range(1, _LAST_TARGET_INDEX + 1) if index not in taken), None)
    if free is None:
        raise Unsupported(
            "every target index of a PCI host bridge is in use",
            device=label(controller),
            line=controller.line,
            remedy="Remove a host bridge",
        )
    return free
