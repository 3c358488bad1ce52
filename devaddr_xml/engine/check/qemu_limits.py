"""More virtio devices than QEMU, firmware or the guest carries: memory, memory sections and interrupts."""

from __future__ import annotations

from devaddr_xml.buses.virtio import takes_any_virtio_transport
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Disk

#: So many virtio PCI devices QEMU was seen to carry once firmware has mapped their BARs (4,096 memory sections).
MOST_VIRTIO = 600

#: Kilobytes of QEMU's memory for each pair of virtio PCI devices, by the version since which they are needed; measured.
PAIR_KILOBYTES: tuple[tuple[tuple[int, int, int], float], ...] = (((10, 0, 0), 75.0), ((0, 0, 0), 2.5))

#: From so many kilobytes on the memory is worth a warning.
WORTH_SAYING = 1 << 20

#: So many virtio disks firmware and guests were seen to find interrupts (MSI-X) for.
MOST_WITH_INTERRUPTS = 170

_FEWER = "Put disks on bus scsi: one virtio-scsi controller carries many of them"


def check_sections(state: State) -> None:
    """Warn when QEMU, firmware or the guest may not carry the virtio PCI devices of the guest."""
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
    """The memory that QEMU takes for so many virtio PCI devices; without a version, that of the newest."""
    return count * count * _each(version)


def fewest_worth_saying(version: tuple[int, int, int] | None) -> int:
    """The smallest number of virtio PCI devices for which the memory is worth a warning."""
    return int((WORTH_SAYING / _each(version)) ** 0.5)


def _each(version: tuple[int, int, int] | None) -> float:
    return next(kilobytes for since, kilobytes in PAIR_KILOBYTES if version is None or version >= since)
