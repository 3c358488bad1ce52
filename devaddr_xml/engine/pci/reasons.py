"""The rule behind a place, in words for the journal."""

from __future__ import annotations

from msgspec.structs import replace

from devaddr_xml.buses.pci.flags import CONVENTIONAL, EXPRESS, INTEGRATED, ROOT_PORT
from devaddr_xml.buses.pci.space import PACK_ENDPOINTS, PACK_GROUPS, Need
from devaddr_xml.engine.pci.needs import Needs
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


def reason(needs: Needs, device: Device, need: Need) -> tuple[str, Cause]:
    """Why the device is where its need put it, and what asked for it."""
    if device.hints is None and (known := needs.reasons.get(need)):
        return known
    region = needs.regions.table[need.group]
    cause: Cause = "default"
    if device.hints is not None:
        cause = "hint"
    elif region.kind != "isolation" and replace(need, numbers=0, behind=False) != needs.plain(
        needs.connector.flags(device)
    ):
        cause = "policy"
    text = _nature(needs, need)
    if need.group:
        text += f" of {region}"
    if device.hints is None:
        needs.reasons[need] = (text, cause)
    return text, cause


def _nature(needs: Needs, need: Need) -> str:
    if need.flags & ROOT_PORT:
        return "root ports share the lowest slot that root ports have opened or that is free"
    if need.pack >= PACK_GROUPS:
        return "a function of the slot of its slot group"
    if need.pack >= PACK_ENDPOINTS:
        return "the next function of a slot that devices share"
    if need.flags & INTEGRATED:
        return "the lowest free slot of bus 0 itself"
    if need.flags & EXPRESS and needs.express_root:
        return "the lowest-numbered empty port"
    if need.flags & CONVENTIONAL:
        return "the lowest free slot of the lowest-numbered conventional bus with room"
    return "the lowest free place that accepts this controller"


def reason_to_add(needs: Needs, controller: Controller) -> tuple[str, Cause]:
    """Why a controller was added, and what asked for it."""
    text = _ADDED.get(controller.model or "", "it fills a gap in the controller indexes")
    return text, needs.rules.controllers_added_by
