"""PCI devices that are plugged into a running guest: no new controller, function 0, hotpluggable buses only."""

from __future__ import annotations

from msgspec.structs import replace

from devaddr_xml.buses.pci.flags import INTEGRATED
from devaddr_xml.buses.pci.space import ALL_SLOTS, Demand, Place, Space
from devaddr_xml.buses.zpci import ZpciIds
from devaddr_xml.engine.hints.verify import verify_hints
from devaddr_xml.engine.pci.build import build_space, controllers_top
from devaddr_xml.engine.pci.bus_regions import Labels
from devaddr_xml.engine.pci.chipset import keep
from devaddr_xml.engine.pci.considered import considered, full_error
from devaddr_xml.engine.pci.needs import Demands
from devaddr_xml.engine.pci.order import endpoints
from devaddr_xml.engine.state import State
from devaddr_xml.model.device import Device
from devaddr_xml.model.errors import PlacementError
from devaddr_xml.model.naming import label

PLUGGED = "the lowest free place that can be hotplugged"


def plug_pci(state: State) -> None:
    """Give every PCI device that waits a place that the running guest has; raises PlacementError with all reasons."""
    if not state.machine.supports_pci:
        return
    root = state.controller("pci", 0)
    express = root is not None and root.model == "pcie-root"
    connector = state.connector()
    demands = Demands(state, connector, express, pack_all=False)
    labels = Labels(state, demands).table if state.rules.separate_regions else {}
    space = build_space(state, demands, labels, controllers_top(state) + 1)
    _reserve_chipset(state, space)
    for device in endpoints(state):
        demand, place = _find(state, demands, space, device)
        space.take(demand, place, device, fixed=False)
        keep(device, place)
        assert device.address is not None
        state.journal.note(device, device.address, PLUGGED, "default", considered(demands, space, demand, place))
    if state.caps.has("zpci"):
        ids = ZpciIds()
        ids.collect(state.visit())
        ids.complete(state.visit())
    verify_hints(state, demands)


def _reserve_chipset(state: State, space: Space) -> None:
    """Take what the machine itself has on bus 0 and no document says."""
    for slot, function, name in state.machine.chipset.own:
        if space.buses and space.buses[0].owner(slot, function) is None:
            space.buses[0].take(slot, function, 0, name)


def _find(state: State, demands: Demands, space: Space, device: Device) -> tuple[Demand, Place]:
    """What the device asks for, and the place for it; with ``numa="prefer"`` at last without its node."""
    demand = _demand(demands, space, device)
    place = space.search(demand)
    if place is None:
        error = full_error(demands, space, demand, device)
        if state.tunables.numa != "prefer" or not demands.has_node(device):
            raise error
        demands.forget_node(device)
        state.journal.warn(f"its NUMA cell cannot be had: {error.message}; placed without it", device)
        demand = _demand(demands, space, device)
        place = space.search(demand)
    if place is None:
        raise full_error(demands, space, demand, device)
    return demand, place


def _demand(demands: Demands, space: Space, device: Device) -> Demand:
    """The demand of a device that wants a slot of its own on a bus with hotplug, wherever policy would put it."""
    demand = replace(demands.of(device), pack=0, hotplug=True)
    if demand.needs & INTEGRATED and space.buses and not space.buses[0].hotplug:
        needs = demands.connector.needs(device)
        if needs & INTEGRATED:
            raise _integrated(device)
        demand = replace(demand, needs=needs, slots=ALL_SLOTS)
    return demand


def _integrated(device: Device) -> PlacementError:
    return PlacementError(
        "it can sit on bus 0 only, and nothing there can be hotplugged",
        device=label(device),
        line=device.line,
        remedy="Attach it to the stopped guest (without live)",
    )
