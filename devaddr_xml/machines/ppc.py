"""Power machines: pSeries, and the others of 64 and 32 bits."""

from __future__ import annotations

from msgspec.structs import replace

from devaddr_xml.machines.machine import ANY_USB, OHCI_MODELS, PPC64, Choice, Machine, Row

_POWER = Machine(pci_root="pci-root", usb=ANY_USB, memballoon=True, usb_models=OHCI_MODELS)

_POWER64 = replace(
    _POWER,
    title="64-bit Power",
    has=frozenset(("tpm tpm-spapr", "tpm spapr-tpm-proxy")),
    usb_inputs=True,
    usb_models=(
        Choice("qemu-xhci", "qemu-xhci"),
        Choice("nec-xhci", "nec-usb-xhci"),
        Choice("pci-ohci", "pci-ohci"),
    ),
    video_models=(Choice("vga"),),
    tpm_model="tpm-spapr",
)

ROWS = (
    Row(
        replace(
            _POWER64,
            family="pseries",
            title="pSeries",
            floppies=False,
            parallel_ports=False,
            has=_POWER64.has | {"panic pseries", "serial spapr-vty", "serial spapr-vio-serial", "nvram"},
            panic=True,
            host_bridges=True,
            spapr_vio=True,
            scsi_models=(Choice("ibmvscsi"),),
            scsi_by_machine=True,
            panic_model="pseries",
            serial_type="spapr-vio-serial",
        ),
        PPC64,
        names=("pseries",),
        prefixes=("pseries-",),
    ),
    Row(_POWER64, PPC64),
    Row(_POWER, frozenset(("ppc", "ppcemb"))),
)
