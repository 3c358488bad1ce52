"""Which buses came into question for a device, and what was against each."""

from __future__ import annotations

from devaddr_xml.buses.pci.bus import Bus
from devaddr_xml.buses.pci.controllers import BRIDGES, OFFERS
from devaddr_xml.buses.pci.flags import AUTO, CONVENTIONAL, EXPRESS, KINDS
from devaddr_xml.buses.pci.space import Demand, Place, Space
from devaddr_xml.engine.pci.needs import Demands
from devaddr_xml.engine.pci.regions import Region
from devaddr_xml.model.device import Device
from devaddr_xml.model.errors import PlacementError
from devaddr_xml.model.naming import label

FREE = "free"
OCCUPIED = "occupied"


def considered(demands: Demands, space: Space, demand: Demand, chosen: Place) -> tuple[tuple[str, str], ...]:
    """The buses before the chosen one that accept the kind of device, those with one verdict together."""
    groups: dict[str, list[Bus]] = {}
    for bus in _accepting(space, demand):
        if bus.number >= chosen.bus:
            break
        groups.setdefault(_verdict(demands, bus, demand), []).append(bus)
    return tuple((_named(buses), verdict) for verdict, buses in groups.items())


def full_error(demands: Demands, space: Space, demand: Demand, device: Device) -> PlacementError:
    """The error for a device that cannot be hotplugged anywhere, with the reasons against every candidate."""
    own = demands.regions.table[demand.group]
    noun = "port" if demand.needs & EXPRESS else "conventional slot" if demand.needs & CONVENTIONAL else "place"
    here: dict[str, list[Bus]] = {}
    elsewhere: dict[int, int] = {}
    for bus in _accepting(space, demand):
        if not OFFERS[bus.model].hotplug:
            continue
        verdict = _verdict(demands, bus, demand)
        if bus.group == demand.group:
            here.setdefault(verdict, []).append(bus)
        elif bus.hotplug and (free := _free_slots(bus)):
            elsewhere[bus.group] = elsewhere.get(bus.group, 0) + free
    reasons = [f"{_counted(buses)} {verdict}" for verdict, buses in here.items()]
    reasons += [f"{free} free {_on(demands.regions.table[group])}" for group, free in sorted(elsewhere.items())]
    where = f" {_on(own)}" if own.number else ""
    return PlacementError(
        f"no free hotpluggable {noun}{where}: {'; '.join(reasons) or 'there is no bus that takes it'}",
        device=label(device),
        line=device.line,
        remedy=_remedy(demands, own, noun),
    )


def _accepting(space: Space, demand: Demand) -> list[Bus]:
    return [bus for bus in space.buses if bus.accepts & demand.needs & KINDS]


def _free_slots(bus: Bus) -> int:
    return (bus.range & ~bus.busy).bit_count()


def _verdict(demands: Demands, bus: Bus, demand: Demand) -> str:
    if not _free_slots(bus):
        return OCCUPIED
    if not bus.range & bus.free & ~bus.passed:
        return "empty, but not used again (slot-reuse)"
    if demand.needs & AUTO and not bus.accepts & AUTO:
        return "used only where an address says so"
    if demand.hotplug and not bus.hotplug:
        return "free, but without hotplug"
    if demand.hotplug is False and bus.is_port and bus.hotplug:
        return "free, but kept for devices that can be hotplugged"
    if demand.bridged and bus.model not in BRIDGES:
        return "free, but not the bus of a bridge"
    if bus.group != demand.group:
        return f"{FREE}, but {_on(demands.regions.table[bus.group])}"
    return FREE


def _on(region: Region) -> str:
    """Where a region is, after a number of places in it."""
    if region.kind == "common":
        return "on no node"
    if region.kind == "switch":
        return "behind a switch"
    return f"on {region}" if region.node is not None else f"of {region}"


def _counted(buses: list[Bus]) -> str:
    """Ports by how many they are, other buses by their numbers."""
    if not all(bus.is_port for bus in buses):
        return f"{_named(buses)} {'is' if len(buses) == 1 else 'are'}"
    return "1 port is" if len(buses) == 1 else f"{len(buses)} ports are"


def _named(buses: list[Bus]) -> str:
    """Buses by number, those that follow each other as a range."""
    parts: list[str] = []
    start = previous = buses[0].number
    for number in [*(bus.number for bus in buses[1:]), -1]:
        if number == previous + 1:
            previous = number
            continue
        parts.append(f"{start}-{previous}" if previous > start else str(start))
        start = previous = number
    return f"{'bus' if len(buses) == 1 else 'buses'} {', '.join(parts)}"


def _remedy(demands: Demands, own: Region, noun: str) -> str:
    """What helps now, and what would have helped before the guest was started."""
    home = demands.regions.home(own.number)
    earlier = 'spare-ports="..."'
    if home.node is not None:
        earlier = f'<devaddr:spare node="{home.node}" ports="..."/>'
    elif noun != "port" and demands.express_root:
        return "Attach it to the stopped guest (without live), which gets a bus for it then, or use a PCI Express model"
    now = "Attach it to the stopped guest (without live), unplug something"
    return f"{now}, or start the guest with free places: {earlier} in its policy"
