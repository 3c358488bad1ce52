"""PCI trees that libvirt accepts and QEMU or the guest cannot use: chassis, functions and bus numbers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import msgspec

from devaddr_xml.buses.pci.controllers import PORTS
from devaddr_xml.engine.check.refusal import refusal
from devaddr_xml.engine.pci.numbering import ALL_NUMBERS, expanders_of, tree_widths
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Controller, Device, Hostdev, Interface
from devaddr_xml.model.errors import AddressConflict, DevaddrError, PlacementError
from devaddr_xml.model.naming import label

#: PCI controllers at which an IOMMU can be.
SERVED = frozenset(("pcie-root", "pcie-expander-bus"))


class Finding(msgspec.Struct, frozen=True):
    """A PCI device that QEMU or the guest cannot use, and the error about it."""

    device: Device
    error: DevaddrError


def check_topology(state: State) -> None:
    """Refuse a tree that QEMU or the guest cannot use. Without a policy, only warn of it, since libvirt accepts it.

    Raises AddressConflict and PlacementError.
    """
    findings = list(topology_findings(state))
    if findings and state.rules.unusable_refused:
        raise findings[0].error
    for finding in findings:
        state.journal.warn(_without_device(finding.error), finding.device, remedy=finding.error.remedy)


def topology_findings(state: State) -> Iterator[Finding]:
    """All faults in the PCI trees of a finished guest that QEMU or the guest cannot use."""
    yield from _same_numbers(state)
    yield from _same_firmware_index(state)
    yield from _functions(state)
    yield from _bus_numbers(state)
    yield from _iommus(state)


def _without_device(error: DevaddrError) -> str:
    """The text of an error for a notice, which names the device and line itself."""
    return DevaddrError(error.message, other=error.other, other_line=error.other_line).explanation


def _same_numbers(state: State) -> Iterator[Finding]:
    """Chassis numbers that two ports have, chassis numbers of two bridges, target indexes of two host bridges."""
    seen: dict[tuple[str, int], Controller] = {}
    for controller in state.controllers:
        if controller.type != "pci":
            continue
        if controller.model in PORTS:
            name, number = "chassis", controller.chassis
        elif controller.model == "pci-bridge":
            name, number = "chassisNr", controller.chassis_nr
        elif controller.model == "pci-root":
            name, number = "target index", controller.target_index
        else:
            continue
        if number is None:
            continue
        other = seen.setdefault((name, number), controller)
        if other is not controller:
            yield Finding(
                controller,
                refusal(
                    AddressConflict,
                    f"{name} {number} is used twice",
                    controller,
                    other=other,
                    remedy=f"Leave {name} out, or give each controller its own",
                ),
            )


def _same_firmware_index(state: State) -> Iterator[Finding]:
    """ACPI indexes that two devices have: QEMU does not start with them (hw/acpi/pcihp)."""
    if not (state.interfaces or state.hostdevs):
        return
    seen: dict[int, Device] = {}
    for device in state.guest.devices:
        if not isinstance(device, Interface | Hostdev) or device.acpi_index is None:
            continue
        other = seen.setdefault(device.acpi_index, device)
        if other is not device:
            yield Finding(
                device,
                refusal(
                    AddressConflict,
                    f"acpi index {device.acpi_index} is used twice: QEMU does not start with it",
                    device,
                    other=other,
                    remedy="Give each device its own <acpi index='...'/>",
                ),
            )


def _functions(state: State) -> Iterator[Finding]:
    """Functions in a slot without function 0, where the guest looks first, or beside one without multifunction.

    An s390 guest finds PCI functions by their own identifiers, so slots have no meaning there.
    """
    if state.machine.is_s390:
        return
    firsts: dict[int, Device] = {}
    others: list[tuple[int, Device, PciAddress]] = []
    for device in state.visit():
        address = device.address
        if type(address) is not PciAddress:
            continue
        slot = address.bus << 5 | address.slot
        if not slot and address.empty:
            continue
        if address.function:
            others.append((slot, device, address))
        else:
            firsts[slot] = device
    chipset = state.machine.chipset.first_functions
    told: set[int] = set()
    for slot, device, address in others:
        first = firsts.get(slot)
        if first is None:
            if slot not in chipset:
                yield Finding(device, _without_first(device, address))
        elif slot not in told and isinstance(first.address, PciAddress) and first.address.multifunction is False:
            told.add(slot)
            yield Finding(first, _not_shared(first, device))


def _not_shared(first: Device, other: Device) -> DevaddrError:
    return refusal(
        AddressConflict,
        "has multifunction='off', but its slot has more functions",
        first,
        other=other,
        remedy="Leave multifunction out",
    )


def _without_first(device: Device, address: PciAddress) -> DevaddrError:
    return refusal(
        PlacementError,
        f"is function {address.function} of bus {address.bus} slot {address.slot}, which has no function 0: "
        "the guest does not find it",
        device,
        remedy="Put it, or another device, at function 0",
    )


class _Tree(msgspec.Struct, frozen=True):
    """An expander's tree: its first bus number, and how many it needs."""

    first: int
    size: int
    expander: Controller

    @property
    def end(self) -> int:
        """The first number after the tree."""
        return self.first + self.size


def _bus_numbers(state: State) -> Iterator[Finding]:
    """Trees that need more bus numbers than there are up to the next tree."""
    expanders = [expander for expander in expanders_of(state) if expander.bus_nr is not None]
    if not expanders:
        return
    widths, main = tree_widths(state.controllers, expanders)
    trees = sorted(
        (_Tree(expander.bus_nr or 0, widths[expander.index or 0], expander) for expander in expanders),
        key=lambda tree: (tree.first, tree.expander.index or 0),
    )
    if main > trees[0].first:
        yield Finding(trees[0].expander, _into_main(state, trees[0], main))
    for tree, following in pairwise(trees):
        if tree.first == following.first:
            yield Finding(following.expander, _same_start(tree, following))
        elif tree.end > following.first:
            yield Finding(tree.expander, _overlap(tree, following))
    if trees[-1].end > ALL_NUMBERS:
        yield Finding(trees[-1].expander, _beyond(trees[-1]))


def _into_main(state: State, lowest: _Tree, main: int) -> DevaddrError:
    return refusal(
        AddressConflict,
        f"begins at bus number {lowest.first}, and the buses of the machine's own tree take 0 to {main - 1}",
        lowest.expander,
        other=state.controller("pci", 0),
        remedy=f"Use a busNr of at least {main}",
    )


def _same_start(tree: _Tree, following: _Tree) -> DevaddrError:
    return refusal(
        AddressConflict,
        f"busNr {tree.first} is used twice",
        following.expander,
        other=tree.expander,
        remedy="Leave busNr out, or give each expander bus its own",
    )


def _overlap(tree: _Tree, following: _Tree) -> DevaddrError:
    return refusal(
        AddressConflict,
        f"its tree needs bus numbers {tree.first} to {tree.end - 1}, and that of {label(following.expander)} begins "
        f"at {following.first}",
        tree.expander,
        other=following.expander,
        remedy=f"Use a busNr up to {following.first - tree.size}, or a higher one for the other",
    )


def _beyond(tree: _Tree) -> DevaddrError:
    return refusal(
        PlacementError,
        f"its tree needs {tree.size} bus numbers from {tree.first}, and the last number is {ALL_NUMBERS - 1}",
        tree.expander,
        remedy=f"Use a busNr up to {ALL_NUMBERS - tree.size}",
    )


def _iommus(state: State) -> Iterator[Finding]:
    """IOMMUs that serve no tree of PCI buses, or a tree that another IOMMU already serves (QEMU arm-smmuv3)."""
    seen: dict[int | None, Device] = {}
    for iommu in state.iommus:
        if iommu.model != "smmuv3":
            continue
        index = iommu.pci_bus
        other = seen.setdefault(index, iommu)
        root = state.controller("pci", index) if index is not None else None
        if other is not iommu:
            whole = "the whole machine" if index is None else f"PCI controller {index}"
            yield Finding(
                iommu,
                refusal(
                    AddressConflict,
                    f"serves {whole}, which another IOMMU serves already",
                    iommu,
                    other=other,
                    remedy="Give each its own pciBus",
                ),
            )
        elif index is not None and (root is None or root.model not in SERVED):
            what = "is not there" if root is None else f"is a {root.model}"
            yield Finding(
                iommu,
                refusal(
                    PlacementError,
                    f"serves PCI controller {index}, which {what}; it has to be a PCI root or an expander bus",
                    iommu,
                    remedy="Set pciBus to the index of a pcie-root or pcie-expander-bus",
                ),
            )
