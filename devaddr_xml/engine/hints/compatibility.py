"""Hints that do not suit the kind of device: not a PCI device, a PCI controller, or a function of the chipset."""

from __future__ import annotations

import msgspec

from devaddr_xml.buses.pci.connect import Connector
from devaddr_xml.buses.pci.controllers import EXPANDERS, PORTS, ROOTS
from devaddr_xml.engine.hints.merge import Hinted
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import (
    CcidAddress,
    CcwAddress,
    DimmAddress,
    DriveAddress,
    IsaAddress,
    PciAddress,
    SpaprVioAddress,
    UnassignedAddress,
    UsbAddress,
    VirtioMmioAddress,
    VirtioSerialAddress,
)
from devaddr_xml.model.device import SMMU, Controller, Device, Disk, Hostdev, Input, Interface, Iommu
from devaddr_xml.model.errors import HintError
from devaddr_xml.model.hints import NO_HINTS
from devaddr_xml.model.naming import label
from devaddr_xml.model.vocabulary import HINTS

#: Hints that a PCI controller can carry, by what it is.
_PORT_HINTS = frozenset(("node", "root-complex", "port-hotplug"))
_BRIDGE_HINTS = frozenset(("node", "root-complex"))

_ADDRESSES: dict[type, str] = {
    CcwAddress: "the channel subsystem",
    SpaprVioAddress: "the pSeries virtual I/O bus",
    VirtioMmioAddress: "a memory-mapped transport",
    IsaAddress: "the ISA bus",
    DimmAddress: "a memory slot",
    UnassignedAddress: "no bus, as its address says unassigned",
}


class _OtherBus(msgspec.Struct, frozen=True):
    """Where a device is that is not on a PCI bus: in words, its controller, and whether it can go at run time there."""

    where: str
    controller: str | None = None
    hotpluggable: bool = False


def check_compatibility(state: State, connector: Connector, hinted: Hinted) -> None:
    """Raise HintError for a hint that this kind of device cannot follow."""
    device, hints = hinted.device, hinted.hints
    stated = {term.name: value for term in HINTS if (value := getattr(hints, term.field)) is not None}
    if not stated:
        return
    if isinstance(device, Controller) and device.type == "pci":
        _check_pci_controller(hinted, device, stated)
        return
    if "name" in stated and not isinstance(device, Interface):
        raise _refusal(hinted, f'name="{stated["name"]}" is for interfaces', "Remove the hint name")
    stated.pop("name", None)
    if not stated:
        return
    if "pci-bus-of" in stated:
        _check_smmu(hinted, stated)
        return
    on_pci = device.address is None or isinstance(device.address, PciAddress)
    if not (on_pci and connector.flags(device)):
        other = _other_bus(device)
        if stated == {"hotplug": "yes"} and other.hotpluggable:
            hinted.hints = NO_HINTS
            return
        met = {"hotplug": "yes"} if other.hotpluggable else {}
        name = next(name for name, value in stated.items() if met.get(name) != value)
        raise _refusal(
            hinted,
            f'{name}="{stated[name]}" is about places on PCI buses, and the device is on {other.where}',
            f'Put the hint on its controller, ref="{other.controller}"'
            if other.controller
            else f"Remove the hint {name}",
        )
    if isinstance(device, Controller):
        _check_pinned(state, hinted, device, stated)


def _check_pci_controller(hinted: Hinted, controller: Controller, stated: dict[str, object]) -> None:
    model = controller.model or ""
    if model in ROOTS:
        name, value = next(iter(stated.items()))
        raise _refusal(hinted, f'{name}="{value}" says nothing about a {model}, which the machine has', None)
    allowed = _PORT_HINTS if model in PORTS else _BRIDGE_HINTS
    for name, value in stated.items():
        if name not in allowed:
            remedy = (
                "Use port-hotplug for the hotplug attribute of its port"
                if model in PORTS and name == "hotplug"
                else None
            )
            raise _refusal(hinted, f'{name}="{value}" is for devices, and this is a {model}', remedy)
    if "node" in stated and model in EXPANDERS and controller.node != stated["node"]:
        given = "none" if controller.node is None else f"<node>{controller.node}</node>"
        raise _refusal(
            hinted,
            f'node="{stated["node"]}" is not the node of the expander bus, whose <target> says {given}',
            f"Write <node>{stated['node']}</node> into its <target>",
        )


def _check_smmu(hinted: Hinted, stated: dict[str, object]) -> None:
    """Refuse pci-bus-of on other devices than an smmuv3, and places for an smmuv3, which has none."""
    if not (isinstance(hinted.device, Iommu) and hinted.device.model == SMMU):
        raise _refusal(hinted, f"pci-bus-of=\"{stated['pci-bus-of']}\" is for <iommu model='smmuv3'> only", None)
    other = next((name for name in stated if name != "pci-bus-of"), None)
    if other is not None:
        raise _refusal(
            hinted,
            f'{other}="{stated[other]}" is about places on PCI buses, and an smmuv3 has none',
            f"Remove the hint {other}",
        )


def _check_pinned(state: State, hinted: Hinted, controller: Controller, stated: dict[str, object]) -> None:
    """Refuse another place for a controller that is a function of the chipset."""
    for pin in state.machine.chipset.pins:
        if (controller.type, controller.index) != (pin.type, pin.index):
            continue
        if pin.models and controller.model not in pin.models:
            continue
        for name, value in stated.items():
            if (name, value) not in _PINNED_ANYWAY:
                raise _refusal(
                    hinted,
                    f'{name}="{value}" cannot be: the chipset has this controller at 00:{pin.slot:02x}.{pin.function}',
                    "Use a controller of another index or model",
                )


#: Hints that every function of the chipset meets.
_PINNED_ANYWAY = {("hotplug", "no"), ("placement", "root-complex"), ("bus", "pci")}


def _other_bus(device: Device) -> _OtherBus:
    """Where the device is."""
    address = device.address
    if isinstance(address, DriveAddress):
        bus = (device.bus or "scsi") if isinstance(device, Disk) else "scsi"
        return _OtherBus(f"a bus of type {bus}", f"{bus}.{address.controller}", bus == "scsi")
    if isinstance(address, UsbAddress):
        return _OtherBus("a USB bus", f"usb.{address.bus}", True)
    if isinstance(address, VirtioSerialAddress):
        return _OtherBus("a virtio-serial bus", f"virtio-serial.{address.controller}", True)
    if isinstance(address, CcidAddress):
        return _OtherBus("a smartcard bus", f"ccid.{address.controller}", True)
    if address is not None and type(address) in _ADDRESSES:
        return _OtherBus(_ADDRESSES[type(address)], None, isinstance(address, CcwAddress | DimmAddress))
    kind = device.bus if isinstance(device, Disk | Input) else None
    if isinstance(device, Hostdev) and device.type != "mdev":
        kind = device.type
    if kind == "usb" or device.kind in ("redirdev", "hub"):
        return _OtherBus("a USB bus", "usb.0", True)
    return _OtherBus(f"a bus of type {kind}" if kind else "no PCI bus")


def _refusal(hinted: Hinted, message: str, remedy: str | None) -> HintError:
    return HintError(message, device=label(hinted.device), line=hinted.line, remedy=remedy)
