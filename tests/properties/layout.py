"""Reads a finished layout back from the guest alone, knowing nothing of how it was made."""

from __future__ import annotations

from collections import defaultdict

from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Controller, Device
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.naming import own_name
from devaddr_xml.model.policy import LIBVIRT_TUNABLES

PORTS = ("pcie-root-port", "pcie-switch-downstream-port")
EXPANDERS = ("pci-expander-bus", "pcie-expander-bus")
CONVENTIONAL = ("pci-root", "pci-bridge", "pci-expander-bus", "pcie-to-pci-bridge", "dmi-to-pci-bridge")


class Layout:
    def __init__(self, guest: Guest) -> None:
        self.guest = guest
        #: libvirt's own layout marks a lone port as multifunction once another joins its slot.
        self.plain = guest.policy is None or guest.policy.tunables() == LIBVIRT_TUNABLES
        self.buses: dict[int, Controller] = {}
        self.on: dict[int, list[Device]] = defaultdict(list)
        for device in guest.devices:
            if isinstance(device, Controller) and device.type == "pci":
                assert device.index is not None
                assert device.index not in self.buses, "an index twice"
                self.buses[device.index] = device
        for device in guest.devices:
            if isinstance(device.address, PciAddress):
                self.on[device.address.bus].append(device)

    def chain(self, device: Device) -> list[Controller]:
        """The controllers above a device, nearest first."""
        chain: list[Controller] = []
        address = device.address
        while isinstance(address, PciAddress):
            controller = self.buses[address.bus]
            assert controller not in chain, "a loop"
            chain.append(controller)
            address = controller.address
        return chain

    def node(self, device: Device) -> int | None:
        for controller in self.chain(device):
            if controller.model in EXPANDERS or controller.model == "pci-root":
                return controller.node
        return None

    def top(self, device: Device) -> Controller:
        chain = self.chain(device)
        return next((c for c in chain if c.model in EXPANDERS), chain[-1])

    def port(self, device: Device) -> Controller | None:
        return next((c for c in self.chain(device) if c.model in PORTS), None)

    def free_ports(self) -> list[Controller]:
        return [c for i, c in self.buses.items() if c.model in PORTS and not self.on[i] and c.hotplug is not False]

    def free_slots(self, node: int | None = None) -> int:
        total = 0
        for index, controller in self.buses.items():
            if controller.model not in ("pci-root", "pci-bridge", "pci-expander-bus"):
                continue
            probe = [c for c in [controller, *self.chain(controller)] if c.model in EXPANDERS or c.model == "pci-root"]
            if (probe[0].node if probe else None) != node:
                continue
            first = 0 if controller.model == "pci-expander-bus" else 1
            total += 32 - first - len({d.address.slot for d in self.on[index]})
        return total

    def places(self) -> dict[str, str]:
        return {f"{d.kind} {getattr(d, 'type', '')} {key(d)}": str(d.address) for d in self.guest.devices if d.address}

    def check_slots(self) -> None:
        """No place twice, function 0 wherever there is another, and only on controllers that exist."""
        seen: dict[tuple[int, int, int], Device] = {}
        chipset = {("q35", 0x1F), ("pc", 0x01)}
        for bus, devices in self.on.items():
            assert bus in self.buses
            for device in devices:
                place = (bus, device.address.slot, device.address.function)
                assert place not in seen, f"{device} and {seen[place]}"
                seen[place] = device
        for bus, slot, function in seen:
            if function and not (bus == 0 and (self.guest.machine, slot) in chipset):
                first = seen.get((bus, slot, 0))
                assert first is not None, f"function {function} without function 0 at {bus}:{slot}"
                assert first.address.multifunction is True

    def check_bus_numbers(self) -> None:
        """The ranges of expander buses are wide enough and do not overlap."""
        widths = {i: 2 if c.model == "pci-expander-bus" else 1 for i, c in self.buses.items() if c.model in EXPANDERS}
        main = 1
        for index, controller in self.buses.items():
            if index == 0 or controller.model in EXPANDERS or controller.model == "pci-root":
                continue
            top = self.top(controller)
            if top.model in EXPANDERS:
                widths[top.index] += 1
            else:
                main += 1
        ranges = sorted((self.buses[i].bus_nr, self.buses[i].bus_nr + width) for i, width in widths.items())
        end = main
        for first, last in ranges:
            assert first >= end
            end = last
        assert end <= 256


def key(device: Device) -> str:
    return own_name(device) or str(device.alias)
