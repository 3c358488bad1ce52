"""Whether host facts have a say in a layout at all."""

from __future__ import annotations

from devaddr_xml.engine.hints.host_devices import has_place, host_address
from devaddr_xml.machines.family import machine_of
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.host import HostFacts
from devaddr_xml.model.plan import Notice
from devaddr_xml.model.policy import NO_POLICY

UNUSED_HOST = Notice(
    "the host facts were used for nothing: there is no policy",
    remedy='topology="mirror" (--set topology=mirror) or numa="strict" places devices by them',
)


def uses_host(before: Guest, after: Guest, host: HostFacts) -> bool:
    """Whether the facts decided anything, or could have under the policy of the guest.

    Without a policy they say which devices are conventional PCI, and on pSeries their isolation groups.
    """
    if after.policy not in (None, NO_POLICY):
        return True
    groups = machine_of(after.arch or "", after.machine or "").host_bridges
    for device in before.devices:
        source = host_address(device)
        facts = host.pci.get(str(source)) if source is not None and not has_place(device) else None
        if facts is not None and (facts.express is False or (groups and facts.iommu_group is not None)):
            return True
    return False
