"""What devices need of a PCI bus: a table of cases."""

from __future__ import annotations

import pytest

from devaddr_xml.buses.pci.connect import Connector
from devaddr_xml.buses.pci.flags import (
    AUTO,
    CONVENTIONAL,
    EXPRESS,
    INTEGRATED,
    NO_PCI,
    PCI_BRIDGE,
    PCI_EXPANDER,
    PCIE_EXPANDER,
    PCIE_TO_PCI_BRIDGE,
    ROOT_PORT,
    UPSTREAM_PORT,
)
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import (
    Controller,
    Crypto,
    Device,
    Disk,
    Filesystem,
    Hostdev,
    HostSource,
    Input,
    Interface,
    Iommu,
    Memballoon,
    Memory,
    Panic,
    Rng,
    Serial,
    Shmem,
    Sound,
    Video,
    Vsock,
    Watchdog,
)
from devaddr_xml.model.host import NO_HOST_FACTS, HostFacts, HostPciDevice

C = CONVENTIONAL | AUTO
E = EXPRESS | AUTO
HOST = HostSource(pci=PciAddress(bus=0x41))

#: Device, what it needs below a pcie-root, and there with a QEMU whose virtio devices are all transitional.
CASES: list[tuple[Device, int, int]] = [
    (Controller(type="pci", model="pcie-root"), NO_PCI, NO_PCI),
    (Controller(type="pci", model="pcie-root-port"), ROOT_PORT, ROOT_PORT),
    (Controller(type="pci", model="pci-bridge"), PCI_BRIDGE, PCI_BRIDGE),
    (Controller(type="pci", model="pci-expander-bus"), PCI_EXPANDER, PCI_EXPANDER),
    (Controller(type="pci", model="pcie-expander-bus"), PCIE_EXPANDER, PCIE_EXPANDER),
    (Controller(type="pci", model="pcie-to-pci-bridge"), PCIE_TO_PCI_BRIDGE, PCIE_TO_PCI_BRIDGE),
    (Controller(type="pci", model="pcie-switch-upstream-port"), UPSTREAM_PORT, UPSTREAM_PORT),
    (Controller(type="sata"), C, C),
    (Controller(type="usb", model="qemu-xhci"), E, E),
    (Controller(type="usb", model="nec-xhci"), E, E),
    (Controller(type="usb", model="ich9-ehci1"), C, C),
    (Controller(type="usb"), C, C),
    (Controller(type="usb", model="none"), NO_PCI, NO_PCI),
    (Controller(type="scsi", model="virtio-scsi"), E, C),
    (Controller(type="scsi", model="virtio-transitional"), C, C),
    (Controller(type="scsi", model="lsilogic"), C, C),
    (Controller(type="scsi", model="ncr53c90"), NO_PCI, NO_PCI),
    (Controller(type="virtio-serial"), E, C),
    (Controller(type="virtio-serial", model="virtio-transitional"), C, C),
    (Controller(type="fdc"), NO_PCI, NO_PCI),
    (Filesystem(), E, C),
    (Filesystem(model="virtio-transitional"), C, C),
    (Filesystem(driver="virtiofs", model="virtio-transitional"), E, C),
    (Filesystem(driver="loop"), NO_PCI, NO_PCI),
    (Interface(model="virtio"), E, C),
    (Interface(model="virtio-transitional"), C, C),
    (Interface(model="rtl8139"), C, C),
    (Interface(model="e1000"), C, C),
    (Interface(model="e1000e"), E, E),
    (Interface(model="igb"), E, E),
    (Interface(model="a-card-that-nobody-knows"), E, E),
    (Interface(), E, E),
    (Interface(model="usb-net"), NO_PCI, NO_PCI),
    (Interface(type="hostdev", source_type="pci", source=HOST), E, E),
    (Interface(type="hostdev", source_type="usb"), NO_PCI, NO_PCI),
    (Sound(model="ich9"), C, C),
    (Sound(model="virtio"), E, C),
    (Sound(model="usb"), NO_PCI, NO_PCI),
    (Disk(bus="virtio"), E, C),
    (Disk(bus="virtio", model="virtio-transitional"), C, C),
    (Disk(bus="sata"), NO_PCI, NO_PCI),
    (Hostdev(type="pci", source=HOST), E, E),
    (Hostdev(type="usb"), NO_PCI, NO_PCI),
    (Hostdev(type="pci", mode="capabilities"), NO_PCI, NO_PCI),
    (Hostdev(type="mdev", model="vfio-pci"), E, E),
    (Hostdev(type="scsi_host"), E, C),
    (Hostdev(type="scsi_host", model="virtio-transitional"), C, C),
    (Memballoon(model="virtio"), E, C),
    (Memballoon(model="none"), NO_PCI, NO_PCI),
    (Rng(model="virtio-transitional"), C, C),
    (Vsock(model="virtio"), E, C),
    (Watchdog(model="i6300esb"), C, C),
    (Watchdog(model="itco"), NO_PCI, NO_PCI),
    (Video(model="virtio"), E, C),
    (Video(model="bochs"), E, E),
    (Video(model="qxl"), C, C),
    (Video(model="ramfb"), NO_PCI, NO_PCI),
    (Shmem(model="ivshmem-plain"), C, C),
    (Input(bus="virtio"), E, C),
    (Input(bus="usb"), NO_PCI, NO_PCI),
    (Serial(target_type="pci-serial"), C, C),
    (Serial(target_type="isa-serial"), NO_PCI, NO_PCI),
    (Iommu(model="virtio"), E | INTEGRATED, C | INTEGRATED),
    (Iommu(model="intel"), NO_PCI, NO_PCI),
    (Memory(model="virtio-mem"), E, C),
    (Memory(model="dimm"), NO_PCI, NO_PCI),
    (Crypto(model="virtio"), C, C),
    (Panic(model="pvpanic"), C | INTEGRATED, C | INTEGRATED),
    (Panic(model="isa"), NO_PCI, NO_PCI),
]


@pytest.mark.parametrize(("device", "modern", "transitional"), CASES)
def test_needs(device: Device, modern: int, transitional: int) -> None:
    assert Connector(True, True, NO_HOST_FACTS).flags(device) == modern
    assert Connector(True, False, NO_HOST_FACTS).flags(device) == transitional


@pytest.mark.parametrize(("device", "modern", "transitional"), CASES)
def test_without_express_everything_is_conventional(device: Device, modern: int, transitional: int) -> None:
    assert not Connector(False, True, NO_HOST_FACTS).flags(device) & EXPRESS


@pytest.mark.parametrize(
    ("express", "address", "flags"),
    [(None, None, E), (True, None, E), (False, None, C), (False, PciAddress(bus=1), E), (False, PciAddress(), C)],
)
def test_the_host_tells_whether_its_device_is_express(
    express: bool | None, address: PciAddress | None, flags: int
) -> None:
    facts = HostFacts(pci={"0000:41:00.0": HostPciDevice(express=express)})
    device = Hostdev(type="pci", source=HOST, address=address)
    assert Connector(True, True, facts).flags(device) == flags
