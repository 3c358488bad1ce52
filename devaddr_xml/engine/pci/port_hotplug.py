"""The hotplug attribute of each root port and downstream port."""

from __future__ import annotations

from devaddr_xml.buses.pci.controllers import PORTS
from devaddr_xml.buses.pci.space import Space
from devaddr_xml.buses.pci.tree import PciTree, bus_of
from devaddr_xml.engine.state import State
from devaddr_xml.model.device import Controller, Device
from devaddr_xml.model.errors import HintError
from devaddr_xml.model.naming import label

_GENERAL = {"default": None, "on": True, "off": False}


def say_hotplug(state: State, space: Space) -> None:
    """Set ``hotplug`` on every port: by the hints of the devices behind it, else by the policy."""
    policy = state.tunables.port_hotplug
    hinted = [device for device in state.visit() if device.hints is not None]
    if policy == "default" and not hinted:
        return
    ports = {c.index or 0: c for c in state.controllers if c.type == "pci" and c.model in PORTS}
    wanted = _wanted_of_ports(state, hinted, ports)
    for index, port in ports.items():
        want = wanted.get(index)
        if want is not None:
            on, must_say = want
            if must_say or port.hotplug is not None or policy != "default":
                port.hotplug = on
        elif policy == "spare-only":
            port.hotplug = not (index < len(space.buses) and space.buses[index].busy)
        elif (general := _GENERAL[policy]) is not None:
            port.hotplug = general


def _wanted_of_ports(state: State, hinted: list[Device], ports: dict[int, Controller]) -> dict[int, tuple[bool, bool]]:
    """For each port the value that hints ask for, and whether it must be written into the document."""
    tree = PciTree(state.controllers)
    wanted: dict[int, tuple[bool, bool]] = {}
    owners: dict[int, Device] = {}
    for device in hinted:
        want = _wanted_by(device)
        if want is None:
            continue
        index = _port_of(device, ports, tree)
        if index is None:
            continue
        if index in wanted and wanted[index][0] != want[0]:
            raise _contradiction(device, owners[index])
        owners.setdefault(index, device)
        wanted[index] = (want[0], want[1] or wanted.get(index, want)[1])
    return wanted


def _wanted_by(device: Device) -> tuple[bool, bool] | None:
    hints = device.hints
    if hints is None:
        return None
    if hints.port_hotplug is not None:
        return hints.port_hotplug == "on", True
    if hints.hotplug == "no":
        return False, True
    return (True, False) if hints.hotplug == "yes" else None


def _port_of(device: Device, ports: dict[int, Controller], tree: PciTree) -> int | None:
    """The port above the device, or the device itself if it is a port."""
    if isinstance(device, Controller) and device.type == "pci" and device.index in ports:
        return device.index
    return tree.nearest(bus_of(device), ports)


def _contradiction(device: Device, other: Device) -> HintError:
    return HintError(
        "its hotplug hints ask for the opposite of what another device behind the same port asks",
        device=label(device),
        line=device.line,
        other=label(other),
        other_line=other.line,
        remedy="Give both the same hotplug and port-hotplug, or put them behind different ports",
    )
