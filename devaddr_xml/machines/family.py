"""The one table of machine families: roots, fixed slots, implied devices and default models."""

from __future__ import annotations

import msgspec


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """A machine type of one architecture, resolved to its family's traits. (Interface; see the table.)

    arch, name: as in ``os/type``. family: i440fx, q35, xenfv, isapc, microvm, arm-virt, versatilepb, realview,
    riscv-virt, loongarch-virt, pseries, s390-ccw, malta, or other.
    pci_root: the model of the PCI controller 0 that the machine brings (pci-root, pcie-root) or none.
    supports_pci: whether PCI addresses are assigned on it at all.
    """

    arch: str
    name: str
    family: str
    pci_root: str | None = None
    supports_pci: bool = True
    builtin_ide: bool = False
    builtin_esp: bool = False

    @property
    def is_x86(self) -> bool:
        """Whether the guest architecture is x86."""
        return self.arch in ("i686", "x86_64")

    @property
    def is_ppc64(self) -> bool:
        """Whether the guest architecture is 64-bit Power."""
        return self.arch in ("ppc64", "ppc64le")

    @property
    def is_s390(self) -> bool:
        """Whether the guest architecture is s390."""
        return self.arch in ("s390", "s390x")
