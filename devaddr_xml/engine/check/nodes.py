"""Devices without a NUMA cell below an expander bus that belongs to one."""

from __future__ import annotations

from devaddr_xml.buses.pci.tree import PciTree
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Controller


def check_nodes(state: State) -> None:
    """Warn of devices without a node that were placed on a bus of a cell, since libvirt does not consider cells."""
    nodes = {
        c.index: c.node for c in state.controllers if c.type == "pci" and c.index is not None and c.node is not None
    }
    if not nodes or state.rules.separate_regions:
        return
    tree = PciTree(state.controllers)
    placed = {id(decision.device) for decision in state.journal.decisions if type(decision.result) is PciAddress}
    for device in state.visit():
        address = device.address
        if type(address) is not PciAddress or id(device) not in placed:
            continue
        if isinstance(device, Controller) and device.type == "pci":
            continue
        below = tree.nearest(address.bus, nodes)
        if below is not None:
            state.journal.warn(
                f"has no node hint and was placed at {address}, below an expander bus of NUMA cell {nodes[below]}",
                device,
                remedy="Give it an <address> on another bus, or a policy, which keeps such devices off expander buses",
            )
