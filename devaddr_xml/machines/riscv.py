"""RISC-V machines: virt and others."""

from __future__ import annotations

from msgspec.structs import replace

from devaddr_xml.machines.machine import RISCV, Choice, Machine, Row

_RISCV = Machine(supports_pci=False, memballoon=True)

ROWS = (
    Row(
        replace(
            _RISCV,
            family="riscv-virt",
            pci_root="pcie-root",
            supports_pci=True,
            virtio_mmio=True,
            interface_models=(Choice("virtio"),),
            video_models=(Choice("virtio"),),
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
