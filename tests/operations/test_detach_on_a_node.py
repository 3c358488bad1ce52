"""A device leaves a NUMA cell under a policy that keeps ports free: a port may come, the device does not."""

from __future__ import annotations

import pytest

import devaddr_xml
from devaddr_xml import DevaddrError

DOMAIN = """<domain type='kvm' xmlns:devaddr='urn:devaddr-xml:hints:1'>
  <name>d</name>
  <memory unit='GiB'>4</memory>
  <vcpu>2</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <cpu><numa>
    <cell id='0' cpus='0' memory='2' unit='GiB'/><cell id='1' cpus='1' memory='2' unit='GiB'/>
  </numa></cpu>
  <devices>
    <disk type='file' device='disk' devaddr:node='1'><source file='/a'/><target dev='vda' bus='virtio'/></disk>
    <interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/></interface>
  </devices>
</domain>
"""


def test_it_leaves() -> None:
    complete = devaddr_xml.assign(DOMAIN, policy=devaddr_xml.Policy(profile="hotplug"))
    found = devaddr_xml.detach(complete.xml, "vda")
    changes = devaddr_xml.diff(complete.xml, found.xml).changes
    assert [change.ref for change in changes if change.change == "removed"] == ["vda"]
    assert [change for change in changes if change.change == "moved"] == []
    assert {change.kind for change in changes if change.change == "added"} <= {"controller"}
    assert len(found.added) == sum(change.change == "added" for change in changes)
    assert devaddr_xml.assign(found.xml).xml == found.xml


def test_a_free_port_that_the_policy_wants_comes_back() -> None:
    complete = devaddr_xml.assign(DOMAIN, policy=devaddr_xml.Policy(spare_ports=3))
    free = max(d.index for d in complete.guest.devices if getattr(d, "model", None) == "pcie-root-port")
    with pytest.raises(DevaddrError, match="would be added again"):
        devaddr_xml.detach(complete.xml, f"pci.{free}")
