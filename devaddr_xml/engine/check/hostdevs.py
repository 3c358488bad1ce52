"""Host devices: none can be given to the guest twice."""

from __future__ import annotations

from collections.abc import Hashable

from devaddr_xml.engine.check.refusal import refusal
from devaddr_xml.engine.state import State
from devaddr_xml.model.device import Device, Hostdev, HostSource
from devaddr_xml.model.errors import AddressConflict


def check_hostdevs(state: State) -> None:
    """Refuse a device of the host that is in the guest twice; raises AddressConflict."""
    seen: dict[Hashable, Device] = {}
    for hostdev in state.hostdevs:
        if hostdev.source is None:
            continue
        type_ = hostdev.type if isinstance(hostdev, Hostdev) else hostdev.source_type
        identity = _identity(hostdev.source)
        if identity is None:
            continue
        other = seen.setdefault((type_, identity), hostdev)
        if other is not hostdev:
            raise refusal(
                AddressConflict,
                f"host device {hostdev.source.pci or identity} is given to the guest twice",
                hostdev,
                other=other,
                remedy="Remove one of the two",
            )


def _identity(source: HostSource) -> Hashable | None:
    if source.pci is not None:
        return source.pci.domain, source.pci.bus, source.pci.slot, source.pci.function
    return source.uuid.lower() if source.uuid else source.key
