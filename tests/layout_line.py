"""A layout in one line: where the devices are, which PCI controllers carry them, and what is doubtful."""

from __future__ import annotations

from collections.abc import Callable

from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import AnyDevice, Controller
from devaddr_xml.model.errors import DevaddrError
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.naming import label
from devaddr_xml.model.plan import Plan

#: Models of PCI controllers, shorter.
SHORT = {
    "pcie-root-port": "port",
    "pci-root": "host bridge",
    "pci-bridge": "bridge",
    "pcie-to-pci-bridge": "PCIe-to-PCI bridge",
    "dmi-to-pci-bridge": "DMI bridge",
    "pcie-expander-bus": "expander",
    "pci-expander-bus": "expander",
    "pcie-switch-upstream-port": "switch",
    "pcie-switch-downstream-port": "switch port",
}


def layout_line(make: Callable[[], Plan]) -> str:
    """What is made, or the error that is raised instead."""
    try:
        plan = make()
    except DevaddrError as error:
        return f"{type(error).__name__}: {error}"
    return "; ".join([*described(plan.guest), *map(str, plan.warnings)])


def described(guest: Guest) -> list[str]:
    """The devices with addresses that are not the chipset's; then the PCI controllers but for the root."""
    placed = [device for device in guest.devices if not is_pci(device) and device.address is not None]
    endpoints = [device for device in placed if not where(device).startswith("00:1f.")]
    controllers = [device for device in guest.devices if isinstance(device, Controller) and is_pci(device)]
    places = [f"{label(device)} {where(device)}" for device in endpoints]
    return places + [_controller(c) for c in sorted(controllers, key=lambda c: c.index or 0) if c.index]


def is_pci(device: AnyDevice) -> bool:
    """Whether it is a PCI controller."""
    return isinstance(device, Controller) and device.type == "pci"


def where(device: AnyDevice) -> str:
    """Its address; of a PCI address the parts that can differ."""
    address = device.address
    return f"{address}"[5:] + "+" * bool(address.multifunction) if isinstance(address, PciAddress) else f"{address}"


def _controller(controller: Controller) -> str:
    says = {
        "node": controller.node,
        "from": controller.bus_nr,
        "chassis": controller.chassis if controller.chassis is not None else controller.chassis_nr,
        "port": controller.port,
        "target": controller.target_index,
        "hotplug": {None: None, True: "on", False: "off"}[controller.hotplug],
    }
    words = "".join(f" {name} {value}" for name, value in says.items() if value is not None)
    place = f" {where(controller)}" if controller.address is not None else ""
    return f"{controller.index} {SHORT[controller.model or '']}{place}{words}"
