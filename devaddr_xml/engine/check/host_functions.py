"""PCI Express devices of the host behind conventional bridges, where their drivers lack PCI Express features."""

from __future__ import annotations

from devaddr_xml.buses.pci.controllers import OFFERS
from devaddr_xml.buses.pci.flags import CONVENTIONAL, EXPRESS
from devaddr_xml.engine.hints.host_devices import host_address
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import PciAddress


def check_host_functions(state: State) -> None:
    """Warn of a passed-through PCI Express device on a conventional bus of a machine with PCI Express.

    The guest then sees a conventional device: no extended configuration space, no resizable BARs (QEMU docs/pcie.txt).
    A device that is conventional by the host facts has neither anyway.
    """
    models = {controller.index: controller.model for controller in state.controllers if controller.type == "pci"}
    if "pcie-root" not in models.values():
        return
    connector = state.connector()
    for device in state.hostdevs:
        address = device.address
        if type(address) is not PciAddress or not connector.flags(device) & EXPRESS:
            continue
        facts = state.host.pci.get(str(host_address(device)))
        if facts is not None and facts.express is False:
            continue
        offer = OFFERS.get(models.get(address.bus) or "")
        if offer is not None and offer.accepts & CONVENTIONAL and not offer.accepts & EXPRESS:
            state.journal.warn(
                f"it is a PCI Express device on a {models[address.bus]}, a conventional bus: the guest sees neither "
                "its extended configuration space nor resizable BARs",
                device,
                remedy="Remove its <address>, and it goes behind a PCI Express port",
            )
