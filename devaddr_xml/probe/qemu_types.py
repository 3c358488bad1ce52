"""Which of QEMU's types and properties stand for which ability; the abilities carry libvirt's names."""

from __future__ import annotations

#: Abilities whose type in QEMU has the same name.
_SAME_NAME = """
    AC97 acpi-erst acpi-generic-initiator am53c974 amd-iommu bochs-display cirrus-vga dc390 diag288 e1000 e1000e
    ES1370
    i6300esb i8042 i82801b11-bridge ib700 ich9-ahci ich9-intel-hda ich9-usb-ehci1 igb intel-hda intel-iommu ioh3420
    isa-debugcon ivshmem-doorbell ivshmem-plain megasas mptsas1068 nec-usb-xhci nvdimm nvme nvme-ns pc-dimm
    pci-bridge pci-ohci pci-serial pcie-pci-bridge pcie-root-port piix3-usb-uhci piix4-usb-uhci pvpanic pvpanic-pci
    pvscsi pxb pxb-pcie qemu-xhci qxl ramfb rtl8139 sgx-epc spapr-pci-host-bridge spapr-tpm-proxy spapr-vlan
    spapr-vty tpm-crb tpm-spapr tpm-tis tpm-tis-device usb-audio usb-bot usb-ehci usb-hub usb-kbd usb-mtp usb-net
    usb-redir usb-serial usb-storage vfio-ap vfio-ccw vfio-pci VGA vhost-scsi virtio-gpu-gl-pci virtio-iommu-pci
    virtio-mem-ccw virtio-mem-pci virtio-mmio virtio-pmem-pci virtio-vga virtio-vga-gl vmware-svga vmxnet3
    vt82c686b-usb-uhci x3130-upstream xio3130-downstream zpci
"""

#: Ability to the type of QEMU that it needs.
TYPE_OF_FLAG: dict[str, str] = {name: name for name in _SAME_NAME.split()} | {
    "ccid-emulated": "ccid-card-emulated",
    "ccid-passthru": "ccid-card-passthru",
    "lsi": "lsi53c895a",
    "nvram": "spapr-nvram",
    "vhost-vsock": "vhost-vsock-device",
    "virtio-balloon": "virtio-balloon-device",
    "virtio-ccw": "virtual-css-bridge",
    "virtio-crypto": "virtio-crypto-device",
    "virtio-gpu": "virtio-gpu-device",
    "virtio-input-host": "virtio-input-host-device",
    "virtio-keyboard": "virtio-keyboard-device",
    "virtio-mouse": "virtio-mouse-device",
    "virtio-net": "virtio-net-device",
    "virtio-pci-non-transitional": "virtio-blk-pci-non-transitional",
    "virtio-rng": "virtio-rng-device",
    "virtio-scsi-pci": "virtio-scsi-device",
    "virtio-serial": "virtio-serial-device",
    "virtio-sound": "virtio-sound-device",
    "virtio-tablet": "virtio-tablet-device",
}

#: Ability to the device type and the property of it that it needs.
PROPERTY_OF_FLAG: dict[str, tuple[str, str]] = {
    "intel-iommu.eim": ("intel-iommu", "eim"),
    "intel-iommu.intremap": ("intel-iommu", "intremap"),
    "piix4.acpi-root-pci-hotplug": ("PIIX4_PM", "acpi-root-pci-hotplug"),
    "scsi-disk.channel": ("scsi-hd", "channel"),
}

#: Ability to the property that a machine type needs to have.
MACHINE_PROPERTY_OF_FLAG: dict[str, str] = {"machine-i8042-opt": "i8042"}

#: Every ability that a QEMU binary can be asked about.
ASKED_FLAGS = frozenset(TYPE_OF_FLAG) | frozenset(PROPERTY_OF_FLAG) | frozenset(MACHINE_PROPERTY_OF_FLAG)

#: QEMU's name of a target architecture to libvirt's, where they differ.
ARCHITECTURE_OF_TARGET = {"i386": "i686", "arm": "armv7l"}

#: Abilities that QEMU has had only since this version, as its change log says.
FIRST_VERSION = {
    "igb": (8, 0, 0),
    "machine-i8042-opt": (7, 0, 0),
    "virtio-mem-ccw": (10, 0, 0),
    "virtio-sound": (8, 2, 0),
}


def flags_newer_than(version: tuple[int, int, int]) -> frozenset[str]:
    """The abilities that a QEMU of this version does not have yet."""
    return frozenset(flag for flag, first in FIRST_VERSION.items() if version < first)


#: The machine that libvirt takes for a guest that names none, where QEMU's own default is another or none at all.
PREFERRED_MACHINES = {
    "aarch64": "virt",
    "armv6l": "integratorcp",
    "armv7l": "virt",
    "armv7b": "virt",
    "i686": "pc",
    "loongarch64": "virt",
    "riscv32": "virt",
    "riscv64": "virt",
    "x86_64": "pc",
}
