"""Guest bus numbers: how many a tree needs, and where expander buses start."""

from __future__ import annotations

from collections.abc import Iterable

from devaddr_xml.buses.pci.bus import EXPANDERS
from devaddr_xml.buses.pci.space import Space
from devaddr_xml.engine.work import Work
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Controller
from devaddr_xml.model.errors import PlacementError
from devaddr_xml.model.naming import label

ALL_NUMBERS = 256
#: The most bus numbers that an expander gets beyond what it needs today, for ports to come.
_HEADROOM = 8


def expander_width(model: str | None, below: int) -> int:
    """Bus numbers of an expander with ``below`` buses under it; QEMU puts a bridge into a conventional one."""
    return below + (2 if model == "pci-expander-bus" else 1)


def check_bus_numbers(space: Space) -> None:
    """Raise PlacementError when the buses of the guest need more than the 256 numbers that there are."""
    needed = sum(2 if bus.model == "pci-expander-bus" else 1 for bus in space.buses if bus.model != "pci-root")
    if needed > ALL_NUMBERS:
        raise PlacementError(
            f"the guest needs {needed} PCI bus numbers, and there are {ALL_NUMBERS}",
            remedy='Let devices share ports as functions (overflow="pack" or packing="functions")',
        )


def number_expanders_like_libvirt(expanders: list[Controller]) -> None:
    """Two below the lowest number in use, in list order (libvirt's rule)."""
    for controller in expanders:
        if controller.bus_nr is not None:
            continue
        lowest = min((c.bus_nr for c in expanders if c.bus_nr is not None), default=ALL_NUMBERS)
        if lowest <= 2:
            raise _exhausted(controller)
        controller.bus_nr = lowest - 2


def number_expanders(work: Work, expanders: list[Controller]) -> None:
    """Give every expander without a number a range wide enough for the buses below it, from the top down."""
    open_ones = [controller for controller in expanders if controller.bus_nr is None]
    if not open_ones:
        return
    widths, main = tree_widths(work.controllers, expanders)
    taken = sorted((c.bus_nr, c.bus_nr + widths[c.index or 0]) for c in expanders if c.bus_nr is not None)
    free = ALL_NUMBERS - main - sum(widths.values())
    headroom = max(0, min(_HEADROOM, free // (2 * len(open_ones))))
    top = ALL_NUMBERS
    for controller in open_ones:
        width = widths[controller.index or 0]
        start = _highest_start(top, width + headroom, taken)
        if start < main:
            start = _highest_start(top, width, taken)
        if start < main or start < 1:
            raise _exhausted(controller)
        controller.bus_nr = top = start


def _highest_start(top: int, width: int, taken: list[tuple[int, int]]) -> int:
    """The highest start of a range of ``width`` below ``top`` that meets none of ``taken``."""
    start = top - width
    for first, end in reversed(taken):
        if start < end and first < start + width:
            start = first - width
    return start


def tree_widths(controllers: Iterable[Controller], expanders: list[Controller]) -> tuple[dict[int, int], int]:
    """Bus numbers that each expander (by index) needs, and those that the tree of bus 0 needs, bus 0 included."""
    parents: dict[int, int] = {}
    for controller in controllers:
        if controller.type == "pci" and controller.index is not None and isinstance(controller.address, PciAddress):
            parents[controller.index] = controller.address.bus
    tops = {controller.index or 0 for controller in expanders}
    below = dict.fromkeys(tops, 0)
    main = 1
    for index in parents:
        if index in tops:
            continue
        seen = {index}
        top = parents[index]
        while top not in tops and top in parents and top not in seen:
            seen.add(top)
            top = parents[top]
        if top in tops:
            below[top] += 1
        else:
            main += 1
    return {c.index or 0: expander_width(c.model, below[c.index or 0]) for c in expanders}, main


def expanders_of(work: Work) -> list[Controller]:
    """The expander buses, in list order."""
    return [c for c in work.controllers if c.type == "pci" and c.model in EXPANDERS]


def _exhausted(controller: Controller) -> PlacementError:
    return PlacementError(
        "no bus numbers are left for this expander bus",
        device=label(controller),
        line=controller.line,
        remedy="Give its <target> a busNr, or place fewer devices",
    )
