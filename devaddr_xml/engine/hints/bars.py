"""The sizes of the memory windows that a guest's PCI trees need for the BARs of passed-through devices."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from devaddr_xml.buses.pci.controllers import EXPANDERS
from devaddr_xml.buses.pci.tree import PciTree
from devaddr_xml.engine.hints.host_devices import has_place, passed_through
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Controller
from devaddr_xml.model.host import Bar

#: The granularity of the memory that a bridge forwards, in bytes (PCI-to-PCI Bridge Architecture, 3.2.5.6).
GRANULARITY = 1 << 20


class Window(NamedTuple):
    """A range of addresses: its size and its alignment, in bytes."""

    size: int = 0
    alignment: int = 1


class Need(NamedTuple):
    """The addresses needed below one root: above 4 GiB, and below 4 GiB."""

    high: Window = Window()
    low: Window = Window()


def packed(windows: Iterable[Window], granularity: int = 1) -> Window:
    """The range that holds others, each aligned: the most aligned come first, so that nothing is lost between them."""
    end, alignment = 0, granularity
    for window in sorted((each for each in windows if each.size), key=lambda each: -each.alignment):
        end = _up(end, window.alignment) + window.size
        alignment = max(alignment, window.alignment)
    return Window(_up(end, granularity), alignment) if end else Window()


def _up(number: int, step: int) -> int:
    return -(-number // step) * step


def window_below(bars: Iterable[Bar]) -> Window:
    """What BARs need below 4 GiB, behind a bridge: all but prefetchable ones of 64 bits."""
    return packed((Window(bar.size, bar.size) for bar in bars if not is_high(bar)), GRANULARITY)


def needs_of_roots(state: State) -> dict[int, Need]:
    """What the passed-through devices need below each root or expander bus, by its index.

    Behind a bridge only prefetchable BARs of 64 bits can be above 4 GiB. A port counts at least what it reserves.
    """
    tree = PciTree(state.controllers)
    buses = tree.controllers
    high: dict[int, list[Window]] = {}
    low: dict[int, list[Window]] = {}
    for device, address in passed_through(state):
        bars = state.host.bars_of(address)
        if not bars or not has_place(device) or not isinstance(device.address, PciAddress):
            continue
        bus = device.address.bus
        for bar in bars:
            window = Window(bar.size, bar.size)
            (high if _can_be_high(bar, buses.get(bus)) else low).setdefault(bus, []).append(window)
    if not high and not low and not any(c.mem_reserve for c in buses.values()):
        return {}
    for index in sorted(buses, key=lambda index: -len([*tree.path(index)])):
        controller = buses[index]
        if _is_root(controller):
            continue
        assert isinstance(controller.address, PciAddress)
        above = controller.address.bus
        reserved = Window((controller.mem_reserve or 0) << 10, GRANULARITY)
        inside = packed(low.get(index, ()), GRANULARITY)
        low.setdefault(above, []).append(max(inside, reserved))
        high.setdefault(above, []).append(packed(high.get(index, ()), GRANULARITY))
    roots = [index for index, controller in buses.items() if _is_root(controller)]
    return {index: Need(packed(high.get(index, ())), packed(low.get(index, ()))) for index in sorted(roots)}


def is_high(bar: Bar) -> bool:
    """Whether the BAR of a device behind a bridge can be above 4 GiB."""
    return bar.bits == 64 and bar.prefetchable


def _can_be_high(bar: Bar, bus: Controller | None) -> bool:
    return is_high(bar) or (bar.bits == 64 and bus is not None and _is_root(bus))


def _is_root(controller: Controller) -> bool:
    return controller.model in EXPANDERS or not isinstance(controller.address, PciAddress)
