"""Machines of all other architectures: MIPS, SPARC, Alpha, SuperH, m68k and whatever QEMU has besides."""

from __future__ import annotations

from msgspec.structs import replace

from devaddr_xml.machines.machine import ANY_USB, MIPS, OHCI_MODELS, SCSI_MODELS, Choice, Machine, Row, UsbSet

_WITH_PCI = Machine(pci_root="pci-root", usb=ANY_USB, memballoon=True, usb_models=OHCI_MODELS)
_MIPS = Machine(pci_expected=True, usb=ANY_USB, memballoon=True, usb_models=OHCI_MODELS)
_WITH_ESP = Machine(builtin_esp=True, scsi_models=(*SCSI_MODELS, Choice("ncr53c90")))

_UNKNOWN = "usb_on_unknown_machines"

#: What a machine has that no row knows: devices for a PCI bus that the domain has to bring.
UNKNOWN = Machine(
    usb=(UsbSet(((None, None),), when=_UNKNOWN),), memballoon=True, memballoon_when=_UNKNOWN, pci_expected=True
)

ROWS = (
    Row(_WITH_PCI, frozenset(("alpha", "sparc64"))),
    Row(replace(_WITH_PCI, floppies=False), frozenset(("sh4", "sh4eb"))),
    Row(replace(_WITH_PCI, family="malta"), MIPS, names=("malta",)),
    Row(
        replace(_MIPS, builtin_esp=True, scsi_models=_WITH_ESP.scsi_models),
        frozenset(("mips64", "mips64el")),
        names=("magnum", "pica61"),
    ),
    Row(_MIPS, MIPS),
    Row(_WITH_ESP, frozenset(("sparc",))),
    Row(replace(UNKNOWN, builtin_esp=True, scsi_models=_WITH_ESP.scsi_models), frozenset(("m68k",)), names=("q800",)),
)

#: Machines that have an IDE controller of their own, whatever the architecture.
BUILTIN_IDE = frozenset(("malta", "sun4u", "g3beige"))
