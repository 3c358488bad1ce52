"""What a machine type has and does when the domain does not say: the fields of the tables."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from devaddr_xml.machines.chipset import NO_CHIPSET, Chipset
from devaddr_xml.model.capabilities import Capabilities

X86 = frozenset(("i686", "x86_64"))
ARM = frozenset(("armv6l", "armv7l", "armv7b", "aarch64"))
PPC64 = frozenset(("ppc64", "ppc64le"))
S390 = frozenset(("s390", "s390x"))
RISCV = frozenset(("riscv32", "riscv64"))
MIPS = frozenset(("mips", "mipsel", "mips64", "mips64el"))


#: More vCPUs than these need an IOMMU that remaps interrupts (x86).
MOST_PLAIN_VCPUS = 255


class Choice(msgspec.Struct, frozen=True):
    """A model that is taken when QEMU has the ability ``needs`` and the rules answer the question ``when`` with yes.

    unless: a question that they have to answer with no.
    """

    model: str
    needs: str | None = None
    when: str | None = None
    unless: str | None = None

    def possible(self, caps: Capabilities, rules: object) -> bool:
        """Whether this QEMU and the rules of the guest allow the choice."""
        return (self.needs is None or caps.has(self.needs)) and applies(rules, self.when, self.unless)


def applies(rules: object, when: str | None, unless: str | None = None) -> bool:
    """Whether the rules answer the question ``when`` with yes, and ``unless`` with no; unset: no such condition."""
    return (when is None or bool(getattr(rules, when))) and not (unless is not None and getattr(rules, unless))


def first_possible(choices: Iterable[Choice], caps: Capabilities, rules: object) -> str | None:
    """The first model that is possible; none if there is no such model."""
    return next((choice.model for choice in choices if choice.possible(caps, rules)), None)


class UsbSet(msgspec.Struct, frozen=True):
    """USB controllers that a machine brings together: model and, for a companion, the first port of its master.

    A model that is unset is chosen as for a controller that was written without one. needs, when, unless: as of a
    choice.
    """

    controllers: tuple[tuple[str | None, int | None], ...]
    needs: str | None = None
    when: str | None = None
    unless: str | None = None

    def possible(self, caps: Capabilities, rules: object) -> bool:
        """Whether this QEMU and the rules of the guest allow the set."""
        return (self.needs is None or caps.has(self.needs)) and applies(rules, self.when, self.unless)


NO_USB: tuple[UsbSet, ...] = ()
ANY_USB = (UsbSet(((None, None),)),)
OHCI_USB = (UsbSet((("pci-ohci", None),)),)

USB_MODELS = (Choice("piix3-uhci", "piix3-usb-uhci"), Choice("pci-ohci", "pci-ohci"))
#: Of boards for which libvirt knows the model.
OHCI_MODELS = (Choice("pci-ohci", "pci-ohci", when="usb_models_by_board"), *USB_MODELS)
XHCI_MODELS = (Choice("qemu-xhci", "qemu-xhci", when="usb_models_by_board"), *USB_MODELS)
SCSI_MODELS = (Choice("lsilogic", "lsi"), Choice("virtio-scsi", "virtio-scsi-pci"))
INTERFACE_MODELS = (
    Choice("rtl8139", "rtl8139"),
    Choice("e1000", "e1000"),
    Choice("virtio", "virtio-net"),
    Choice("rtl8139"),
)
VIDEO_MODELS = (Choice("cirrus", "cirrus-vga"), Choice("vga", "VGA"))
INPUT_BUSES: tuple[tuple[str, str | None], ...] = (("passthrough", "virtio"), ("evdev", None))


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """A machine type of one architecture, resolved to its family's traits.

    arch, name: as in ``os/type``. family: i440fx, q35, xenfv, isapc, microvm, arm-virt, versatilepb, realview,
    riscv-virt, loongarch-virt, pseries, s390-ccw, malta, or other.

    What it brings:
    pci_root: the model of PCI controller 0 (pci-root, pcie-root) or none; pci_root_needs: the ability of QEMU
    without which there is no root; pci_root_when: the question to which the rules must say yes. usb: USB
    controllers with index 0, the first set that QEMU and the rules allow. sata: SATA controller 0. memballoon,
    panic: such a device; memballoon_when: the question to which the rules must say yes. usb_inputs: USB keyboard
    and mouse beside graphics. watchdog: its model.

    chipset: what it keeps on PCI bus 0. has: devices that exist only on machines that say so: the kind, and the model
    or target type where not all of the kind are meant. title: how a message calls such machines.

    What it is able to do:
    supports_pci: whether PCI addresses are assigned on it at all. pci_expected: libvirt takes it to have a PCI root,
    and it brings none. takes_pci_root: it has PCI by the root that the domain brings, with any release. builtin_ide,
    builtin_esp: has that disk controller. ps2: has PS/2 ports where QEMU does; ps2_when: a question; where the rules
    say yes to it, it is taken to have them. pci_expander, pcie_expander: takes expander buses. host_bridges: takes
    several PCI roots. virtio_mmio: has memory-mapped virtio transports. ccw: has channel devices. spapr_vio: has the
    pSeries virtual I/O bus. pcihole64: the 64-bit hole of its PCI root can be set, where the rules say yes to
    pcihole64_when. floppies: has a floppy controller; fdc_device: one that QEMU needs an argument for.
    parallel_ports: has parallel ports. vcpus_iommu: the IOMMU that it brings where vCPUs are so many that they need
    one.

    Models and buses of devices that do not name theirs; for those with several choices the first possible one counts:
    interface_models, video_models, scsi_models (scsi_by_machine: whatever other SCSI controllers are), usb_models
    (usb_model_unaddressed: of a USB controller without address), panic_model, tpm_model, serial_type,
    system_serial_model, input_buses by type (unset: no bus), else input_bus.
    """

    arch: str = ""
    name: str = ""
    family: str = "other"
    title: str = ""

    pci_root: str | None = None
    pci_root_needs: str | None = None
    pci_root_when: str | None = None
    usb: tuple[UsbSet, ...] = NO_USB
    sata: bool = False
    memballoon: bool = False
    memballoon_when: str | None = None
    panic: bool = False
    usb_inputs: bool = False
    watchdog: tuple[Choice, ...] = ()

    chipset: Chipset = NO_CHIPSET
    has: frozenset[str] = frozenset()

    supports_pci: bool = True
    pci_expected: bool = False
    takes_pci_root: bool = False
    pcihole64: bool = False
    pcihole64_when: str | None = None
    floppies: bool = True
    fdc_device: bool = False
    parallel_ports: bool = True
    builtin_ide: bool = False
    builtin_esp: bool = False
    ps2: bool = False
    ps2_when: str | None = None
    pci_expander: bool = False
    pcie_expander: bool = False
    host_bridges: bool = False
    virtio_mmio: bool = False
    ccw: bool = False
    spapr_vio: bool = False
    vcpus_iommu: tuple[Choice, ...] = ()

    interface_models: tuple[Choice, ...] = INTERFACE_MODELS
    video_models: tuple[Choice, ...] = VIDEO_MODELS
    scsi_models: tuple[Choice, ...] = SCSI_MODELS
    scsi_by_machine: bool = False
    usb_models: tuple[Choice, ...] = USB_MODELS
    usb_model_unaddressed: str | None = None
    panic_model: str | None = None
    tpm_model: str = "tpm-tis"
    serial_type: str | None = None
    system_serial_model: str | None = None
    input_buses: tuple[tuple[str, str | None], ...] = INPUT_BUSES
    input_bus: str = "usb"

    @property
    def is_x86(self) -> bool:
        """Whether the guest architecture is x86."""
        return self.arch in X86

    @property
    def is_s390(self) -> bool:
        """Whether the guest architecture is s390."""
        return self.arch in S390

    def has_ps2(self, caps: Capabilities, rules: object) -> bool:
        """Whether the machine has PS/2 ports with this QEMU, as the rules of the guest see it."""
        taken_to = self.ps2_when is not None and applies(rules, self.ps2_when)
        return (self.ps2 or taken_to) and caps.has("i8042")

    def places_pci(self, rules: object) -> bool:
        """Whether PCI devices get addresses, as the rules of the guest see it; without a bus they are refused."""
        return self.supports_pci or applies(rules, "pci_by_machine")

    def implied_pci_root(self, caps: Capabilities, rules: object) -> str | None:
        """The model of the PCI root that the machine brings with this QEMU and by the rules of the guest, if any."""
        possible = self.pci_root_needs is None or caps.has(self.pci_root_needs)
        return self.pci_root if possible and applies(rules, self.pci_root_when) else None


class Row(msgspec.Struct, frozen=True):
    """One row of a table: the architectures and machine names that it is for, and the traits.

    names: exact machine names; prefixes: beginnings of names; both empty: every machine of these architectures.
    """

    traits: Machine
    architectures: frozenset[str]
    names: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()

    def fits(self, name: str) -> bool:
        """Whether the row is for machine ``name`` (of an architecture that it names)."""
        return name in self.names or name.startswith(self.prefixes) or not (self.names or self.prefixes)
