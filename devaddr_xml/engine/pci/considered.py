"""Which buses came into question for a device, and what was against each."""

from __future__ import annotations

from devaddr_xml.buses.pci.bus import Bus
from devaddr_xml.buses.pci.controllers import BRIDGES, OFFERS
from devaddr_xml.buses.pci.flags import AUTO, CONVENTIONAL, EXPRESS, KINDS
from devaddr_xml.buses.pci.space import Need, Place, Space
from devaddr_xml.engine.pci.needs import Needs
from devaddr_xml.engine.pci.regions import Region
from devaddr_xml.model.device import Device
from devaddr_xml.model.errors import PlacementError
from devaddr_xml.model.events import Considered, Obstacle
from devaddr_xml.model.naming import buses_named, label

Verdict = tuple[Obstacle, str]


def considered(needs: Needs, space: Space, need: Need, chosen: Place) -> tuple[Considered, ...]:
    """The buses before the chosen one that accept the kind of device, those with one verdict together."""
    groups: dict[Verdict, list[Bus]] = {}
    for bus in _accepting(space, need):
        if bus.number >= chosen.bus:
            break
        groups.setdefault(_verdict(needs, bus, need), []).append(bus)
    return tuple(
        [
            Considered(tuple([bus.number for bus in buses]), obstacle, about)
            for (obstacle, about), buses in groups.items()
        ]
    )


def full_error(needs: Needs, space: Space, need: Need, device: Device) -> PlacementError:
    """The error for a device that cannot be hotplugged anywhere, with the reasons against every candidate."""
    own = needs.regions.table[need.group]
    noun = "port" if need.flags & EXPRESS else "conventional slot" if need.flags & CONVENTIONAL else "place"
    here: dict[Obstacle, list[Bus]] = {}
    elsewhere: dict[int, int] = {}
    for bus in _accepting(space, need):
        if not OFFERS[bus.model].hotplug:
            continue
        obstacle, _ = _verdict(needs, bus, need)
        if bus.group == need.group:
            here.setdefault(obstacle, []).append(bus)
        elif bus.hotplug and (free := _free_slots(bus)):
            elsewhere[bus.group] = elsewhere.get(bus.group, 0) + free
    reasons = [f"{_counted(buses)} {obstacle.value}" for obstacle, buses in here.items()]
    reasons += [f"{free} free {_on(needs.regions.table[group])}" for group, free in sorted(elsewhere.items())]
    where = f" {_on(own)}" if own.number else ""
    return PlacementError(
        f"no free hotpluggable {noun}{where}: {'; '.join(reasons) or 'there is no bus that accepts it'}",
        device=label(device),
        line=device.line,
        remedy=_remedy(needs, own, noun),
    )


def _accepting(space: Space, need: Need) -> list[Bus]:
    return [bus for bus in space.buses if bus.accepts & need.flags & KINDS]


def _free_slots(bus: Bus) -> int:
    return (bus.range & ~bus.busy).bit_count()


def _verdict(needs: Needs, bus: Bus, need: Need) -> Verdict:
    if not _free_slots(bus):
        return Obstacle.OCCUPIED, ""
    if not bus.range & bus.free & ~bus.passed:
        return Obstacle.USED_BEFORE, ""
    if need.flags & AUTO and not bus.accepts & AUTO:
        return Obstacle.BY_ADDRESS_ONLY, ""
    if need.hotplug and not bus.hotplug:
        return Obstacle.WITHOUT_HOTPLUG, ""
    if need.hotplug is False and bus.is_port and bus.hotplug:
        return Obstacle.FOR_HOTPLUG, ""
    if need.bridged and bus.model not in BRIDGES:
        return Obstacle.NO_BRIDGE, ""
    if bus.group != need.group:
        return Obstacle.ELSEWHERE, _on(needs.regions.table[bus.group])
    return Obstacle.FREE, ""


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
        return f"{buses_named([bus.number for bus in buses])} {'is' if len(buses) == 1 else 'are'}"
    return "1 port is" if len(buses) == 1 else f"{len(buses)} ports are"


def _remedy(needs: Needs, own: Region, noun: str) -> str:
    """What helps now, and what would have helped before the guest was started."""
    base = needs.regions.base(own.number)
    earlier = 'spare-ports="..."'
    if base.node is not None:
        earlier = f'<devaddr:spare node="{base.node}" ports="..."/>'
    elif noun != "port" and needs.express_root:
        return "Attach it without --live, which adds a bus for it, or use a PCI Express model"
    now = "Attach it without --live, unplug something"
    return f"{now}, or start the guest with free places: {earlier} in its policy"
