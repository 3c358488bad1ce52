"""The PCI tree of a guest: which bus is above which, and in which order firmware numbers them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from devaddr_xml.buses.pci.controllers import EXPANDERS, ROOTS
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Controller, Device


class PciTree:
    """The PCI controllers of a guest by index, and their places on each other's buses.

    A document can have a loop, or a controller on a bus that no controller provides. Every path upwards ends there.
    """

    __slots__ = ("_children", "controllers", "parents")

    def __init__(self, devices: Iterable[Device]) -> None:
        #: By index. Of two controllers with the same index the last one counts.
        self.controllers: dict[int, Controller] = {}
        #: For each controller that has its place, the bus on which it is.
        self.parents: dict[int, int] = {}
        self._children: dict[int, list[tuple[int, int]]] | None = None
        for device in devices:
            if isinstance(device, Controller) and device.type == "pci" and device.index is not None:
                self.controllers[device.index] = device
                bus = bus_of(device)
                if bus is not None:
                    self.parents[device.index] = bus

    def path(self, bus: int | None) -> Iterator[int]:
        """The bus and every bus above it, the nearest first, each once."""
        met: set[int] = set()
        while bus is not None and bus not in met:
            met.add(bus)
            yield bus
            bus = self.parents.get(bus)

    def above(self, device: Device) -> Iterator[Controller]:
        """The controllers above a device, the nearest first."""
        return self.controllers_of(bus_of(device))

    def controllers_of(self, bus: int | None) -> Iterator[Controller]:
        """The controller that provides a bus, and those above it, the nearest first."""
        for index in self.path(bus):
            controller = self.controllers.get(index)
            if controller is None:
                return
            yield controller

    def nearest(self, bus: int | None, among: Container[int]) -> int | None:
        """The nearest of the given buses: the bus itself, or one above it."""
        return next((index for index in self.path(bus) if index in among), None)

    def top(self, bus: int | None) -> Controller | None:
        """The expander bus or root above a bus, or its own controller if that is one."""
        return next((c for c in self.controllers_of(bus) if c.model in EXPANDERS or c.model in ROOTS), None)

    def children(self, bus: int) -> list[tuple[int, int]]:
        """The controllers on a bus in the order in which firmware finds them: position and index of each.

        The position is eight times the slot, plus the function. Expander buses are not among them: each has a tree of
        its own.
        """
        if self._children is None:
            self._children = {}
            for index, parent in self.parents.items():
                controller = self.controllers[index]
                address = controller.address
                if controller.model not in EXPANDERS and isinstance(address, PciAddress):
                    place = address.slot << 3 | address.function
                    self._children.setdefault(parent, []).append((place, index))
            for found in self._children.values():
                found.sort()
        return self._children.get(bus, [])

    def depth_first(self, root: int) -> list[int]:
        """A bus and every bus below it, in the order in which firmware numbers them."""
        order: list[int] = []
        met: set[int] = set()
        waiting = [root]
        while waiting:
            bus = waiting.pop()
            if bus in met:
                continue
            met.add(bus)
            order.append(bus)
            waiting += [index for _, index in reversed(self.children(bus))]
        return order

    def numbers(self, root: int, first: int) -> dict[int, tuple[int, int]]:
        """The firmware's number of a bus and of every bus below it, each with the last number below it.

        first: the number of ``root`` itself. Firmware cannot give a number above 255.
        """
        order = self.depth_first(root)
        numbers = {bus: first + position for position, bus in enumerate(order)}
        last = dict(numbers)
        for bus in reversed(order[1:]):
            above = self.parents[bus]
            last[above] = max(last[above], last[bus])
        return {bus: (number, last[bus]) for bus, number in numbers.items()}

    def last_path(self, root: int) -> Iterator[tuple[int, int]]:
        """Where firmware numbers a new controller after all buses of a tree: for each bus, the first such position.

        These buses are the root's bus, the bus of the last controller on it, the bus of the last controller on that,
        and so on.
        """
        met: set[int] = set()
        bus = root
        while bus not in met:
            met.add(bus)
            children = self.children(bus)
            yield bus, children[-1][0] + 1 if children else 0
            if not children:
                return
            bus = children[-1][1]


def bus_of(device: Device) -> int | None:
    """The PCI bus on which the document puts a device, if it does."""
    address = device.address
    return address.bus if isinstance(address, PciAddress) and not address.empty else None
