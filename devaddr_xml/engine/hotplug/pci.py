"""PCI devices that are plugged into a running guest: no new controller, free slots of hotpluggable buses only."""

from __future__ import annotations

from msgspec.structs import replace

from devaddr_xml.buses.pci.flags import INTEGRATED
from devaddr_xml.buses.pci.space import ALL_SLOTS, Need, Place, Space
from devaddr_xml.buses.zpci import ZpciIds
from devaddr_xml.engine.hints.verify import verify_hints
from devaddr_xml.engine.pci.build import build_space, controllers_top
from devaddr_xml.engine.pci.bus_regions import Labels
from devaddr_xml.engine.pci.chipset import keep
from devaddr_xml.engine.pci.considered import considered, full_error
from devaddr_xml.engine.pci.finish import mark_multifunction
from devaddr_xml.engine.pci.needs import Needs
from devaddr_xml.engine.pci.order import endpoints
from devaddr_xml.engine.state import State
from devaddr_xml.model.device import Device
from devaddr_xml.model.errors import PlacementError
from devaddr_xml.model.events import Rule
from devaddr_xml.model.naming import label

#: Functions of a slot.
MOST_FUNCTIONS = 8


def plug_pci(state: State) -> None:
    """Give every PCI device that waits a place that the running guest has; raises PlacementError with all reasons."""
    if not state.machine.places_pci(state.rules):
        return
    root = state.controller("pci", 0)
    express = root is not None and root.model == "pcie-root"
    connector = state.connector()
    needs = Needs(state, connector, express, pack_all=False)
    labels = Labels(state, needs).table if state.rules.separate_regions else {}
    space = build_space(state, needs, labels, controllers_top(state) + 1)
    _reserve_chipset(state, space)
    slots = _GroupSlots()
    for device in endpoints(state):
        need, place = slots.beside_first(needs, space, device) or _find(state, needs, space, device)
        space.take(need, place, device, fixed=False)
        slots.joined(device, place)
        keep(device, place)
        assert device.address is not None
        state.journal.note(device, device.address, Rule.PLUGGED, "default", considered(needs, space, need, place))
    if state.caps.has("zpci"):
        ids = ZpciIds()
        ids.collect(state.visit())
        ids.complete(state.visit())
    mark_multifunction(state)
    verify_hints(state, needs)


class _GroupSlots:
    """The slots of the slot groups that are plugged in together."""

    def __init__(self) -> None:
        self._last: dict[str, Place] = {}

    def beside_first(self, needs: Needs, space: Space, device: Device) -> tuple[Need, Place] | None:
        """The next function of the slot of the device's group; nothing for the first of it and for others."""
        group = _group(device)
        last = self._last.get(group) if group is not None else None
        if last is None:
            return None
        need = _need(needs, space, device)
        bus = space.buses[last.bus]
        if not space.fits(need, bus) or bus.group != need.group or last.function == MOST_FUNCTIONS - 1:
            raise PlacementError(
                f"it does not go into slot {last.slot} of bus {last.bus}, where the others of its slot group are",
                device=label(device),
                line=device.line,
                remedy="Remove it from the group",
            )
        return need, replace(last, function=last.function + 1)

    def joined(self, device: Device, place: Place) -> None:
        """Remember where a device of a group went."""
        group = _group(device)
        if group is not None:
            self._last[group] = place


def _group(device: Device) -> str | None:
    return device.hints.slot_group if device.hints is not None else None


def _reserve_chipset(state: State, space: Space) -> None:
    """Take what the machine itself has on bus 0 and no document says."""
    for slot, function, name in state.machine.chipset.own:
        if space.buses and space.buses[0].owner(slot, function) is None:
            space.buses[0].take(slot, function, 0, name)


def _find(state: State, needs: Needs, space: Space, device: Device) -> tuple[Need, Place]:
    """What the device asks for, and the place for it; with ``numa="prefer"`` at last without its node."""
    need = _need(needs, space, device)
    place = space.search(need)
    if place is None:
        error = full_error(needs, space, need, device)
        if state.tunables.numa != "prefer" or not needs.has_node(device):
            raise error
        needs.forget_node(device)
        state.journal.warn(f"its NUMA cell is not possible: {error.message}; placed without it", device)
        need = _need(needs, space, device)
        place = space.search(need)
    if place is None:
        raise full_error(needs, space, need, device)
    return need, place


def _need(needs: Needs, space: Space, device: Device) -> Need:
    """The need of a device that wants a slot of its own on a bus with hotplug, wherever policy would put it."""
    need = replace(needs.of(device), pack=0, hotplug=True)
    if need.flags & INTEGRATED and space.buses and not space.buses[0].hotplug:
        flags = needs.connector.flags(device)
        if flags & INTEGRATED:
            raise _integrated(device)
        need = replace(need, flags=flags, slots=ALL_SLOTS)
    return need


def _integrated(device: Device) -> PlacementError:
    return PlacementError(
        "it can be on bus 0 only, and nothing there is hotpluggable",
        device=label(device),
        line=device.line,
        remedy="Attach it without --live",
    )
