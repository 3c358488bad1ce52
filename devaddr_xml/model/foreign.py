"""A device that the document gives to QEMU directly, without libvirt."""

from __future__ import annotations

import msgspec

#: Drivers of QEMU that are not PCI devices, by prefix, by suffix, and by name.
_BEGINS = (
    *("usb-", "u2f-", "isa-", "ide-", "scsi-", "hda-", "ccid-", "i2c-", "spapr-", "sclp", "virtcon", "virtserial"),
    *("ipmi-bmc", "nvme-", "smbus-", "sd-", "adb-", "tpm-", "at24c", "xlnx", "vhost-user-fs-device"),
)
_ENDS = ("-device", "-ccw", "-cpu", "-loader", "-rng", "_isa")
_NAMES = frozenset(
    (
        *("adlib", "amd-iommu", "cs4231a", "diag288", "floppy", "gus", "hv-syndbg", "i8042", "ib700", "intel-iommu"),
        *("loader", "nvdimm", "pc-dimm", "pc-testdev", "pvpanic", "ramfb", "sb16", "sga", "vfio-ap", "vfio-ccw"),
        *("vfio-platform", "vmcoreinfo", "vmgenid", "vmmouse", "vmbus-bridge", "zpci", "x-terminal3270", "led"),
        *("hyperv-testdev", "vfio-amd-xgbe", "vfio-calxeda-xgmac", "arm-smmuv3", "virtio-mem", "virtio-pmem"),
    )
)
#: PCI devices with such a prefix or suffix.
_PCI = frozenset(("usb-ehci",))

#: Drivers that provide a bus. The name of the bus is their id.
PORTS = frozenset(("pcie-root-port", "ioh3420", "cxl-rp", "xio3130-downstream", "cxl-downstream"))
EXPANDERS = frozenset(("pxb", "pxb-pcie", "pxb-cxl"))
BRIDGES = frozenset(("pci-bridge", "pcie-pci-bridge", "i82801b11-bridge", "x3130-upstream", "cxl-upstream")) | PORTS


class ForeignDevice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="kebab"):
    """One device of QEMU's command line in the document, or another place for one of libvirt's devices.

    driver, id, bus: as QEMU names them. slot 0-31 and function 0-7: its place on the bus; without a slot QEMU takes the
    lowest free one when it starts. multifunction: whether its slot may have more functions. json: whether it is written
    as JSON; QEMU creates these, and libvirt's own devices, after all others. bus_nr: guest bus number, 0-255, of an
    expander bus. chassis: chassis and slot number of a PCIe port.
    overrides: the alias of the libvirt device that has this place. line: from 1.
    """

    driver: str
    id: str | None = None
    bus: str | None = None
    slot: int | None = None
    function: int = 0
    multifunction: bool = False
    json: bool = False
    bus_nr: int | None = None
    chassis: tuple[int, int] | None = None
    overrides: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        if self.overrides:
            return f'the other place of device "{self.overrides}"'
        return f'QEMU device {self.driver} "{self.id}"' if self.id else f"QEMU device {self.driver}"

    @property
    def is_pci(self) -> bool:
        """Whether the device is on PCI if its bus does not decide that."""
        if self.slot is not None or self.driver in _PCI or self.overrides:
            return True
        return not (self.driver in _NAMES or self.driver.startswith(_BEGINS) or self.driver.endswith(_ENDS))
