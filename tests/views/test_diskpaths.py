"""Names under /dev/disk/by-path; the PCI cases were seen in booted guests (QEMU 7.2, Linux 6.1, systemd 252)."""

from __future__ import annotations

from types import SimpleNamespace

from devaddr_xml.engine.finished.topology import Topology
from devaddr_xml.model.address import CcwAddress, DriveAddress, UsbAddress, VirtioMmioAddress
from devaddr_xml.model.device import Controller, Device, Disk, Hostdev
from devaddr_xml.model.guest import Guest
from devaddr_xml.views.diskpaths import disk_paths


def drive(bus: str, unit: int, *, on: int = 0, controller: int = 0, target: int = 0) -> Disk:
    return Disk(bus=bus, address=DriveAddress(controller, on, target, unit))


def paths(guest: Guest) -> list[str | None]:
    found = disk_paths(Topology(guest))
    return [found.get(id(d)) for d in guest.devices if isinstance(d, Disk | Hostdev)]


def test_i440fx(make: SimpleNamespace) -> None:
    guest = make.i440fx(
        Controller(type="ide", index=0, address=make.pci("00:01.1")),
        Controller(type="usb", index=0, model="qemu-xhci", address=make.pci("00:05.0")),
        Controller(type="scsi", index=0, model="lsilogic", address=make.pci("00:06.0")),
        Controller(type="scsi", index=1, model="virtio-scsi", address=make.pci("00:07.0")),
        make.disk("vda", "00:0b.0"),
        drive("scsi", 3),
        drive("scsi", 5, controller=1),
        drive("scsi", 1, controller=1, target=2),
        Disk(bus="usb", address=UsbAddress(0, (2,))),
        drive("ide", 1),
        drive("ide", 0, on=1),
        drive("fdc", 0),
        Hostdev(type="scsi", address=DriveAddress(1, 0, 0, 4)),
    )
    assert paths(guest) == [
        "pci-0000:00:0b.0",
        "pci-0000:00:06.0-scsi-0:0:3:0",
        "pci-0000:00:07.0-scsi-0:0:0:5",
        "pci-0000:00:07.0-scsi-0:0:2:1",
        "pci-0000:00:05.0-usb-0:2:1.0-scsi-0:0:0:0",
        "pci-0000:00:01.1-ata-1.1",
        "pci-0000:00:01.1-ata-2.0",
        "platform-floppy.0",
        "pci-0000:00:07.0-scsi-0:0:0:4",
    ]


def test_q35(make: SimpleNamespace) -> None:
    sata = Controller(type="sata", index=0, address=make.pci("00:1f.2"))
    guest = make.q35(sata, drive("sata", 0), drive("sata", 3), make.disk("vda", "03:00.0"))
    assert paths(guest) == ["pci-0000:00:1f.2-ata-1.0", "pci-0000:00:1f.2-ata-4.0", "pci-0000:03:00.0"]


def test_channel_and_unknown_places() -> None:
    devices: list[Device] = [
        Controller(type="scsi", index=0, model="virtio-scsi", address=CcwAddress(0xFE, 0, 2)),
        Disk(bus="virtio", address=CcwAddress(0xFE, 0, 1)),
        drive("scsi", 1),
        Disk(bus="virtio", address=VirtioMmioAddress()),
        drive("scsi", 1, controller=9),
        Disk(bus="virtio"),
    ]
    guest = Guest(arch="s390x", machine="s390-ccw-virtio", devices=devices)
    assert paths(guest) == ["ccw-0.0.0001", "ccw-0.0.0002-scsi-0:0:0:1", None, None, None]
