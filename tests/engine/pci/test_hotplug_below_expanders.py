"""QEMU refuses to plug anything into the own bus of a conventional expander; a bridge on it takes devices."""

from __future__ import annotations

import pytest

from devaddr_xml import assign
from devaddr_xml.engine.finished.topology import Topology
from devaddr_xml.model.device import Controller, Interface

DOMAIN = """
<domain type='kvm' xmlns:devaddr='urn:devaddr-xml:hints:1'><name>g</name>
  <metadata><devaddr:policy version='1'>{spare}</devaddr:policy></metadata>
  <memory unit='MiB'>512</memory><vcpu>2</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <cpu><numa><cell id='0' cpus='0' memory='256' unit='MiB'/><cell id='1' cpus='1' memory='256' unit='MiB'/></numa></cpu>
  <devices><interface type='user' devaddr:node='1' {hint}>
    <mac address='52:54:00:00:00:01'/><model type='virtio'/></interface></devices>
</domain>"""


@pytest.mark.parametrize(
    ("hint", "model"), [("", "pci-expander-bus"), ("devaddr:hotplug='yes'", "pci-bridge")], ids=["plain", "hotplug"]
)
def test_device_that_can_be_unplugged_is_on_a_bridge(hint: str, model: str) -> None:
    guest = assign(DOMAIN.format(spare="", hint=hint)).guest
    card = next(device for device in guest.devices if isinstance(device, Interface))
    bus = Topology(guest).bus_of(card)
    assert bus is not None
    assert bus.controller.model == model
    assert bus.node == 1


def test_spare_places_of_a_node_are_on_bridges() -> None:
    guest = assign(DOMAIN.format(spare="<devaddr:spare node='1' ports='3'/>", hint="")).guest
    places = [place for place in Topology(guest).free_places() if place.node == 1 and place.hotpluggable]
    assert len(places) >= 3
    assert {place.bus.controller.model for place in places} == {"pci-bridge"}
    expanders = [d for d in guest.devices if isinstance(d, Controller) and d.model == "pci-expander-bus"]
    assert len(expanders) == 1
