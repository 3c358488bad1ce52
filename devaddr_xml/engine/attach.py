"""Attaching devices to a guest that has its layout: cold, with new controllers, or live, without."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

import msgspec

from devaddr_xml.engine.passes import PASSES, plan, start
from devaddr_xml.model.capabilities import Capabilities
from devaddr_xml.model.device import AnyDevice, Controller
from devaddr_xml.model.errors import PlacementError, Unsupported
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.host import HostFacts
from devaddr_xml.model.naming import label
from devaddr_xml.model.plan import Plan
from devaddr_xml.model.policy import Policy

#: What libvirt hotplugs (virsh attach-device --live): kind, the attribute that matters, its values (none: all).
LIVE_KINDS: dict[str, tuple[str, frozenset[str | None]] | None] = {
    "disk": ("bus", frozenset({"virtio", "scsi", "usb"})),
    "controller": ("type", frozenset({"scsi"})),
    "interface": None,
    "hostdev": ("type", frozenset({"pci", "usb", "scsi", "scsi_host", "mdev"})),
    "redirdev": None,
    "serial": ("target_type", frozenset({"pci-serial", "usb-serial"})),
    "channel": ("target_type", frozenset({"virtio"})),
    "rng": None,
    "memory": ("model", frozenset({"dimm", "nvdimm", "virtio-mem", "virtio-pmem"})),
    "shmem": None,
    "watchdog": ("model", frozenset({"i6300esb"})),
    "input": ("bus", frozenset({"virtio", "usb"})),
    "vsock": None,
    "filesystem": ("driver", frozenset({"virtiofs"})),
}


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """The guest with the devices in it, and the devices as they shall be attached, with their addresses."""

    plan: Plan
    devices: tuple[AnyDevice, ...]


def attach(
    guest: Guest,
    devices: Sequence[AnyDevice],
    *,
    capabilities: Capabilities,
    policy: Policy | None = None,
    host: HostFacts | None = None,
    live: bool = False,
) -> Attachment:
    """Where ``devices`` go when they are attached to ``guest``, whose own layout stays.

    live: only what can be hotplugged into the running guest: function 0 of a hotpluggable place, no new controller.
    Raises PlacementError when there is no place, Unsupported for a device that cannot be hotplugged.
    """
    complete = plan(guest, policy=policy, capabilities=capabilities, host=host).guest
    count = len(complete.devices)
    joined = copy(complete)
    joined.devices = [*complete.devices, *devices]
    if not live:
        whole = plan(joined, policy=policy, capabilities=capabilities, host=host)
        return Attachment(plan=whole, devices=tuple(whole.guest.devices[count : count + len(devices)]))
    for device in devices:
        _check_hotpluggable(device)
    work = start(joined, policy=policy, capabilities=capabilities, host=host)
    work.live = True
    for step in PASSES:
        step(work)
    attached = tuple(work.guest.devices[count : count + len(devices)])
    for device in attached:
        _check_hotpluggable(device)
    if work.added:
        raise _needs_more(attached, work.added[0])
    whole = Plan(guest=work.guest, decisions=tuple(work.journal.decisions), warnings=tuple(work.journal.warnings))
    return Attachment(plan=whole, devices=attached)


def _check_hotpluggable(device: AnyDevice) -> None:
    if device.kind not in LIVE_KINDS:
        raise _not_hotpluggable(device, f"libvirt hotplugs no {device.kind}")
    row = LIVE_KINDS[device.kind]
    if row is None:
        return
    value = getattr(device, row[0])
    if value is not None and value not in row[1]:
        raise _not_hotpluggable(device, f"libvirt hotplugs no {device.kind} with {row[0].replace('_', ' ')} {value}")


def _not_hotpluggable(device: AnyDevice, reason: str) -> Unsupported:
    return Unsupported(
        f"it cannot be hotplugged: {reason}",
        device=label(device),
        line=device.line,
        remedy="Attach it to the stopped guest (without live)",
    )


def _needs_more(attached: tuple[AnyDevice, ...], added: object) -> PlacementError:
    extra = label(added) if isinstance(added, Controller) else getattr(added, "kind", "device")
    device = attached[0]
    return PlacementError(
        f"it needs a new {extra}, which a running guest does not get",
        device=label(device),
        line=device.line,
        remedy="Attach it to the stopped guest (without live), or choose a target on a controller that is there",
    )
