"""Exchanges the places of devices in a finished layout, so that only two slots or functions change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from devaddr_xml.buses.pci.controllers import LAST_BUS
from devaddr_xml.engine.finished.name_forms import OnPath, OnSlot, form_of
from devaddr_xml.engine.finished.network_names import LAST_INDEX, numbered_slots
from devaddr_xml.engine.finished.topology import Bus, Topology
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Controller, Device, Interface
from devaddr_xml.model.events import Rule
from devaddr_xml.model.naming import label

Slot = tuple[Bus, int]

#: By which rule a device is where it is, and what the rule is about; by ``id()`` of the device.
Reasons = dict[int, tuple[Rule, str]]


class Exchange:
    """The slots of a finished layout, with those of their devices that can go elsewhere.

    fixed: devices, by ``id()``, whose address was given. given: those that the document has. used: slots that stay
    empty, ``BB:SS``.
    """

    def __init__(self, topology: Topology, fixed: set[int], given: set[int], used: Sequence[str]) -> None:
        self.topology = topology
        self.fixed = fixed
        self.given = given
        self.used = frozenset(used)
        self._staying: set[int] = set()
        self._numbers = numbered_slots(topology)
        self._by_number: dict[int, list[Slot]] = {}
        for (index, slot), number in self._numbers.items():
            self._by_number.setdefault(number, []).append((topology.buses[index], slot))
        self._by_guest_number = {
            (bus.segment, bus.number): bus
            for root in topology.roots
            for bus in topology.below(root)
            if bus.number is not None
        }

    def fix(self, device: Device) -> None:
        """Fix the place of a device from now on."""
        self._staying.add(id(device))

    def bring(self, device: Interface, form: OnPath | OnSlot, name: str, rules: Reasons) -> str | None:
        """Move a device to the place of a name; returns why that is impossible, if so.

        rules: gets the reason of every device that moves, by ``id()``.
        """
        own = self._own_slot(device)
        targets = self._slots_of(form) if own is not None else []
        if own is None or not targets:
            return "the guest has no such slot" if isinstance(form, OnSlot) else "the guest has no such bus and slot"
        target = own if own in targets else next((at for at in targets if not self._problem(own, at)), targets[0])
        problem = self._problem(own, target)
        if problem is not None:
            return problem
        if target != own:
            self._exchange_slots(own, target, device, name, rules)
        return self._to_function(device, target, form.function, name, rules)

    def names_for(self, device: Interface) -> Iterator[str]:
        """The names that the device can have at the places to which it can go."""
        own = self._own_slot(device)
        if device.acpi_index is not None:
            yield f"eno{device.acpi_index}"
        if own is None or device.acpi_index is not None:
            return
        bus, slot = own
        functions = [""] if self.topology.alone(device) else [f"f{number}" for number in sorted(bus.slots[slot])]
        if id(device) in self.fixed:
            yield self._name(bus, slot) + functions[0]
        else:
            for place in self._reachable(own):
                if self._is_shared(own, place):
                    continue
                yield from (self._name(*place) + function for function in functions)
        if self.takes_index(device):
            yield f"eno1 to eno{LAST_INDEX}"

    def wants_more_ports(self, device: Interface, name: str) -> bool:
        """Whether a name is that of a port behind all that there are, which more free ports would give."""
        form, bus = form_of(name), self.topology.bus_of(device)
        if not isinstance(form, OnPath) or bus is None or not bus.is_port or self.topology.root_of(bus).is_expander:
            return False
        if (form.function is None) != self.topology.alone(device):
            return False
        highest = max(number for segment, number in self._by_guest_number if segment == bus.segment)
        return (form.segment, form.slot) == (bus.segment, 0) and highest < form.bus <= LAST_BUS

    def takes_index(self, device: Interface) -> bool:
        """Whether the guest finds an ACPI index of the device where it is now."""
        bus = self.topology.bus_of(device)
        if not self.topology.machine.is_x86 or not self.topology.guest.acpi or bus is None:
            return False
        return bus.hotpluggable and self.topology.alone(device)

    def _reachable(self, own: Slot) -> Iterator[Slot]:
        """The slots to which the devices of a slot can move, those of its root bus last."""
        root = self.topology.root_of(own[0])
        buses = [bus for bus in self.topology.below(root) if bus.takes_endpoints and bus.number is not None]
        for bus in sorted(buses, key=lambda bus: bus is root):
            for slot in range(bus.offer.first, bus.offer.last + 1):
                if (bus, slot) == own or self._blocked(own, (bus, slot)) is None:
                    yield bus, slot

    def _name(self, bus: Bus, slot: int) -> str:
        number = self._numbers.get((bus.index, slot))
        segment = f"P{bus.segment}" if bus.segment else ""
        return f"en{segment}s{number}" if number else f"en{segment}p{bus.number}s{slot}"

    def _slots_of(self, form: OnPath | OnSlot) -> list[Slot]:
        """The slots that a name speaks of, those first whose interface would have the same name if it stayed there."""
        if isinstance(form, OnSlot):
            return sorted(self._by_number.get(form.number, ()), key=lambda place: not _has_interface(place))
        bus = self._by_guest_number.get((form.segment, form.bus))
        return [] if bus is None or not bus.offer.first <= form.slot <= bus.offer.last else [(bus, form.slot)]

    def _is_shared(self, own: Slot, target: Slot) -> bool:
        """Whether another interface is in a slot of the same number once what is in two slots has changed places."""
        number = self._numbers.get((target[0].index, target[1]))
        if number is None:
            return False
        alike = [place for place in self._by_number[number] if place not in (own, target) and _has_interface(place)]
        left = target != own and own in self._by_number[number] and _has_interface(target)
        return bool(alike) or left

    def _own_slot(self, device: Device) -> Slot | None:
        bus, address = self.topology.bus_of(device), device.address
        return (bus, address.slot) if bus is not None and isinstance(address, PciAddress) else None

    def _problem(self, own: Slot, target: Slot) -> str | None:
        """Why what is in one slot cannot have the name of another, which may be the same."""
        blocked = self._blocked(own, target) if target != own else None
        if blocked is None and self._is_shared(own, target):
            return "another interface is in a slot of the same number"
        return blocked

    def _blocked(self, own: Slot, target: Slot) -> str | None:
        """Why the devices of two slots cannot change places."""
        bus, slot = target
        if not bus.takes_endpoints or bus.is_express != own[0].is_express:
            return "the slot is for devices of another kind"
        if self.topology.root_of(bus) is not self.topology.root_of(own[0]):
            return "the slot is below another root or expander bus"
        if any(at == slot for at, _ in self.topology.chipset(bus)):
            return "the chipset has that slot"
        held = bus.slots.get(slot, {})
        if not held and f"{bus.index:02x}:{slot:02x}" in self.used:
            return "the slot was in use before, and must stay empty"
        for device in held.values():
            if self._stays(device):
                return f"{label(device)} is there"
        for device in own[0].slots.get(own[1], {}).values():
            if self._stays(device):
                return f"it shares its slot with {label(device)}"
        return None

    def _stays(self, device: Device) -> bool:
        is_bridge = isinstance(device, Controller) and device.type == "pci"
        return is_bridge or id(device) in self.fixed or id(device) in self._staying

    def _exchange_slots(self, own: Slot, target: Slot, device: Device, name: str, rules: Reasons) -> None:
        here, there = own[0].slots.pop(own[1]), target[0].slots.pop(target[1], {})
        for (bus, slot), functions in ((target, here), (own, there)):
            for other in functions.values():
                assert isinstance(other.address, PciAddress)
                other.address = msgspec.structs.replace(other.address, bus=bus.index, slot=slot)
                rules[id(other)] = (
                    (Rule.FOR_NAME, name) if other is device else (Rule.MADE_WAY, f"{name} of {label(device)}")
                )
            if functions:
                bus.slots[slot] = functions
        self._exchange_hotplug(own[0].controller, target[0].controller)

    def _exchange_hotplug(self, one: Controller, other: Controller) -> None:
        """Exchange the hotplug attributes of new ports, which are about their devices."""
        if one is not other and id(one) not in self.given and id(other) not in self.given:
            one.hotplug, other.hotplug = other.hotplug, one.hotplug

    def _to_function(self, device: Device, slot: Slot, function: int | None, name: str, rules: Reasons) -> str | None:
        """Move a device to a function of its slot; returns why that is impossible, if so."""
        bus, number = slot
        functions = bus.slots[number]
        if function is None:
            return (
                None if self.topology.alone(device) else "the slot has several functions, and their names end in f0, f1"
            )
        if self.topology.alone(device):
            return "it is alone in its slot, so its name has no function; with slot-group devices share a slot"
        address = device.address
        assert isinstance(address, PciAddress)
        if address.function == function:
            return None
        other = functions.get(function)
        if other is None or self._stays(other):
            return f"{label(other)} is there" if other else "the slot has no such function"
        theirs = other.address
        device.address, other.address = theirs, address
        functions[function], functions[address.function] = device, other
        rules[id(device)], rules[id(other)] = (Rule.FOR_NAME, name), (Rule.MADE_WAY, f"{name} of {label(device)}")
        return None


def _has_interface(place: Slot) -> bool:
    return any(isinstance(device, Interface) for device in place[0].slots.get(place[1], {}).values())
