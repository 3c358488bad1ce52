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
    """The answers for one guest. Each field is a question about what the guest sees.

    The defaults are the answers of the oldest release in `devaddr_xml.rules.libvirt`.
    """

    architectures: frozenset[str] = ARCHITECTURES
    """Which architectures are known?"""

    unknown_words: Mapping[Word, Version] = MappingProxyType({})
    """Which values are unknown, and from which release on are they known? A device with an unknown value is refused."""

    unknown_fields: Mapping[tuple[str, str], Version] = MappingProxyType({})
    """Which fields of a kind of device are unknown, and from which release on are they known? An unknown field is
    ignored."""

    unknown_kinds: Mapping[str, Version] = MappingProxyType({})
    """Which kinds of devices are unknown, and from which release on are they known? Their elements are ignored."""

    chipset_watchdog: bool = False
    """Does q35 have the watchdog of its chipset (itco) as an implied device?"""

    iommu_for_many_vcpus: bool = False
    """Does a q35 guest with more than 255 vCPUs get an IOMMU? An IOMMU in the document gets the options that they
    need."""

    xtsup_for_many_vcpus: bool = False
    """Does an AMD IOMMU with the option xtsup support more than 255 vCPUs?"""

    implied_controllers_last: bool = True
    """Is an implied controller appended after all others? If not, it is inserted by index among its type."""

    usb_order: tuple[str, ...] = ("hostdev", "disk", "controller", "input", "serial", "sound", "redirdev")
    """In which order of kinds do USB devices get ports? Devices of one kind keep their own order."""

    inputs_before_buses: bool = False
    """Is the machine's own input added before inputs without a bus get one? Then an equal input does not count."""

    versatilepb_pci: bool = False
    """Does the versatilepb board have a PCI root (on armv6l it always has) and a USB controller?"""

    armv6l_virt_pci: bool = False
    """Does the machine virt of armv6l have a PCI root?"""

    consoles_numbered_last: bool = False
    """Are consoles numbered only after the console of the first serial port is put in front of them?"""

    ps2_feature: bool = False
    """Is the ps2 feature known? If not, a guest that states it is refused."""

    isa_panic_by_default: bool = True
    """Is a panic notifier without model an ISA one on machines that name no other model?"""

    default_panic_model: bool = False
    """Is a panic notifier without a model refused on a machine without a default model?"""

    scsi_model_of_others: bool = False
    """Does a SCSI controller without a model take the model of the first one that has a model?"""

    virtio_scsi_on_virt: bool = False
    """Is virtio-scsi the model of SCSI controllers on Arm and RISC-V machines of type virt?"""

    memballoon_on_riscv: bool = True
    """Does a RISC-V guest get a memory balloon?"""

    pci_devices_without_bus: bool = True
    """Do isapc and microvm get PCI devices, a memory balloon and a USB controller, although they have no PCI bus?"""

    usb_models_by_board: bool = False
    """Does the board decide the model of a USB controller without one (qemu-xhci, pci-ohci or none)?"""

    realview_usb: bool = False
    """Do realview boards have an implied USB controller?"""

    realview_eb_pci: bool = False
    """Do the realview-eb boards have a PCI root and an implied USB controller?"""

    interfaces_on_usb: frozenset[str] = frozenset()
    """Which models of interfaces are on USB? A model that is missing here asks for a PCI bus, and no bus accepts it."""

    interfaces_on_boards: frozenset[str] = frozenset()
    """Which models of interfaces are part of a board, and take no PCI address?"""

    usb_on_unknown_machines: bool = True
    """Do machines of unlisted architectures have an implied USB controller and memory balloon?"""

    pci_by_machine: bool = False
    """Do machines without PCI refuse PCI controllers, and devices that need a PCI address?

    If not, such a machine accepts PCI controllers, and some leave their devices without addresses."""

    port_for_bridge: bool = False
    """Does a pcie-to-pci-bridge of the document get a new root port if none is free?"""

    usb_models_by_qemu: bool = False
    """Is a USB controller refused if QEMU lacks its model?"""

    usb_storage_by_qemu: bool = True
    """Is a USB disk refused if QEMU lacks usb-storage?"""

    usb_hostdevs_by_port: bool = False
    """Can a USB host device be named by bus and port, without its device number?"""

    taken_everywhere: frozenset[str] = frozenset(("watchdog ib700",))
    """Which devices does every machine accept, even if the machine does not have them?"""

    acpi_nodesets: bool = False
    """Can ACPI assign PCI host devices to NUMA cells? They are then refused if QEMU cannot do that."""

    empty_usb_cdroms: bool = True
    """Can a CD-ROM drive on USB be empty?"""

    several_iommus: bool = False
    """Can a guest have more than one IOMMU?"""

    pcihole_on_arm_virt: bool = False
    """Can the 64-bit PCI hole of Arm machines of type virt be set?"""

    floppies_by_machine: bool = False
    """Is a floppy refused on machines without a floppy controller?"""

    ps2_by_qemu: bool = True
    """Does every machine accept PS/2 inputs if QEMU knows such ports?"""

    x86_has_ps2: bool = True
    """Is every x86 machine treated as one with PS/2 ports, a mouse and a keyboard, even if QEMU builds it without?"""

    empty_numa_cells: bool = False
    """Can a guest NUMA cell be without memory?"""

    several_watchdogs: bool = False
    """Can a guest have more than one watchdog? If not, a second one is refused."""

    grows: bool = True
    """Can controllers and hubs be added? A running guest accepts no new one, so a device without a place is refused."""

    only_hotpluggable: bool = False
    """Is function 0 of a free hotpluggable slot the only place for a device? In a running guest it is."""

    separate_regions: bool = False
    """Do the buses of a NUMA cell, a root complex, a switch or a group accept only devices that belong there?

    If not, a bus below the expander bus of a cell accepts any device, and the guest sees that device on the cell."""

    exact_trial: bool = False
    """Does the trial that counts missing controllers place every device once, in its final place?

    libvirt places some devices twice and discards the first place, so a guest may get one port too many."""

    controllers_placed_at_once: bool = False
    """Does a new PCI controller get its slot when it is added? If not, all of them get one after all devices were
    tried."""

    bridge_shares_free_port: bool = False
    """Does a new pcie-to-pci-bridge use a free port? If not, it gets a new port."""

    new_controllers_behind: bool = False
    """Does a new PCI controller get a place that firmware numbers after all others, so that no interface name
    changes?"""

    slot_groups_as_on_host: bool = False
    """Do the host devices of a slot group have functions in the order of their host addresses?"""

    bus_0_for_its_own: bool = False
    """Do devices that can only be on bus 0 of a conventional machine get their slots before others?"""

    bridges_hang_below_lower: bool = False
    """Does a bridge or switch port of the document, if it has no address, go only below one with a lower index?"""

    bus_numbers_limited: bool = False
    """Are guest bus numbers counted while controllers are added, below each expander bus and in total?

    If not, the guest may get more buses than its firmware can number."""

    expanders_as_wide_as_needed: bool = False
    """Does a new expander bus get all bus numbers that its tree needs? If not, it starts two below the one before."""

    ports_for_hotplug: bool = False
    """Does a device without a hotplug hint go only into ports with hotplug? If not, it goes into any port."""

    multifunction_from_the_start: bool = False
    """Has function 0 of a slot that can be shared multifunction from the start? A slot without it is then not shared.

    If not, function 0 gets multifunction when a second function is added, which changes an existing device."""

    unusable_refused: bool = False
    """Is a PCI tree that QEMU or the guest cannot use an error? libvirt accepts it, so by default it is a warning."""

    host_nodes_used: bool = False
    """Do host devices go to the guest cell of their host NUMA node, if the host facts name that node?"""

    foreign_kept_clear: bool = False
    """Are places kept free that devices of QEMU's command line in the document have? libvirt does not look at these."""

    controllers_added_by: Cause = "default"
    """Which cause do decisions name for a PCI controller that was added?"""
