"""The NUMA cells that ACPI assigns to a host device: each exists, and belongs to one device only."""

from __future__ import annotations

from collections.abc import Iterator

from devaddr_xml.engine.state import State
from devaddr_xml.model.device import Device, Hostdev, Interface

_REMEDY = "Name another cell in <acpi nodeset>, or add one to <numa>"

#: More cells than any guest has.
_MOST = 1 << 12


def check_nodesets(state: State) -> None:
    """Warn of a cell in ``<acpi nodeset>`` that the guest does not have, or that another device has too."""
    cells = {cell.id for cell in state.guest.cells}
    owners: dict[int, Device] = {}
    for device in state.hostdevs:
        if not isinstance(device, Hostdev | Interface) or device.acpi_nodeset is None:
            continue
        for cell in dict.fromkeys(_members(device.acpi_nodeset)):
            if cell not in cells:
                state.journal.warn(
                    f"its acpi nodeset names guest NUMA cell {cell}, and there is no such cell", device, remedy=_REMEDY
                )
            other = owners.setdefault(cell, device)
            if other is not device:
                state.journal.warn(
                    f"its acpi nodeset names guest NUMA cell {cell}, which another device has", device, remedy=_REMEDY
                )


def _members(text: str) -> Iterator[int]:
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if first.isascii() and first.isdigit() and (not last or (last.isascii() and last.isdigit())):
            low, high = int(first[:6]), int((last or first)[:6])
            yield from range(low, min(high, low + _MOST) + 1)
