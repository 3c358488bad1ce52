"""USB 2 controller sets of the ICH9: one slot, a fixed function for each member."""

from __future__ import annotations

from msgspec.structs import replace

from devaddr_xml.buses.pci.space import Place, Space
from devaddr_xml.engine.pci.build import has_pci
from devaddr_xml.engine.pci.needs import Needs
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Controller, Device
from devaddr_xml.model.usb2 import USB2_FUNCTIONS, USB2_SET

#: The member at function 0 has multifunction.
FIRST = next(member.model for member in USB2_SET if not member.function)


def companion_function(device: Device) -> int | None:
    """The function that the controller must have; None for any other device."""
    if isinstance(device, Controller) and device.type == "usb":
        return USB2_FUNCTIONS.get(device.model or "")
    return None


def sibling_place(state: State, device: Controller, trial: dict[int, Place]) -> Place | None:
    """The place in the slot of the first member of the set that has an address (in the document, or in ``trial``)."""
    for other in state.controllers:
        if other.type != "usb" or other.index != device.index or other.model not in USB2_FUNCTIONS:
            continue
        place = trial.get(id(other))
        if place is None and has_pci(other) and isinstance(other.address, PciAddress):
            place = Place(other.address.bus, other.address.slot, 0)
        if place is not None:
            return Place(place.bus, place.slot, USB2_FUNCTIONS[device.model or ""])
    return None


def place_companion(
    state: State, needs: Needs, space: Space, device: Controller, trial: dict[int, Place]
) -> tuple[Place, bool]:
    """Place one member of a set; returns its place, and whether a sibling decided it."""
    need = replace(needs.of(device), pack=0)
    beside = sibling_place(state, device, trial)
    if beside is not None:
        space.reserve(need, beside.address, device)
        return beside, True
    return space.place(need, device, USB2_FUNCTIONS[device.model or ""]), False
