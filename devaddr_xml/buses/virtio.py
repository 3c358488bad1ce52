"""Which devices are virtio devices, with any transport."""

from __future__ import annotations

from devaddr_xml.model.device import Device
from devaddr_xml.model.kind_rows import KINDS
from devaddr_xml.model.kinds import ANY

VIRTIO_MODELS = frozenset(("virtio", "virtio-transitional", "virtio-non-transitional"))

#: By class of device, the field that decides and its values that mean virtio; ``*`` if all devices are virtio.
_VIRTIO = {kind.device: (kind.virtio[0], frozenset(kind.virtio[1].split())) for kind in KINDS if kind.virtio}


def takes_any_virtio_transport(device: Device) -> bool:
    """Whether libvirt lets the machine choose the transport (PCI, channel or memory-mapped) of ``device``.

    File systems and vsocks are not among these devices: they have a channel transport, but no memory-mapped one.
    """
    row = _VIRTIO.get(type(device))
    return row is not None and (ANY in row[1] or getattr(device, row[0]) in row[1])
