"""The questions that the engine asks about the rules of the guest at hand."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from devaddr_xml.model.plan import Cause
from devaddr_xml.model.version import Version

#: The architectures that the oldest release knows.
ARCHITECTURES = frozenset(
    (
        *("alpha", "armv6l", "armv7l", "armv7b", "aarch64", "cris", "i686", "ia64", "itanium", "lm32", "m68k"),
        *("microblaze", "microblazeel", "mips", "mipsel", "mips64", "mips64el", "openrisc", "parisc", "parisc64"),
        *("ppc", "ppcle", "ppc64", "ppc64le", "ppcemb", "riscv32", "riscv64", "s390", "s390x", "sh4", "sh4eb"),
        *("sparc", "sparc64", "unicore32", "x86_64", "xtensa", "xtensaeb"),
    )
)

#: A value that a release knows or does not know: kind of device, field, value.
Word = tuple[str, str, str]


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The answers for one guest; each field is a question, and says what the guest sees of the answer.

    The defaults are what the oldest release of libvirt with a row in `devaddr_xml.rules.libvirt` does.
    """

    architectures: frozenset[str] = ARCHITECTURES
    """Which architectures are known?"""

    unknown_words: Mapping[Word, Version] = MappingProxyType({})
    """Which values are not known, so that a device with one is refused, and since when are they known?"""

    unknown_fields: Mapping[tuple[str, str], Version] = MappingProxyType({})
    """Which fields, by kind of device, are not known, so that they are read over, and since when are they known?"""

    unknown_kinds: Mapping[str, Version] = MappingProxyType({})
    """Which kinds of devices are not known, so that their elements are read over, and since when are they known?"""

    chipset_watchdog: bool = False
    """Does q35 bring the watchdog of its chipset (itco)?"""

    iommu_for_many_vcpus: bool = False
    """Does a q35 guest with more than 255 vCPUs get an IOMMU, and an IOMMU that it has the options that they need?"""

    xtsup_for_many_vcpus: bool = False
    """Does an AMD IOMMU serve more than 255 vCPUs, with the option that they need (xtsup)?"""

    implied_controllers_last: bool = True
    """Does a controller that devices bring stand after all others, and not with its type by its index?"""

    usb_order: tuple[str, ...] = ("hostdev", "disk", "controller", "input", "serial", "sound", "redirdev")
    """In which order do USB devices get ports (kinds; those of one kind in their own order)?"""

    inputs_before_buses: bool = False
    """Does an input of the machine come before inputs without a bus get theirs, so that one of them does not count?"""

    versatilepb_pci: bool = False
    """Does the versatilepb board bring its PCI root (on armv6l it always does) and a USB controller?"""

    armv6l_virt_pci: bool = False
    """Does the machine virt of armv6l bring its PCI root?"""

    consoles_numbered_last: bool = False
    """Are consoles numbered after the console of the first serial port was put in front of them?"""

    ps2_feature: bool = False
    """Is the ps2 feature known? Where it is not, a guest that states it is refused."""

    isa_panic_by_default: bool = True
    """Is a panic notifier without model an ISA one on machines that name no other model?"""

    default_panic_model: bool = False
    """Is a panic notifier refused that has no model on a machine without a default one?"""

    scsi_model_of_others: bool = False
    """Does a SCSI controller without model take that of the first one that has a model?"""

    virtio_scsi_on_virt: bool = False
    """Is virtio-scsi the model of SCSI controllers on Arm and RISC-V machines of type virt?"""

    memballoon_on_riscv: bool = True
    """Does a RISC-V guest get a memory balloon?"""

    pci_devices_without_bus: bool = True
    """Do isapc and microvm get PCI devices, a memory balloon and a USB controller, although they have no PCI bus?"""

    usb_models_by_board: bool = False
    """Do boards name the model of a USB controller without one: qemu-xhci or pci-ohci, or none?"""

    realview_usb: bool = False
    """Do realview boards bring a USB controller?"""

    realview_eb_pci: bool = False
    """Do the realview-eb boards bring a PCI root and a USB controller?"""

    interfaces_on_usb: frozenset[str] = frozenset()
    """Which models of interfaces are on USB? Without a row, such a model asks for a PCI bus, and none takes it."""

    interfaces_on_boards: frozenset[str] = frozenset()
    """Which models of interfaces are part of a board, and take no PCI address?"""

    usb_on_unknown_machines: bool = True
    """Do machines of architectures without a row of their own bring a USB controller and a memory balloon?"""

    pci_by_machine: bool = False
    """Is PCI refused on machines without it: controllers that are written, and devices that need an address?

    Without, such a machine takes PCI controllers, and some leave their devices without addresses."""

    port_for_bridge: bool = False
    """Does a pcie-to-pci-bridge that was given bring a root port where none is free?"""

    usb_models_by_qemu: bool = False
    """Is a USB controller of a model refused that QEMU does not have?"""

    usb_storage_by_qemu: bool = True
    """Is a disk on USB refused where QEMU has no usb-storage?"""

    usb_hostdevs_by_port: bool = False
    """Can a USB host device be named by bus and port, without its device number?"""

    taken_everywhere: frozenset[str] = frozenset(("watchdog ib700",))
    """Which devices are refused on no machine, also where the machine does not have them?"""

    acpi_nodesets: bool = False
    """Can PCI host devices belong to NUMA cells by ACPI (and are refused where QEMU cannot do that)?"""

    empty_usb_cdroms: bool = True
    """Can a CD-ROM drive on USB be empty?"""

    several_iommus: bool = False
    """Does a guest take more than one IOMMU?"""

    pcihole_on_arm_virt: bool = False
    """Can the 64-bit PCI hole of Arm machines of type virt be set?"""

    floppies_by_machine: bool = False
    """Is a floppy refused on machines without a floppy controller?"""

    ps2_by_qemu: bool = True
    """Does any machine take PS/2 inputs, if only QEMU knows such ports?"""

    x86_has_ps2: bool = True
    """Is every x86 machine taken to have PS/2 ports, a mouse and a keyboard; also one that QEMU builds without?"""

    empty_numa_cells: bool = False
    """Can a guest NUMA cell be without memory?"""

    several_watchdogs: bool = False
    """Does a guest take more than one watchdog? Without, a second one is refused."""

    grows: bool = True
    """May controllers and hubs be added? A running guest takes no new one; what finds no place is refused."""

    only_hotpluggable: bool = False
    """Is function 0 of a free slot on a bus with hotplug the only place for a device? So it is while the guest runs."""

    separate_regions: bool = False
    """Do the buses of a NUMA cell, a root complex, a switch or a group take only devices that belong there?

    Without, a bus below an expander bus of a cell takes any device, and the guest sees the device on that cell."""

    exact_trial: bool = False
    """Does the trial that counts missing controllers try every device once, at the place that it will have?

    libvirt tries some devices twice and forgets where it tried them, so a guest may get a port more than it fills."""

    controllers_placed_at_once: bool = False
    """Does a new PCI controller take its slot as it is added? Else all of them do when every device was tried."""

    bridge_shares_free_port: bool = False
    """Does a new pcie-to-pci-bridge take a port that is free? Else it gets a port of its own."""

    new_controllers_behind: bool = False
    """Does a new PCI controller go where firmware numbers it behind all that is there, so that no name changes?"""

    bus_0_for_its_own: bool = False
    """Do devices that can only sit on bus 0 of a conventional machine get their slots there before others?"""

    bridges_hang_below_lower: bool = False
    """Does a given bridge or switch port without an address sit only below those with a lower index?"""

    bus_numbers_limited: bool = False
    """Are guest bus numbers counted while controllers are added, below each expander bus and in all?

    Without, the guest may end up with more buses than its firmware can number."""

    expanders_as_wide_as_needed: bool = False
    """Does a new expander bus get the bus numbers that its tree needs? Else two below the one before."""

    ports_for_hotplug: bool = False
    """Does a device that says nothing of hotplug go into ports with hotplug only? Else it goes into any port."""

    multifunction_from_the_start: bool = False
    """Does function 0 of a slot that may be shared say multifunction at once, and a given one that does not stay alone?

    Without, function 0 says so when a second function comes, which changes a device that was there."""

    unusable_refused: bool = False
    """Is a tree that QEMU or the guest cannot use an error? libvirt accepts it, which leaves a warning."""

    host_nodes_used: bool = False
    """Do host devices go to the guest's cell of their host NUMA node where the host's facts tell it?"""

    foreign_kept_clear: bool = False
    """Are places kept free that devices of QEMU's command line in the document have? libvirt does not look at these."""

    controllers_added_by: Cause = "default"
    """Which cause do decisions name for a PCI controller that was added?"""
