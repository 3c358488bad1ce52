"""The passed-through PCI devices of a guest, and what the facts know of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from devaddr_xml.engine.state import State
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Device, Hostdev, Interface
from devaddr_xml.model.errors import HintError
from devaddr_xml.model.naming import label

if TYPE_CHECKING:
    from devaddr_xml.engine.hints.merge import Hinted


def host_address(device: Device) -> PciAddress | None:
    """The address on the host of a device that is a passed-through PCI device."""
    if isinstance(device, Interface):
        is_pci = device.type == "hostdev" and device.source_type == "pci"
    else:
        is_pci = isinstance(device, Hostdev) and device.type == "pci" and device.mode == "subsystem"
    return device.source.pci if is_pci and device.source else None  # type: ignore[attr-defined]


def passed_through(state: State) -> Iterator[tuple[Interface | Hostdev, str]]:
    """Every passed-through PCI device with its host address."""
    for device in state.hostdevs:
        if (source := host_address(device)) is not None:
            yield device, str(source)


def isolation_groups(state: State) -> dict[int, int]:
    """The isolation group of each host device, by ``id()``: its IOMMU group + 1 (pSeries only)."""
    groups: dict[int, int] = {}
    if not state.machine.host_bridges:
        return groups
    for device in state.hostdevs:
        if isinstance(device, Interface):
            is_pci = device.source_type == "pci"
        else:
            is_pci = device.type == "pci" and device.mode == "subsystem"
        source = device.source.pci if is_pci and device.source else None
        facts = state.host.pci.get(str(source)) if source else None
        if facts is not None and facts.iommu_group is not None:
            groups[id(device)] = facts.iommu_group + 1
    return groups


def has_place(device: Device) -> bool:
    """Whether the device has an address already."""
    return device.address is not None and not (isinstance(device.address, PciAddress) and device.address.empty)


_REMEDY = "Pass the facts of the host on which the guest runs (--host, devaddr-xml probe --sysfs)"

#: Hints that give a device a place of its own, whatever place it has on the host.
OWN_PLACE = ("placement", "bus", "slot_group", "bus_group", "own_bus")


def refuse_unknown(state: State, all_hinted: Iterable[Hinted]) -> None:
    """Raise HintError for a device that the facts do not know; a warning unless ``numa="strict"``.

    A device that has its place, or whose hints say where it goes, needs no facts.
    """
    own = {
        id(hinted.device)
        for hinted in all_hinted
        if any(getattr(hinted.hints, name) is not None for name in ("node", *OWN_PLACE))
    }
    for device, address in passed_through(state):
        if has_place(device) or address in state.host.pci or id(device) in own:
            continue
        known = f"they know {len(state.host.pci)} devices" if state.host.pci else "there are none"
        message = f"the host facts do not know the host device {address}: {known}"
        if state.tunables.numa == "strict":
            raise HintError(
                message,
                device=label(device),
                line=device.line,
                remedy=_REMEDY,
            )
        state.journal.warn(message, device, remedy=_REMEDY)
