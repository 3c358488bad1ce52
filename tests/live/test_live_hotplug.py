"""What we call a free hotpluggable place takes a device while the guest runs; what we call none does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from live.guest import KERNELS, RunningGuest, booted
from live.test_live_guest import card, domain, on_every_node, spares

from devaddr_xml import assign
from devaddr_xml.engine.finished.topology import Place, Topology

_OFF = """<controller type='pci' index='0' model='pcie-root'/>
    <controller type='pci' model='pcie-root-port'><target hotplug='off'/></controller>"""

#: Domains, and how many of their hotpluggable places are tried.
DOMAINS: dict[str, tuple[str, int]] = {
    "q35": (domain("q35", 2, on_every_node(2, 1) + _OFF, "profile='hotplug' " + spares(2, 1)), 4),
    "i440fx": (domain("pc", 2, on_every_node(2, 1)), 3),
}


@pytest.mark.parametrize("name", DOMAINS)
def test_places(name: str, connection: Any, ability: Any, tmp_path: Path) -> None:
    if not (KERNELS / "amd64" / "complete").exists():
        pytest.skip(f"there is no guest kernel in {KERNELS}; .ci/live fetches it")
    xml, tried = DOMAINS[name]
    capabilities, host = ability("x86_64")
    assignment = assign(xml, capabilities=capabilities, host=host)
    topology = Topology(assignment.guest)
    places = list(topology.free_places())
    with booted(connection, assignment.xml, tmp_path) as guest:
        count = len(guest.look().devices)
        for number, place in enumerate(one_of_each_bus([place for place in places if not place.hotpluggable])):
            refuses(guest, place, number)
        for number, place in enumerate(one_of_each_bus([place for place in places if place.hotpluggable])[:tried]):
            attach(guest, place, number)
            seen = guest.look(devices=count + number + 1).devices[str(guest_address(place))]
            assert seen.node == (-1 if place.node is None else place.node)


def one_of_each_bus(places: list[Place]) -> list[Place]:
    """The first place of each bus; first those of buses that belong to a node."""
    first: dict[int, Place] = {}
    for place in places:
        first.setdefault(place.bus.index, place)
    return sorted(first.values(), key=lambda place: (place.node is None, place.bus.index))


def attach(guest: RunningGuest, place: Place, number: int) -> None:
    address = f"<address type='pci' domain='0' bus='{place.bus.index}' slot='{place.slot}' function='0'/>"
    device = card(0x80 + number).replace("</interface>", f"{address}</interface>")
    guest.domain.attachDeviceFlags(device, 1)


def refuses(guest: RunningGuest, place: Place, number: int) -> None:
    import libvirt

    with pytest.raises(libvirt.libvirtError):
        attach(guest, place, 0x40 + number)


def guest_address(place: Place) -> str:
    return f"0000:{place.bus.number:02x}:{place.slot:02x}.0"
