"""The public names of `devaddr_xml` but its functions: each for type checkers, and the module that defines it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from devaddr_xml._version import __version__
    from devaddr_xml.model.address import (
        Address,
        CcidAddress,
        CcwAddress,
        DimmAddress,
        DriveAddress,
        IsaAddress,
        PciAddress,
        SpaprVioAddress,
        UnassignedAddress,
        UsbAddress,
        VirtioMmioAddress,
        VirtioSerialAddress,
    )
    from devaddr_xml.model.capabilities import Capabilities
    from devaddr_xml.model.device import (
        AnyDevice,
        Audio,
        Channel,
        Console,
        Controller,
        Crypto,
        Device,
        Disk,
        Filesystem,
        Graphics,
        Hostdev,
        HostSource,
        Hub,
        Input,
        Interface,
        Iommu,
        Memballoon,
        Memory,
        Nvram,
        Panic,
        Parallel,
        Pstore,
        Redirdev,
        Rng,
        Serial,
        Shmem,
        Smartcard,
        Sound,
        Tpm,
        Video,
        Vsock,
        Watchdog,
    )
    from devaddr_xml.model.errors import (
        AddressConflict,
        DefinitionChanged,
        DevaddrError,
        DocumentError,
        HintError,
        LayoutNotKept,
        PlacementError,
        ProbeError,
        Unsupported,
        ValueInvalid,
    )
    from devaddr_xml.model.events import Decision, Rule
    from devaddr_xml.model.guest import Guest, MemNode, NumaCell, VcpuPin
    from devaddr_xml.model.hints import Hints
    from devaddr_xml.model.host import HostFacts, HostPciDevice
    from devaddr_xml.model.lock import Lock
    from devaddr_xml.model.plan import Notice, Plan
    from devaddr_xml.model.policy import DeviceHints, Policy, Spare
    from devaddr_xml.model.policy_json import policy_from_json
    from devaddr_xml.operations.assign import Assignment
    from devaddr_xml.operations.attach import Attachment
    from devaddr_xml.operations.check import Finding, Report
    from devaddr_xml.operations.convert import Conversion
    from devaddr_xml.operations.detach import Detachment, Freed
    from devaddr_xml.operations.migrate import Migration, Unmet
    from devaddr_xml.probe.embedded import known_capabilities
    from devaddr_xml.views.capacity import Capacity, Room
    from devaddr_xml.views.diff import Change, Diff, Effect
    from devaddr_xml.views.explain import Explanation, Reason
    from devaddr_xml.views.qemu_args import QemuArguments

__all__ = [
    "Address",
    "AddressConflict",
    "AnyDevice",
    "Assignment",
    "Attachment",
    "Audio",
    "Capabilities",
    "Capacity",
    "CcidAddress",
    "CcwAddress",
    "Change",
    "Channel",
    "Console",
    "Controller",
    "Conversion",
    "Crypto",
    "Decision",
    "DefinitionChanged",
    "Detachment",
    "DevaddrError",
    "Device",
    "DeviceHints",
    "Diff",
    "DimmAddress",
    "Disk",
    "DocumentError",
    "DriveAddress",
    "Effect",
    "Explanation",
    "Filesystem",
    "Finding",
    "Freed",
    "Graphics",
    "Guest",
    "HintError",
    "Hints",
    "HostFacts",
    "HostPciDevice",
    "HostSource",
    "Hostdev",
    "Hub",
    "Input",
    "Interface",
    "Iommu",
    "IsaAddress",
    "LayoutNotKept",
    "Lock",
    "MemNode",
    "Memballoon",
    "Memory",
    "Migration",
    "Notice",
    "NumaCell",
    "Nvram",
    "Panic",
    "Parallel",
    "PciAddress",
    "PlacementError",
    "Plan",
    "Policy",
    "ProbeError",
    "Pstore",
    "QemuArguments",
    "Reason",
    "Redirdev",
    "Report",
    "Rng",
    "Room",
    "Rule",
    "Serial",
    "Shmem",
    "Smartcard",
    "Sound",
    "SpaprVioAddress",
    "Spare",
    "Tpm",
    "UnassignedAddress",
    "Unmet",
    "Unsupported",
    "UsbAddress",
    "ValueInvalid",
    "VcpuPin",
    "Video",
    "VirtioMmioAddress",
    "VirtioSerialAddress",
    "Vsock",
    "Watchdog",
    "__version__",
    "known_capabilities",
    "policy_from_json",
]

#: Where the public names are defined; each is imported when it is first asked for.
MODULES: dict[str, str] = {
    "devaddr_xml._version": "__version__",
    "devaddr_xml.model.address": (
        "Address CcidAddress CcwAddress DimmAddress DriveAddress IsaAddress PciAddress SpaprVioAddress "
        "UnassignedAddress UsbAddress VirtioMmioAddress VirtioSerialAddress"
    ),
    "devaddr_xml.model.capabilities": "Capabilities",
    "devaddr_xml.model.device": (
        "AnyDevice Audio Channel Console Controller Crypto Device Disk Filesystem Graphics HostSource Hostdev "
        "Hub Input Interface Iommu Memballoon Memory Nvram Panic Parallel Pstore Redirdev Rng Serial Shmem "
        "Smartcard Sound Tpm Video Vsock Watchdog"
    ),
    "devaddr_xml.model.errors": (
        "AddressConflict DefinitionChanged DevaddrError DocumentError HintError LayoutNotKept PlacementError "
        "ProbeError Unsupported ValueInvalid"
    ),
    "devaddr_xml.model.guest": "Guest MemNode NumaCell VcpuPin",
    "devaddr_xml.model.hints": "Hints",
    "devaddr_xml.model.host": "HostFacts HostPciDevice",
    "devaddr_xml.model.lock": "Lock",
    "devaddr_xml.model.events": "Decision Rule",
    "devaddr_xml.model.plan": "Notice Plan",
    "devaddr_xml.model.policy": "DeviceHints Policy Spare",
    "devaddr_xml.model.policy_json": "policy_from_json",
    "devaddr_xml.operations.assign": "Assignment",
    "devaddr_xml.operations.attach": "Attachment",
    "devaddr_xml.operations.check": "Finding Report",
    "devaddr_xml.operations.convert": "Conversion",
    "devaddr_xml.operations.detach": "Detachment Freed",
    "devaddr_xml.operations.migrate": "Migration Unmet",
    "devaddr_xml.probe.embedded": "known_capabilities",
    "devaddr_xml.views.capacity": "Capacity Room",
    "devaddr_xml.views.diff": "Change Diff Effect",
    "devaddr_xml.views.explain": "Explanation Reason",
    "devaddr_xml.views.qemu_args": "QemuArguments",
}
