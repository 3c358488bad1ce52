"""Which devices speak virtio, whatever transport carries them."""

from __future__ import annotations

from devaddr_xml.model.device import Device

VIRTIO_MODELS = frozenset(("virtio", "virtio-transitional", "virtio-non-transitional"))

#: Device kind, to the field that tells and the values of it that mean virtio; no field where all of them do.
_VIRTIO: dict[str, tuple[str, frozenset[str]] | None] = {
    "disk": ("bus", frozenset(("virtio",))),
    "interface": ("model", VIRTIO_MODELS),
    "video": ("model", frozenset(("virtio",))),
    "input": ("bus", frozenset(("virtio",))),
    # libvirt asks only for the type: a SCSI controller of any model counts
    "controller": ("type", frozenset(("virtio-serial", "scsi"))),
    "hostdev": ("type", frozenset(("scsi_host",))),
    "memballoon": ("model", VIRTIO_MODELS),
    "rng": None,
    "memory": ("model", frozenset(("virtio-mem", "virtio-pmem"))),
    "crypto": None,
    "sound": ("model", frozenset(("virtio",))),
}


def takes_any_virtio_transport(device: Device) -> bool:
    """Whether libvirt lets the machine choose the transport (PCI, channel or memory-mapped) of ``device``.

    File systems and vsocks are not among them: they have a channel transport, but no memory-mapped one.
    """
    if device.kind not in _VIRTIO:
        return False
    row = _VIRTIO[device.kind]
    return row is None or getattr(device, row[0]) in row[1]
