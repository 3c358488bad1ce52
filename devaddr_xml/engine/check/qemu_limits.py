"""More virtio devices than QEMU, the firmware or the guest supports: memory, memory sections and interrupts."""

from __future__ import annotations

from devaddr_xml.buses.virtio import takes_any_virtio_transport
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Disk

#: The most virtio PCI devices that QEMU supported after firmware mapped their BARs (4,096 memory sections); measured.
MOST_VIRTIO = 600

#: Kilobytes of QEMU's memory for each pair of virtio PCI devices, by the first version that needs them; measured.
PAIR_KILOBYTES: tuple[tuple[tuple[int, int, int], float], ...] = (((10, 0, 0), 75.0), ((0, 0, 0), 2.5))

#: The least number of kilobytes for a warning about memory.
WORTH_SAYING = 1 << 20

#: The most virtio disks for which firmware and guests found interrupts (MSI-X); measured.
MOST_WITH_INTERRUPTS = 170

_FEWER = "Put disks on bus scsi: one virtio-scsi controller supports many disks"


def check_sections(state: State) -> None:
    """Warn if QEMU, the firmware or the guest may not support so many virtio PCI devices."""
    if len(state.guest.devices) <= min(MOST_WITH_INTERRUPTS, fewest_worth_saying(state.caps.qemu_version)):
        return
    virtio = [d for d in state.visit() if type(d.address) is PciAddress and takes_any_virtio_transport(d)]
    count = len(virtio)
    if count > MOST_VIRTIO:
        state.journal.warn(
            f"the guest has {count} virtio PCI devices; QEMU, with 4096 memory sections, carries about {MOST_VIRTIO} "
            "and may stop when firmware maps more",
            remedy=_FEWER,
        )
    need = memory_kilobytes(count, state.caps.qemu_version)
    if need >= WORTH_SAYING:
        state.journal.warn(
            f"the guest has {count} virtio PCI devices, for which QEMU itself takes about "
            f"{need / WORTH_SAYING:.1f} GiB of the host's memory, beside that of the guest",
            remedy=_FEWER,
        )
    disks = sum(type(device) is Disk for device in virtio)
    if disks > MOST_WITH_INTERRUPTS:
        state.journal.warn(
            f"the guest has {disks} virtio disks; firmware and guests with a limit of interrupts (MSI-X) find about "
            f"{MOST_WITH_INTERRUPTS} of them",
            remedy=_FEWER,
        )


def memory_kilobytes(count: int, version: tuple[int, int, int] | None) -> float:
    """The memory that QEMU needs for this number of virtio PCI devices; without a version, that of the newest QEMU."""
    return count * count * _each(version)


def fewest_worth_saying(version: tuple[int, int, int] | None) -> int:
    """The smallest number of virtio PCI devices with a warning about memory."""
    return int((WORTH_SAYING / _each(version)) ** 0.5)


def _each(version: tuple[int, int, int] | None) -> float:
    return next(kilobytes for since, kilobytes in PAIR_KILOBYTES if version is None or version >= since)
