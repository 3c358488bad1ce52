"""Arm machines: virt, versatilepb, realview boards and others."""

from __future__ import annotations

from msgspec.structs import replace

from devaddr_xml.machines.machine import ARM, SCSI_MODELS, USB_MODELS, XHCI_MODELS, Choice, Machine, Row, UsbSet

_AARCH64 = frozenset(("aarch64",))
_ARM32 = ARM - _AARCH64
_ARMV6L = frozenset(("armv6l",))
#: libvirt does not count big-endian armv7b among those with a virt machine.
_WITH_VIRT = ARM - {"armv7b"}

_ARM = Machine(supports_pci=False, floppies=False, interface_models=(Choice("lan9118"),))

_VIRT = replace(
    _ARM,
    family="arm-virt",
    pcihole64=True,
    pcihole64_when="pcihole_on_arm_virt",
    title="Arm virt",
    has=frozenset(("iommu smmuv3", "iommu virtio", "serial pl011")),
    pci_root="pcie-root",
    supports_pci=True,
    pcie_expander=True,
    virtio_mmio=True,
    interface_models=(Choice("virtio"),),
    video_models=(Choice("virtio"),),
    scsi_models=(Choice("virtio-scsi", when="virtio_scsi_on_virt"), *SCSI_MODELS),
    scsi_by_machine=True,
    usb_models=XHCI_MODELS,
    panic_model="pvpanic",
    serial_type="system-serial",
    system_serial_model="pl011",
)
_VERSATILEPB = replace(
    _ARM,
    family="versatilepb",
    pci_root="pci-root",
    pci_root_when="versatilepb_pci",
    supports_pci=True,
    usb=(
        UsbSet((("qemu-xhci", None),), needs="qemu-xhci", when="usb_models_by_board"),
        UsbSet((("pci-ohci", None),), when="versatilepb_pci"),
    ),
    interface_models=(Choice("scm91c111"),),
    usb_models=XHCI_MODELS,
)
_REALVIEW = replace(_ARM, family="realview", usb=(UsbSet((("pci-ohci", None),), when="realview_usb"),))
_REALVIEW_EB = replace(
    _REALVIEW,
    pci_root="pci-root",
    pci_root_when="realview_eb_pci",
    usb_models=XHCI_MODELS,
    usb=(*_REALVIEW.usb, UsbSet((("qemu-xhci", None),), when="realview_eb_pci")),
)
_VEXPRESS = replace(_ARM, virtio_mmio=True)

_BOARDS = (
    Row(replace(_VIRT, pci_root_when="armv6l_virt_pci"), _ARMV6L, names=("virt",), prefixes=("virt-",)),
    Row(_VIRT, _WITH_VIRT, names=("virt",), prefixes=("virt-",)),
    Row(replace(_VERSATILEPB, pci_root_when=None), _ARMV6L, names=("versatilepb",)),
    Row(_VERSATILEPB, ARM, names=("versatilepb",)),
    Row(_REALVIEW_EB, ARM, names=("realview-eb", "realview-eb-mpcore")),
    Row(_REALVIEW, ARM, prefixes=("realview",)),
    Row(_VEXPRESS, _WITH_VIRT, prefixes=("vexpress-",)),
    Row(_ARM, ARM),
)

_AARCH64_USB_MODELS = (Choice("qemu-xhci", "qemu-xhci"), Choice("nec-xhci", "nec-usb-xhci"), *USB_MODELS)

ROWS = (
    *(
        replace(row, traits=replace(row.traits, usb_models=_AARCH64_USB_MODELS), architectures=_AARCH64)
        for row in _BOARDS
        if row.architectures & _AARCH64
    ),
    *(replace(row, architectures=row.architectures & _ARM32) for row in _BOARDS),
)
