"""The types and models of controllers other than PCI, one row each; those of PCI are in ``buses/pci/controllers.py``.

Sources: libvirt's documentation of controllers (formatdomain, controllers); QEMU's ``-device help``.
"""

from __future__ import annotations

import msgspec


class ControllerRow(msgspec.Struct, frozen=True, kw_only=True):
    """One model of a type of controller; model None is a controller without a model.

    qemu: QEMU's device, unless a virtio transport decides. ability: the ability that QEMU needs for the model. in_qemu:
    whether any QEMU has the model. ports: the number of ports of a USB controller that does not state it; a companion
    has none, since its ports belong to its master. most_ports: the most ports that a document can ask for; unset: the
    number is fixed.
    """

    type: str
    model: str | None = None
    qemu: str | None = None
    ability: str | None = None
    in_qemu: bool = True
    ports: int = 0
    most_ports: int | None = None


def _usb(model: str, qemu: str, ports: int, ability: str | None = None, most_ports: int | None = None) -> ControllerRow:
    """A USB controller; unless told otherwise, the ability is named like QEMU's device."""
    return ControllerRow(
        type="usb", model=model, qemu=qemu, ability=ability or qemu, ports=ports, most_ports=most_ports
    )


_EHCI_PORTS = 6
_XHCI_PORTS = 15

CONTROLLER_ROWS = (
    ControllerRow(type="ide"),
    ControllerRow(type="ide", model="piix3"),
    ControllerRow(type="ide", model="piix4"),
    ControllerRow(type="ide", model="ich6"),
    ControllerRow(type="fdc"),
    ControllerRow(type="scsi"),
    ControllerRow(type="scsi", model="auto", in_qemu=False),
    ControllerRow(type="scsi", model="buslogic", in_qemu=False),
    ControllerRow(type="scsi", model="lsilogic", qemu="lsi", ability="lsi"),
    ControllerRow(type="scsi", model="lsisas1068", qemu="mptsas1068", ability="mptsas1068"),
    ControllerRow(type="scsi", model="lsisas1078", qemu="megasas", ability="megasas"),
    ControllerRow(type="scsi", model="vmpvscsi", qemu="pvscsi", ability="pvscsi"),
    ControllerRow(type="scsi", model="ibmvscsi", qemu="spapr-vscsi"),
    ControllerRow(type="scsi", model="virtio-scsi", ability="virtio-scsi-pci"),
    ControllerRow(type="scsi", model="virtio-transitional", ability="virtio-scsi-pci"),
    ControllerRow(type="scsi", model="virtio-non-transitional", ability="virtio-scsi-pci"),
    ControllerRow(type="scsi", model="ncr53c90"),
    ControllerRow(type="scsi", model="dc390", qemu="dc-390"),
    ControllerRow(type="scsi", model="am53c974", qemu="am53c974"),
    ControllerRow(type="sata", qemu="ahci", ability="ich9-ahci"),
    ControllerRow(type="nvme", qemu="nvme"),
    ControllerRow(type="virtio-serial"),
    ControllerRow(type="virtio-serial", model="virtio"),
    ControllerRow(type="virtio-serial", model="virtio-transitional"),
    ControllerRow(type="virtio-serial", model="virtio-non-transitional"),
    ControllerRow(type="ccid", qemu="usb-ccid"),
    ControllerRow(type="usb", ports=2),
    _usb("piix3-uhci", "piix3-usb-uhci", 2),
    _usb("piix4-uhci", "piix4-usb-uhci", 2),
    _usb("ehci", "usb-ehci", _EHCI_PORTS),
    _usb("ich9-ehci1", "ich9-usb-ehci1", _EHCI_PORTS),
    _usb("ich9-uhci1", "ich9-usb-uhci1", 0, "ich9-usb-ehci1"),
    _usb("ich9-uhci2", "ich9-usb-uhci2", 0, "ich9-usb-ehci1"),
    _usb("ich9-uhci3", "ich9-usb-uhci3", 0, "ich9-usb-ehci1"),
    _usb("vt82c686b-uhci", "vt82c686b-usb-uhci", 2),
    _usb("pci-ohci", "pci-ohci", 3),
    _usb("nec-xhci", "nec-usb-xhci", 4, most_ports=_XHCI_PORTS),
    _usb("qemu-xhci", "qemu-xhci", 4, most_ports=_XHCI_PORTS),
    ControllerRow(type="usb", model="qusb1", in_qemu=False),
    ControllerRow(type="usb", model="qusb2", in_qemu=False),
    ControllerRow(type="usb", model="none"),
    ControllerRow(type="pci"),
    ControllerRow(type="xenbus"),
    ControllerRow(type="isa"),
)

#: Each row by type and model.
CONTROLLER_ROW = {(row.type, row.model): row for row in CONTROLLER_ROWS}


def models_of(type: str) -> dict[str, ControllerRow]:
    """The rows of the models of one type, by model."""
    return {row.model: row for row in CONTROLLER_ROWS if row.type == type and row.model is not None}
