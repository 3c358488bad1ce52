"""s390 machines."""

from __future__ import annotations

from msgspec.structs import replace

from devaddr_xml.machines.machine import S390, USB_MODELS, Choice, Machine, Row

_S390 = Machine(
    title="s390",
    parallel_ports=False,
    has=frozenset(
        (
            *("watchdog diag288", "panic s390", "serial sclpconsole", "serial sclplmconsole", "serial sclp-serial"),
            *("console sclp", "console sclplm"),
        )
    ),
    pci_root="pci-root",
    pci_root_needs="zpci",
    memballoon=True,
    panic=True,
    usb_model_unaddressed="none",
    usb_models=(Choice("none", when="usb_models_by_board"), *USB_MODELS),
    interface_models=(Choice("virtio"),),
    video_models=(Choice("virtio"),),
    scsi_models=(Choice("virtio-scsi"),),
    scsi_by_machine=True,
    panic_model="s390",
    serial_type="sclp-serial",
    input_buses=(),
    input_bus="virtio",
)

ROWS = (
    Row(replace(_S390, family="s390-ccw", ccw=True, floppies=False), S390, prefixes=("s390-ccw",)),
    Row(_S390, S390),
)
