"""The rule behind a place, for the journal."""

from __future__ import annotations

from msgspec.structs import replace

from devaddr_xml.buses.pci.flags import CONVENTIONAL, EXPRESS, INTEGRATED, ROOT_PORT
from devaddr_xml.buses.pci.space import PACK_ENDPOINTS, PACK_GROUPS, Need
from devaddr_xml.engine.pci.needs import Needs, Reason
from devaddr_xml.model.device import Controller, Device
from devaddr_xml.model.events import Cause, Rule

_ADDED = {
    "pci-root": Rule.MORE_HOST_BRIDGES,
    "pci-bridge": Rule.MORE_CONVENTIONAL,
    "pcie-root-port": Rule.MORE_PORTS,
    "pcie-to-pci-bridge": Rule.CONVENTIONAL_BRIDGE,
    "dmi-to-pci-bridge": Rule.CONVENTIONAL_BRIDGE,
    "pcie-expander-bus": Rule.EXPANDER,
    "pci-expander-bus": Rule.EXPANDER,
    "pcie-switch-upstream-port": Rule.SWITCH,
    "pcie-switch-downstream-port": Rule.SWITCH_PORT,
}


def reason(needs: Needs, device: Device, need: Need) -> Reason:
    """Why the device is in its place, and what asked for it."""
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
    found = Reason(_rule(needs, need), cause, str(region) if need.group else "")
    if device.hints is None:
        needs.reasons[need] = found
    return found


def _rule(needs: Needs, need: Need) -> Rule:
    if need.flags & ROOT_PORT:
        return Rule.ROOT_PORT_SLOT
    if need.pack >= PACK_GROUPS:
        return Rule.SLOT_GROUP
    if need.pack >= PACK_ENDPOINTS:
        return Rule.SHARED_SLOT
    if need.flags & INTEGRATED:
        return Rule.INTEGRATED_SLOT
    if need.flags & EXPRESS and needs.express_root:
        return Rule.EMPTY_PORT
    if need.flags & CONVENTIONAL:
        return Rule.CONVENTIONAL_SLOT
    return Rule.CONTROLLER_PLACE


def reason_to_add(needs: Needs, controller: Controller) -> tuple[Rule, Cause]:
    """Why a controller was added, and what asked for it."""
    return _ADDED.get(controller.model or "", Rule.INDEX_GAP), needs.rules.controllers_added_by
