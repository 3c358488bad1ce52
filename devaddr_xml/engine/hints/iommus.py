"""Which bus each ``smmuv3`` serves: one for each expander bus with host devices, or as its hint says."""

from __future__ import annotations

from copy import copy

from devaddr_xml.buses.pci.controllers import EXPANDERS
from devaddr_xml.engine.hints.host_devices import passed_through
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import SMMU, Controller, Device, Iommu
from devaddr_xml.model.errors import HintError, Unsupported
from devaddr_xml.model.events import Chosen, Rule
from devaddr_xml.model.naming import label, only_one, references
from devaddr_xml.model.policy import Policy

_TUNABLE = 'iommu="per-root-complex"'


def serve_buses(state: State) -> None:
    """Fill in the bus of every smmuv3, and add those that are missing; raises HintError where there can be none."""
    _follow_hints(state)
    if state.tunables.iommu == "per-root-complex":
        _one_for_each(state)


def _follow_hints(state: State) -> None:
    table: dict[str, list[Device]] | None = None
    for iommu in state.iommus:
        ref = iommu.hints.pci_bus_of if iommu.hints else None
        if ref is None:
            continue
        _require_release(state, iommu, f'pci-bus-of="{ref}"')
        table = references(state.guest.devices) if table is None else table
        device = only_one(table, ref)
        if device is None or not isinstance(device.address, PciAddress):
            reason = "does not name exactly one device" if device is None else "names a device that is on no PCI bus"
            raise _error(f'pci-bus-of="{ref}" {reason}', iommu, "Name a PCI device by its alias or host address")
        index = _top(state, device).index or 0
        if iommu.pci_bus not in (None, index):
            message = f'pci-bus-of="{ref}" means pciBus {index}, and the <driver> says pciBus {iommu.pci_bus}'
            raise _error(message, iommu, "Remove one of the two")
        if iommu.pci_bus is None:
            iommu.pci_bus = index
            state.journal.note(iommu, Chosen("pciBus", index), Rule.SMMU_OF_HINT, "hint")


def _one_for_each(state: State) -> None:
    buses = sorted({index for device, _ in passed_through(state) if (index := _expander(state, device)) is not None})
    if not buses:
        return
    given = [iommu for iommu in state.iommus if iommu.model == SMMU]
    if not given:
        _cannot_be(state, f"there is no <iommu model='{SMMU}'> to copy")
        return
    if not state.rules.several_iommus:
        _cannot_be(state, "it needs libvirt 11.10 or newer")
        return
    served = _served(given, buses)
    for iommu in given:
        if id(iommu) not in served.values():
            free = next((index for index in buses if index not in served), None)
            if free is None:
                break
            served[free] = id(iommu)
            iommu.pci_bus = free
            state.journal.note(iommu, Chosen("pciBus", free), Rule.SMMU_OF_FREE_EXPANDER, "policy")
    for index in buses:
        if index not in served:
            _add(state, given[0], index)


def _served(given: list[Iommu], buses: list[int]) -> dict[int, int]:
    """The expander buses that have their smmuv3 already, with its ``id()``."""
    served: dict[int, int] = {}
    for iommu in given:
        if iommu.pci_bus in buses:
            served.setdefault(iommu.pci_bus, id(iommu))
    return served


def _add(state: State, pattern: Iommu, index: int) -> None:
    iommu = copy(pattern)
    iommu.pci_bus, iommu.alias, iommu.hints, iommu.line = index, None, None, None
    state.iommus.append(iommu)
    state.record_addition(iommu, Rule.SMMU_OF_EXPANDER, "policy")


def _cannot_be(state: State, reason: str) -> None:
    message = f"{_TUNABLE} cannot be met: {reason}"
    if state.tunables.numa == "strict":
        line = (state.guest.policy or Policy()).line
        raise HintError(message, device="policy", line=line, remedy='numa="prefer" turns this into a warning')
    state.journal.warn(message, line=(state.guest.policy or Policy()).line)


def _require_release(state: State, iommu: Iommu, what: str) -> None:
    if not state.rules.several_iommus:
        raise Unsupported(
            f"{what} needs the pciBus of libvirt 11.10 or newer",
            device=label(iommu),
            line=iommu.line,
            remedy="Name a newer libvirt (--libvirt-version), or remove the hint",
        )


def _expander(state: State, device: Device) -> int | None:
    if not isinstance(device.address, PciAddress) or device.address.empty:
        return None
    top = _top(state, device)
    return top.index if top.model in EXPANDERS else None


def _top(state: State, device: Device) -> Controller:
    """The expander bus or root above a device."""
    assert isinstance(device.address, PciAddress)
    buses = {c.index or 0: c for c in state.controllers if c.type == "pci"}
    bus, seen = device.address.bus, set[int]()
    while True:
        controller = buses[bus]
        seen.add(bus)
        if controller.model in EXPANDERS or not isinstance(controller.address, PciAddress):
            return controller
        bus = controller.address.bus
        if bus in seen or bus not in buses:
            return controller


def _error(message: str, iommu: Iommu, remedy: str) -> HintError:
    return HintError(message, device=label(iommu), line=iommu.line, remedy=remedy)
