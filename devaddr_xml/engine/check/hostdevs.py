"""Host devices: a guest can have each of them only once."""

from __future__ import annotations

from collections.abc import Hashable

from devaddr_xml.engine.check.refusal import refusal
from devaddr_xml.engine.state import State
from devaddr_xml.model.device import Device, Hostdev, HostSource, Interface
from devaddr_xml.model.errors import AddressConflict, Unsupported, ValueInvalid

#: The ability of QEMU for each model of mediated devices.
CHANNEL_MODELS = ("vfio-ccw", "vfio-ap")


def check_hostdevs(state: State) -> None:
    """Refuse a host device that is in the guest twice, or that QEMU or libvirt does not support; raises
    DevaddrError."""
    for hostdev in state.hostdevs:
        _check_abilities(state, hostdev)
    seen: dict[Hashable, Device] = {}
    for hostdev in state.hostdevs:
        if hostdev.source is None:
            continue
        type_ = hostdev.type if isinstance(hostdev, Hostdev) else hostdev.source_type
        identity = _identity(hostdev.source)
        if identity is None:
            continue
        other = seen.setdefault((type_, identity), hostdev)
        if other is not hostdev:
            raise refusal(
                AddressConflict,
                f"host device {hostdev.source.pci or identity} is in the guest twice",
                hostdev,
                other=other,
                remedy="Remove one of the two",
            )


def _check_abilities(state: State, hostdev: Interface | Hostdev) -> None:
    if hostdev.kind == "hostdev" and hostdev.model in CHANNEL_MODELS and not state.caps.has(hostdev.model):
        raise refusal(
            Unsupported,
            f"this QEMU has no mediated devices of model {hostdev.model}; only s390x guests have them",
            hostdev,
            remedy="Choose another model, such as vfio-pci",
        )
    if hostdev.source is not None and hostdev.source.usb_port and not state.rules.usb_hostdevs_by_port:
        raise refusal(
            ValueInvalid,
            "a USB device of the host has a bus and a device number for the libvirt that the guest is for",
            hostdev,
            remedy="Write device= in the address of its source",
        )
    if hostdev.acpi_nodeset is not None and state.rules.acpi_nodesets and not state.caps.has("acpi-generic-initiator"):
        raise refusal(
            Unsupported,
            "this QEMU has no ACPI nodesets for devices",
            hostdev,
            remedy="Remove <acpi nodeset=...>",
        )


def _identity(source: HostSource) -> Hashable | None:
    if source.pci is not None:
        return source.pci.domain, source.pci.bus, source.pci.slot, source.pci.function
    return source.uuid.lower() if source.uuid else source.key
