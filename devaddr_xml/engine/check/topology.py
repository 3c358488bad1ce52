"""PCI trees that libvirt accepts and QEMU or the guest cannot use: chassis, functions and bus numbers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from devaddr_xml.engine.check.drop_in import is_drop_in
from devaddr_xml.engine.check.refusal import refusal
from devaddr_xml.engine.work import Work
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Controller, Device
from devaddr_xml.model.errors import AddressConflict, DevaddrError, PlacementError
from devaddr_xml.model.naming import label

LAST_BUS_NUMBER = 255

EXPANDERS = frozenset(("pci-expander-bus", "pcie-expander-bus"))
PORTS = frozenset(("pcie-root-port", "pcie-switch-downstream-port"))

#: Bus numbers that an expander itself takes; QEMU puts a bridge into the conventional one.
EXPANDER_NUMBERS = {"pcie-expander-bus": 1, "pci-expander-bus": 2}

#: Slots of bus 0 whose function 0 is a part of the chipset, by machine family.
CHIPSET_SLOTS = {"i440fx": frozenset((0, 1)), "q35": frozenset((0, 0x1F))}


class Finding(NamedTuple):
    """Something unusable: the device, and the error that tells of it."""

    device: Device
    error: DevaddrError


def check_topology(work: Work) -> None:
    """Refuse what cannot be used; under libvirt's own policy, which refuses nothing more than libvirt, warn of it.

    Raises AddressConflict and PlacementError.
    """
    for device, error in topology_findings(work):
        if not is_drop_in(work):
            raise error
        work.journal.warn(_without_device(error), device)


def topology_findings(work: Work) -> Iterator[Finding]:
    """Everything about the PCI trees of a finished guest that QEMU or the guest cannot use."""
    yield from _same_numbers(work)
    yield from _functions(work)
    yield from _bus_numbers(work)


def _without_device(error: DevaddrError) -> str:
    """The text of an error for a notice, which names the device and line itself."""
    return DevaddrError(error.message, other=error.other, other_line=error.other_line, remedy=error.remedy).explanation


def _same_numbers(work: Work) -> Iterator[Finding]:
    """Chassis numbers that two ports have, chassis numbers of two bridges, target indexes of two host bridges."""
    seen: dict[tuple[str, int], Controller] = {}
    for controller in work.controllers:
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


def _functions(work: Work) -> Iterator[Finding]:
    """Functions that the guest does not find, as it looks at function 0 first, and only there if that is not shared."""
    firsts: dict[int, Device] = {}
    others: list[tuple[int, Device, PciAddress]] = []
    for device in work.visit():
        address = device.address
        if type(address) is not PciAddress or address.empty:
            continue
        slot = address.bus << 5 | address.slot
        if address.function:
            others.append((slot, device, address))
        else:
            firsts[slot] = device
    chipset = CHIPSET_SLOTS.get(work.machine.family, ())
    for slot, device, address in others:
        first = firsts.get(slot)
        if first is None:
            if slot not in chipset:
                yield Finding(device, _without_first(device, address))
        elif isinstance(first.address, PciAddress) and first.address.multifunction is False:
            yield Finding(
                first,
                refusal(
                    AddressConflict,
                    "says multifunction='off', and its slot has more functions",
                    first,
                    other=device,
                    remedy="Leave multifunction out",
                ),
            )


def _without_first(device: Device, address: PciAddress) -> DevaddrError:
    return refusal(
        PlacementError,
        f"is function {address.function} of bus {address.bus} slot {address.slot}, which has no function 0: "
        "the guest does not find it",
        device,
        remedy="Put it, or another device, at function 0",
    )


class _Tree(NamedTuple):
    """An expander's tree: its first bus number, and how many numbers the buses in it take."""

    first: int
    size: int
    expander: Controller

    @property
    def last(self) -> int:
        return self.first + self.size - 1


def _bus_numbers(work: Work) -> Iterator[Finding]:
    """Trees whose bus numbers do not fit between their own first and that of the next tree."""
    expanders = [
        controller
        for controller in work.controllers
        if controller.model in EXPANDERS and controller.type == "pci" and controller.bus_nr is not None
    ]
    if not expanders:
        return
    below = _controllers_by_bus(work)
    trees = sorted(
        (_Tree(expander.bus_nr or 0, _numbers(expander, below), expander) for expander in expanders),
        key=lambda tree: (tree.first, tree.expander.index or 0),
    )
    yield from _main_tree(work, trees[0], below)
    for tree, following in pairwise(trees):
        if tree.first == following.first:
            yield Finding(
                following.expander,
                refusal(
                    AddressConflict,
                    f"busNr {tree.first} is used twice",
                    following.expander,
                    other=tree.expander,
                    remedy="Leave busNr out, or give each expander bus its own",
                ),
            )
        elif tree.last >= following.first:
            yield Finding(tree.expander, _overlap(tree, following))
    last = trees[-1]
    if last.last > LAST_BUS_NUMBER:
        yield Finding(
            last.expander,
            refusal(
                PlacementError,
                f"its tree needs {last.size} bus numbers from {last.first}, and the last number is {LAST_BUS_NUMBER}",
                last.expander,
                remedy=f"Use a busNr up to {LAST_BUS_NUMBER + 1 - last.size}",
            ),
        )


def _overlap(tree: _Tree, following: _Tree) -> DevaddrError:
    return refusal(
        AddressConflict,
        f"its tree needs bus numbers {tree.first} to {tree.last}, and that of {label(following.expander)} begins "
        f"at {following.first}",
        tree.expander,
        other=following.expander,
        remedy=f"Use a busNr up to {following.first - tree.size}, or a higher one for the other",
    )


def _main_tree(work: Work, lowest: _Tree, below: dict[int, list[Controller]]) -> Iterator[Finding]:
    root = work.controller("pci", 0)
    if root is None:
        return
    count = _numbers(root, below)
    if count > lowest.first:
        yield Finding(
            lowest.expander,
            refusal(
                AddressConflict,
                f"begins at bus number {lowest.first}, and the buses of the machine's own tree take 0 to {count - 1}",
                lowest.expander,
                other=root,
                remedy=f"Use a busNr of at least {count}",
            ),
        )


def _controllers_by_bus(work: Work) -> dict[int, list[Controller]]:
    below: dict[int, list[Controller]] = {}
    for controller in work.controllers:
        if controller.type == "pci" and isinstance(controller.address, PciAddress) and not controller.address.empty:
            below.setdefault(controller.address.bus, []).append(controller)
    return below


def _numbers(top: Controller, below: dict[int, list[Controller]]) -> int:
    """How many bus numbers the tree under ``top`` takes: each controller in it provides one bus."""
    count = EXPANDER_NUMBERS.get(top.model or "", 1)
    seen = {top.index}
    pending = [top]
    while pending:
        for controller in below.get(pending.pop().index or 0, ()):
            if controller.model not in EXPANDERS and controller.index not in seen:
                seen.add(controller.index)
                count += 1
                pending.append(controller)
    return count
