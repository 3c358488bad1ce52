"""Devices that ask for no NUMA cell and hang below an expander bus that belongs to one."""

from __future__ import annotations

from collections.abc import Mapping

from devaddr_xml.engine.state import State
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Controller


def check_nodes(state: State) -> None:
    """Warn of devices without a node that were placed on a bus of one; libvirt's rules do not look at nodes."""
    nodes = {
        controller.index: controller.node
        for controller in state.controllers
        if controller.type == "pci" and controller.node is not None
    }
    if not nodes or state.rules.separate_regions:
        return
    parents = {
        controller.index: controller.address.bus
        for controller in state.controllers
        if controller.type == "pci" and isinstance(controller.address, PciAddress)
    }
    placed = {id(decision.device) for decision in state.journal.decisions if type(decision.result) is PciAddress}
    for device in state.visit():
        address = device.address
        if type(address) is not PciAddress or id(device) not in placed:
            continue
        if isinstance(device, Controller) and device.type == "pci":
            continue
        node = _node_of(address.bus, nodes, parents)
        if node is not None:
            state.journal.warn(
                f"has no node of its own and was placed at {address}, below an expander bus of NUMA cell {node}",
                device,
            )


def _node_of(bus: int, nodes: Mapping[int | None, int | None], parents: Mapping[int | None, int]) -> int | None:
    """The node of the bus, or of the nearest one above it that has one."""
    for _ in range(len(parents) + 1):
        if bus in nodes:
            return nodes[bus]
        if bus not in parents:
            return None
        bus = parents[bus]
    return None
