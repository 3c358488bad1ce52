"""RISC-V machines: virt and others."""

from __future__ import annotations

from msgspec.structs import replace

from devaddr_xml.machines.machine import RISCV, SCSI_MODELS, XHCI_MODELS, Choice, Machine, Row

_RISCV = Machine(
    supports_pci=False, floppies=False, memballoon=True, memballoon_when="memballoon_on_riscv", usb_models=XHCI_MODELS
)

ROWS = (
    Row(
        replace(
            _RISCV,
            family="riscv-virt",
            title="RISC-V virt",
            has=frozenset(("serial 16550a",)),
            pci_root="pcie-root",
            supports_pci=True,
            virtio_mmio=True,
            interface_models=(Choice("virtio"),),
            video_models=(Choice("virtio"),),
            scsi_models=(Choice("virtio-scsi", when="virtio_scsi_on_virt"), *SCSI_MODELS),
            scsi_by_machine=True,
            serial_type="system-serial",
            system_serial_model="16550a",
        ),
        RISCV,
        names=("virt",),
        prefixes=("virt-",),
    ),
    Row(replace(_RISCV, virtio_mmio=True), RISCV, prefixes=("vexpress-",)),
    Row(_RISCV, RISCV),
)
