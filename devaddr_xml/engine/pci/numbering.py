"""Guest bus numbers: how many a tree needs, and the first number of each expander bus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable

from devaddr_xml.buses.pci.bus import Bus
from devaddr_xml.buses.pci.controllers import EXPANDERS, HOST_BRIDGES, LAST_BUS
from devaddr_xml.buses.pci.space import Space
from devaddr_xml.buses.pci.tree import PciTree
from devaddr_xml.engine.state import State
from devaddr_xml.model.device import Controller
from devaddr_xml.model.errors import PlacementError
from devaddr_xml.model.naming import label

ALL_NUMBERS = LAST_BUS + 1
#: The most bus numbers that an expander gets in addition to those in use, for later ports.
_HEADROOM = 8
_SHARE = 'Let devices share places as functions (overflow="pack" or packing="functions")'


def expander_width(model: str | None, below: int) -> int:
    """Bus numbers of an expander with ``below`` buses under it; QEMU puts a bridge into a conventional one."""
    return below + (2 if model == "pci-expander-bus" else 1)


def limit_expanders(state: State, buses: list[Bus]) -> dict[int, int]:
    """Set the expander of every bus; returns how many numbers are free below each expander that has its number."""
    expanders = {c.index or 0: c for c in expanders_of(state)}
    if not expanders:
        return {}
    tops = tops_of(state.controllers, expanders)
    below = Counter(tops.values())
    for bus in buses:
        bus.top = tops.get(bus.number, bus.number if bus.number in expanders else 0)
    foreign = [-number for number in _foreign_trees(state)[0]]
    starts = sorted((*(c.bus_nr for c in expanders.values() if c.bus_nr is not None), *foreign))
    room = {}
    for index, controller in expanders.items():
        if controller.bus_nr is not None:
            end = next((start for start in starts if start > controller.bus_nr), ALL_NUMBERS)
            room[index] = end - controller.bus_nr - expander_width(controller.model, below[index])
    return room


def check_bus_numbers(state: State, space: Space) -> None:
    """Raise PlacementError if the buses of a trial need more guest bus numbers than there are."""
    given = {c.index or 0: c.bus_nr for c in expanders_of(state)}
    widths, main = _foreign_trees(state)
    given.update({index: -index for index in widths})
    for bus in space.buses:
        if bus.model in EXPANDERS:
            widths[bus.number] = widths.get(bus.number, 0) + expander_width(bus.model, 0)
        elif bus.top:
            widths[bus.top] = widths.get(bus.top, 0) + 1
        elif bus.model != "pci-root" or not bus.number:
            main += 1
    bridges = sum(bus.model == "pci-root" for bus in space.buses)
    if bridges > HOST_BRIDGES:
        raise PlacementError(
            f"the guest needs {bridges} PCI host bridges, and there are {HOST_BRIDGES} at most", remedy=_SHARE
        )
    starts = {index: start for index in widths if (start := given.get(index)) is not None}
    if _starts(widths, starts, main, 0) is None or main > min(starts.values(), default=ALL_NUMBERS):
        raise PlacementError(
            f"the guest needs {main + sum(widths.values())} PCI bus numbers, and there are {ALL_NUMBERS}"
            + (", or too few between those that expander buses have already" if starts else ""),
            remedy=_SHARE,
        )


def number_expanders_like_libvirt(_state: State, expanders: list[Controller]) -> None:
    """Two below the lowest number in use, in list order (libvirt's rule)."""
    for controller in expanders:
        if controller.bus_nr is not None:
            continue
        lowest = min((c.bus_nr for c in expanders if c.bus_nr is not None), default=ALL_NUMBERS)
        if lowest <= 2:
            raise _exhausted(controller)
        controller.bus_nr = lowest - 2


def number_expanders(state: State, expanders: list[Controller]) -> None:
    """Give every expander without a number a range wide enough for the buses below it, from the top down."""
    open_ones = [controller for controller in expanders if controller.bus_nr is None]
    if not open_ones:
        return
    widths, main = tree_widths(state.controllers, expanders)
    given = {c.index or 0: c.bus_nr for c in expanders if c.bus_nr is not None}
    foreign, more = _foreign_trees(state)
    widths, main = {**foreign, **widths}, main + more
    given.update({index: -index for index in foreign})
    free = ALL_NUMBERS - main - sum(widths.values())
    headroom = max(0, min(_HEADROOM, free // (2 * len(open_ones))))
    starts = _starts(widths, given, main, headroom)
    if starts is None:
        raise _exhausted(open_ones[0])
    for controller in open_ones:
        controller.bus_nr = starts[controller.index or 0]


def _foreign_trees(state: State) -> tuple[dict[int, int], int]:
    """Bus numbers that the command line's expanders need, by the negative of their own number, and its other buses."""
    if not state.guest.foreign:
        return {}, 0
    from devaddr_xml.buses.pci.foreign import bus_numbers_of

    widths, others = bus_numbers_of(state.guest.foreign)
    return {-number: width for number, width in widths.items()}, others


def _starts(widths: dict[int, int], given: dict[int, int], main: int, headroom: int) -> dict[int, int] | None:
    """The first number of every tree in ``widths`` without one, each below the one before; None if they do not fit.

    given: the first numbers that trees have. main: numbers of the tree of bus 0. headroom: additional numbers for each
    tree, if there are enough.
    """
    taken = sorted((start, start + widths[index]) for index, start in given.items())
    starts: dict[int, int] = {}
    top = ALL_NUMBERS
    for index, width in widths.items():
        if index in given:
            continue
        start = _highest_start(top, width + headroom, taken)
        if start < main:
            start = _highest_start(top, width, taken)
        if start < max(main, 1):
            return None
        starts[index] = top = start
    return starts


def _highest_start(top: int, width: int, taken: list[tuple[int, int]]) -> int:
    """The highest start of a range of ``width`` below ``top`` that meets none of ``taken``."""
    start = top - width
    for first, end in reversed(taken):
        if start < end and first < start + width:
            start = first - width
    return start


def tree_widths(controllers: Iterable[Controller], expanders: list[Controller]) -> tuple[dict[int, int], int]:
    """The bus numbers that each expander (by index) needs, and those that the tree of bus 0 needs, including bus 0."""
    tops = tops_of(controllers, {controller.index or 0 for controller in expanders})
    below = Counter(tops.values())
    return {c.index or 0: expander_width(c.model, below[c.index or 0]) for c in expanders}, 1 + below[0]


def tops_of(controllers: Iterable[Controller], expanders: Container[int]) -> dict[int, int]:
    """For each PCI controller that has a place and is not an expander, the index of the expander above it, or 0."""
    tree = PciTree(controllers)
    return {index: tree.nearest(bus, expanders) or 0 for index, bus in tree.parents.items() if index not in expanders}


def expanders_of(state: State) -> list[Controller]:
    """The expander buses, in list order."""
    return [c for c in state.controllers if c.type == "pci" and c.model in EXPANDERS]


def _exhausted(controller: Controller) -> PlacementError:
    return PlacementError(
        "no bus numbers are left for this expander bus",
        device=label(controller),
        line=controller.line,
        remedy="Give its <target> a busNr, or place fewer devices",
    )
