"""Whether host facts have an effect on a layout."""

from __future__ import annotations

from collections.abc import Sequence

from devaddr_xml.engine.hints.host_devices import has_place, host_address
from devaddr_xml.engine.hints.machine_kind import kind_of
from devaddr_xml.machines.family import machine_of
from devaddr_xml.model.device import Controller, Device
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.host import HostFacts
from devaddr_xml.model.plan import Notice
from devaddr_xml.model.policy import NO_POLICY, MachineKind, Policy
from devaddr_xml.rules.guest import uses_host_nodes

_NODES = 'topology="mirror" (--set topology=mirror) or numa="strict" places devices by them'
_MIRROR = 'topology="mirror" (--set topology=mirror) places devices as they are on the host'


def unused_host(before: Guest, after: Guest, host: HostFacts) -> Notice | None:
    """A warning that the facts decided nothing, and could not have under the policy of the guest.

    Without a policy they say which devices are conventional PCI, and on pSeries their isolation groups.
    """
    fresh = [device for device in before.devices if host_address(device) is not None and not has_place(device)]
    if _has_kinds(fresh, after, host):
        return None
    policy = after.policy
    if policy is None or policy == NO_POLICY:
        return _notice("there is no policy", _NODES)
    if not fresh or _asks_for_more(policy):
        return None
    if policy.tunables().numa == "off":
        return _notice('numa="off" ignores the nodes of devices', _NODES)
    if not after.cells:
        return _notice("the guest has no NUMA cells", _MIRROR)
    hints = [*policy.devices, *(device.hints for device in before.devices if device.hints is not None)]
    if not uses_host_nodes(policy, policy.tunables(), hints, _kind(after)):
        return _notice("the policy uses none of them", _NODES)
    return None


def _notice(reason: str, remedy: str) -> Notice:
    return Notice(f"the host facts had no effect: {reason}", remedy=remedy)


def _has_kinds(fresh: Sequence[Device], guest: Guest, host: HostFacts) -> bool:
    """Whether the facts say of a device without a place that it is conventional PCI, or its isolation group."""
    groups = machine_of(guest.arch or "", guest.machine or "").host_bridges
    for device in fresh:
        facts = host.pci.get(str(host_address(device)))
        if facts is not None and (facts.express is False or (groups and facts.iommu_group is not None)):
            return True
    return False


def _asks_for_more(policy: Policy) -> bool:
    """Whether the policy asks for what is decided by other facts than the nodes of devices."""
    tunables = policy.tunables()
    reserves = tunables.mem_reserve or any(spare.mem_reserve for spare in policy.spares)
    others = (tunables.topology == "mirror", tunables.mmio_window == "fit", tunables.iommu == "per-root-complex")
    return bool(reserves) or any(others)


def _kind(guest: Guest) -> MachineKind:
    buses = (device for device in guest.devices if isinstance(device, Controller) and device.type == "pci")
    root = next((bus for bus in buses if bus.index == 0), None)
    return kind_of(machine_of(guest.arch or "", guest.machine or ""), root)
