"""The answers of libvirt's releases: a row for each change, from 9.0.0 on."""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import Any

import msgspec

from devaddr_xml.model.version import Version
from devaddr_xml.rules.questions import ARCHITECTURES, Rules

#: The oldest and the newest libvirt whose behaviour the rows describe.
OLDEST: Version = (9, 0, 0)


class Row(msgspec.Struct, frozen=True):
    """One change of libvirt: the release from which a question has another answer, and the reason or the source."""

    since: Version
    question: str
    answer: Any
    why: str


#: The kinds of devices that are on USB, in the order in which the devices of a guest are visited.
GENERAL_ORDER = ("disk", "interface", "sound", "hostdev", "controller", "serial", "input", "filesystem", "redirdev")

#: By release, oldest first. If a change is known only to be between two releases, the newer one counts.
ROWS: tuple[Row, ...] = (
    Row((9, 1, 0), "chipset_watchdog", True, "news of 9.1.0"),
    Row(
        (9, 1, 0), "several_watchdogs", True, "9.1.0 gives q35 an implied itco watchdog, in addition to the guest's own"
    ),
    Row((10, 0, 0), "inputs_before_buses", True, "10.0.0 chooses the bus of an input after reading"),
    Row((10, 2, 0), "architectures", ARCHITECTURES | {"loongarch64"}, "news of 10.2.0"),
    Row((10, 3, 0), "interfaces_on_usb", frozenset(("usb-net",)), "before 10.3.0 usb-net gets no USB port"),
    Row((10, 7, 0), "ps2_feature", True, "news of 10.7.0"),
    Row((10, 7, 0), "ps2_by_qemu", False, "10.7.0 asks the machine"),
    Row((10, 7, 0), "x86_has_ps2", False, "10.7.0 has the ps2 feature, and asks the machine"),
    Row((10, 10, 0), "iommu_for_many_vcpus", True, "news of 10.10.0"),
    Row((11, 3, 0), "implied_controllers_last", False, "seen between 9.0.0 and 11.3.0"),
    Row((11, 3, 0), "usb_order", GENERAL_ORDER, "seen between 9.0.0 and 11.3.0"),
    Row((11, 3, 0), "versatilepb_pci", True, "seen between 9.0.0 and 11.3.0"),
    Row((11, 3, 0), "armv6l_virt_pci", True, "seen between 9.0.0 and 11.3.0"),
    Row((11, 3, 0), "realview_usb", True, "seen between 9.0.0 and 11.3.0"),
    Row((11, 3, 0), "usb_on_unknown_machines", False, "seen between 9.0.0 and 11.3.0"),
    Row((11, 3, 0), "consoles_numbered_last", True, "seen between 9.0.0 and 11.3.0"),
    Row((11, 3, 0), "isa_panic_by_default", False, "seen between 9.0.0 and 11.3.0"),
    Row((11, 3, 0), "default_panic_model", True, "seen between 9.0.0 and 11.3.0"),
    Row((11, 3, 0), "empty_usb_cdroms", False, "seen between 9.0.0 and 11.3.0"),
    Row((11, 3, 0), "usb_storage_by_qemu", False, "seen between 9.0.0 and 11.3.0"),
    Row((11, 3, 0), "taken_everywhere", frozenset(), "seen between 9.0.0 and 11.3.0"),
    Row((11, 5, 0), "empty_usb_cdroms", True, "11.5.0 takes empty USB drives again"),
    Row((11, 6, 0), "virtio_scsi_on_virt", True, "news of 11.6.0"),
    Row((11, 8, 0), "acpi_nodesets", True, "news of 11.8.0"),
    Row((11, 9, 0), "usb_models_by_board", True, "news of 11.9.0"),
    Row((11, 10, 0), "several_iommus", True, "news of 11.10.0"),
    Row((12, 2, 0), "xtsup_for_many_vcpus", True, "news of 12.2.0"),
    Row((12, 8, 0), "scsi_model_of_others", True, "seen between 11.3.0 and 12.8.0"),
    Row((12, 8, 0), "memballoon_on_riscv", False, "seen between 11.3.0 and 12.8.0"),
    Row((12, 8, 0), "pci_devices_without_bus", False, "seen between 11.3.0 and 12.8.0"),
    Row((12, 8, 0), "port_for_bridge", True, "seen between 11.3.0 and 12.8.0"),
    Row((12, 8, 0), "usb_models_by_qemu", True, "seen between 11.3.0 and 12.8.0"),
    Row((12, 8, 0), "usb_hostdevs_by_port", True, "seen between 11.3.0 and 12.8.0"),
    Row((12, 8, 0), "pcihole_on_arm_virt", True, "seen between 11.3.0 and 12.8.0"),
    Row((12, 8, 0), "realview_usb", False, "seen between 11.3.0 and 12.8.0"),
    Row((12, 8, 0), "realview_eb_pci", True, "seen between 11.3.0 and 12.8.0"),
    Row((12, 8, 0), "interfaces_on_boards", frozenset(("lan9118", "scm91c111")), "seen between 11.3.0 and 12.8.0"),
    Row((12, 8, 0), "pci_by_machine", True, "seen between 11.3.0 and 12.8.0"),
    Row((12, 8, 0), "floppies_by_machine", True, "seen between 11.3.0 and 12.8.0"),
)


class Novelty(msgspec.Struct, frozen=True):
    """Something new in a release: a kind of device, a field of it, or a value of that field."""

    since: Version
    kind: str
    field: str | None
    value: str | None
    why: str


#: By release, oldest first. Novelties of older releases are not listed.
NOVELTIES: tuple[Novelty, ...] = (
    Novelty((9, 1, 0), "watchdog", "model", "itco", "news of 9.1.0"),
    Novelty((10, 6, 0), "pstore", None, None, "news of 10.6.0"),
    Novelty((11, 3, 0), "crypto", None, None, "seen between 9.0.0 and 11.3.0"),
    Novelty((11, 3, 0), "controller", "mem_reserve", None, "seen between 9.0.0 and 11.3.0"),
    Novelty((11, 3, 0), "panic", "model", "pvpanic", "seen between 9.0.0 and 11.3.0"),
    Novelty((11, 3, 0), "sound", "model", "virtio", "seen between 9.0.0 and 11.3.0"),
    Novelty((11, 3, 0), "filesystem", "driver", "mtp", "seen between 9.0.0 and 11.3.0"),
    Novelty((11, 5, 0), "disk", "bus", "nvme", "news of 11.5.0"),
    Novelty((11, 5, 0), "controller", "type", "nvme", "news of 11.5.0"),
    Novelty((11, 5, 0), "disk", "model", "usb-storage", "11.5.0 tells USB drives apart"),
    Novelty((11, 5, 0), "disk", "model", "usb-bot", "11.5.0 tells USB drives apart"),
    Novelty((11, 5, 0), "iommu", "model", "amd", "news of 11.5.0"),
)


@lru_cache(maxsize=64)
def rules_of(version: Version) -> Rules:
    """The answers of a release of libvirt. For each question the newest row up to ``version`` counts."""
    answers: dict[str, Any] = {row.question: row.answer for row in ROWS if row.since <= version}
    missing = [novelty for novelty in NOVELTIES if novelty.since > version]
    answers["unknown_words"] = MappingProxyType(
        {(each.kind, each.field, each.value): each.since for each in missing if each.value}
    )
    answers["unknown_fields"] = MappingProxyType(
        {(each.kind, each.field): each.since for each in missing if each.field and not each.value}
    )
    answers["unknown_kinds"] = MappingProxyType({each.kind: each.since for each in missing if each.field is None})
    return msgspec.structs.replace(Rules(), **answers)
