"""Why no place was good enough: every bus that came into question, and what was against it."""

from __future__ import annotations

from collections import Counter

from devaddr_xml.buses.pci.bus import Bus
from devaddr_xml.buses.pci.connect import CONVENTIONAL, EXPRESS, KINDS
from devaddr_xml.buses.pci.space import Demand, Space
from devaddr_xml.engine.pci.demand import Demands
from devaddr_xml.model.device import Device
from devaddr_xml.model.errors import PlacementError
from devaddr_xml.model.naming import label


def candidates(demands: Demands, space: Space, demand: Demand) -> list[tuple[str, str]]:
    """Each bus that accepts the kind of device, and why it is out (or ``free``)."""
    found = []
    for bus in space.buses:
        if bus.accepts & demand.needs & KINDS:
            found.append((f"bus {bus.number} ({bus.model})", _verdict(demands, bus, demand)))
    return found


def _verdict(demands: Demands, bus: Bus, demand: Demand) -> str:
    if not bus.free:
        return "occupied"
    if not bus.hotplug:
        return "not hotpluggable"
    if bus.group != demand.group:
        return f"free, but of {demands.regions.table[bus.group]}"
    return "free"


def full_error(demands: Demands, space: Space, demand: Demand, device: Device) -> PlacementError:
    """The error for a device that cannot be hotplugged anywhere, with the reasons against every candidate."""
    region = demands.regions.table[demand.group]
    where = "" if region.kind == "common" else f" of {region}"
    noun = "port" if demand.needs & EXPRESS else "conventional slot" if demand.needs & CONVENTIONAL else "place"
    counts = Counter(verdict for _, verdict in candidates(demands, space, demand))
    reasons = ", ".join(f"{count} {verdict}" for verdict, count in counts.items()) or "there is no such bus"
    return PlacementError(
        f"no free hotpluggable {noun}{where}: {reasons}",
        device=label(device),
        line=device.line,
        remedy="Cold-plug it (without live), free a place, or keep more free with spare-ports",
    )
