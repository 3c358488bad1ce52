"""LoongArch machines: virt and others."""

from __future__ import annotations

from msgspec.structs import replace

from devaddr_xml.machines.machine import USB_MODELS, Choice, Machine, Row

_ARCHITECTURES = frozenset(("loongarch64",))

_LOONGARCH = Machine(pci_root="pcie-root", usb_models=(Choice("qemu-xhci", "qemu-xhci"), *USB_MODELS))

ROWS = (
    Row(
        replace(
            _LOONGARCH,
            family="loongarch-virt",
            title="LoongArch virt",
            floppies=False,
            has=frozenset(("serial 16550a",)),
            interface_models=(Choice("virtio"),),
            video_models=(Choice("virtio"),),
            scsi_models=(Choice("virtio-scsi"),),
            scsi_by_machine=True,
            serial_type="system-serial",
            system_serial_model="16550a",
        ),
        _ARCHITECTURES,
        names=("virt",),
        prefixes=("virt-",),
    ),
    Row(_LOONGARCH, _ARCHITECTURES),
)
