"""The rule behind a place, in words for the journal."""

from __future__ import annotations

from msgspec.structs import replace

from devaddr_xml.buses.pci.flags import CONVENTIONAL, EXPRESS, INTEGRATED, ROOT_PORT
from devaddr_xml.buses.pci.space import PACK_ENDPOINTS, PACK_GROUPS, Demand
from devaddr_xml.engine.pci.needs import Demands
from devaddr_xml.model.device import Controller, Device
from devaddr_xml.model.plan import Cause

_ADDED = {
    "pci-root": "one more PCI host bridge, since no other had room for its devices",
    "pci-bridge": "one more conventional bus, since no other had room",
    "pcie-root-port": "a port for one PCI Express device, or for one more later",
    "pcie-to-pci-bridge": "conventional devices need a conventional bus, and PCI Express has none",
    "dmi-to-pci-bridge": "conventional devices need a conventional bus, and PCI Express has none",
    "pcie-expander-bus": "an expander bus carries the devices of its NUMA cell or root complex",
    "pci-expander-bus": "an expander bus carries the devices of its NUMA cell or root complex",
    "pcie-switch-upstream-port": "the switch behind whose ports devices shall be",
    "pcie-switch-downstream-port": "a port of the switch for one device",
}


def reason(demands: Demands, device: Device, demand: Demand) -> tuple[str, Cause]:
    """Why the device is where its demand put it, and what asked for it."""
    if device.hints is None and (known := demands.reasons.get(demand)):
        return known
    region = demands.regions.table[demand.group]
    cause: Cause = "default"
    if device.hints is not None:
        cause = "hint"
    elif region.kind != "isolation" and replace(demand, numbers=0, behind=False) != demands.plain(
        demands.connector.needs(device)
    ):
        cause = "policy"
    text = _nature(demands, demand)
    if demand.group:
        text += f" of {region}"
    if device.hints is None:
        demands.reasons[demand] = (text, cause)
    return text, cause


def _nature(demands: Demands, demand: Demand) -> str:
    if demand.needs & ROOT_PORT:
        return "root ports share the lowest slot that root ports have opened or that is free"
    if demand.pack >= PACK_GROUPS:
        return "a function of the slot of its slot group"
    if demand.pack >= PACK_ENDPOINTS:
        return "the next function of a slot that devices share"
    if demand.needs & INTEGRATED:
        return "the lowest free slot of bus 0 itself"
    if demand.needs & EXPRESS and demands.express_root:
        return "the lowest-numbered empty port"
    if demand.needs & CONVENTIONAL:
        return "the lowest free slot of the lowest-numbered conventional bus with room"
    return "the lowest free place that accepts this controller"


def reason_to_add(demands: Demands, controller: Controller) -> tuple[str, Cause]:
    """Why a controller was added, and what asked for it."""
    text = _ADDED.get(controller.model or "", "it fills a gap in the controller indexes")
    return text, demands.rules.controllers_added_by
