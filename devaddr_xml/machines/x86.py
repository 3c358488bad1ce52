"""x86 machines: i440fx, q35, Xen, ISA PC, microvm and others."""

from __future__ import annotations

from msgspec.structs import replace

from devaddr_xml.machines.chipset import Chipset, Favour, Pin
from devaddr_xml.machines.machine import ANY_USB, INPUT_BUSES, NO_USB, X86, Choice, Machine, Row, UsbSet
from devaddr_xml.model.usb2 import USB2_SET

_X86 = Machine(
    title="x86",
    has=frozenset(("panic hyperv", "tpm tpm-crb")),
    usb=ANY_USB,
    memballoon=True,
    ps2_when="x86_has_ps2",
    panic_model="isa",
    serial_type="isa-serial",
    usb_models=(Choice("piix3-uhci", "piix3-usb-uhci"),),
    input_buses=(("mouse", "ps2"), ("keyboard", "ps2"), *INPUT_BUSES),
)

_Q35_USB = (
    UsbSet((("qemu-xhci", None),), needs="qemu-xhci"),
    UsbSet((("nec-xhci", None),), needs="nec-usb-xhci"),
    UsbSet(tuple([(member.model, member.first_port) for member in USB2_SET]), needs="ich9-usb-ehci1"),
)

_PIIX3 = Chipset(
    pins=(
        Pin("ide", 0, (), 0x01, 1, True),
        Pin("usb", 0, ("piix3-uhci", None), 0x01, 2, True),
    ),
    own=((0x01, 0, "the PIIX3 ISA bridge"), (0x01, 3, "the PIIX3 power management")),
    video_slot=0x02,
    kept=(0x01, 0x02),
)

_ICH9 = Chipset(
    pins=(Pin("sata", 0, (), 0x1F, 2, False),),
    favours=(
        Favour("usb", "ich9-uhci1", (0x1D, 0x1A), True),
        Favour("pci", "dmi-to-pci-bridge", (0x1E,), False),
    ),
    own=((0x1F, 0, "the ICH9 ISA bridge"), (0x1F, 3, "the ICH9 SMBus")),
    video_slot=0x01,
    sound="ich9",
    sound_slot=0x1B,
    express=True,
    kept=(0x01, 0x1B, 0x1D, 0x1F),
)

#: The watchdog of the q35 chipset.
_Q35_WATCHDOG = (Choice("itco", when="chipset_watchdog"),)

#: The IOMMU that more than 255 vCPUs need.
_Q35_IOMMU = (Choice("intel", when="iommu_for_many_vcpus"),)

#: Machines without a PCI bus.
_BUSLESS = "pci_devices_without_bus"
_MICROVM_USB = (UsbSet(((None, None),), when=_BUSLESS),)

ROWS = (
    Row(
        replace(
            _X86,
            family="q35",
            title="q35",
            chipset=_ICH9,
            pcihole64=True,
            fdc_device=True,
            has=_X86.has | {"watchdog itco", "iommu intel", "iommu amd", "iommu virtio"},
            pci_root="pcie-root",
            usb=_Q35_USB,
            sata=True,
            watchdog=_Q35_WATCHDOG,
            ps2=True,
            pcie_expander=True,
            vcpus_iommu=_Q35_IOMMU,
        ),
        X86,
        names=("q35",),
        prefixes=("pc-q35-",),
    ),
    Row(
        replace(
            _X86,
            family="i440fx",
            title="i440fx",
            chipset=_PIIX3,
            pci_root="pci-root",
            builtin_ide=True,
            ps2=True,
            pci_expander=True,
            pcihole64=True,
            has=_X86.has | {"watchdog ib700"},
        ),
        X86,
        names=("pc",),
        prefixes=("pc-0.", "pc-1.", "pc-i440fx-", "rhel"),
    ),
    Row(replace(_X86, family="xenfv", takes_pci_root=True, ps2=True), X86, names=("xenfv",), prefixes=("xenfv-",)),
    Row(replace(_X86, family="isapc", usb=NO_USB, memballoon_when=_BUSLESS, ps2=True), X86, names=("isapc",)),
    Row(replace(_X86, family="microvm", usb=_MICROVM_USB, memballoon_when=_BUSLESS), X86, names=("microvm",)),
    Row(replace(_X86, pci_expected=True), X86),
)
