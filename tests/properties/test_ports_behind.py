"""A port or bridge that a policy adds is numbered behind all that was there: nothing changes its name in the guest."""

from __future__ import annotations

import pytest
from examples import sampled
from properties.test_tunables_apart import documents

import devaddr_xml
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Controller, Device
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.policy import Policy
from devaddr_xml.views.guest_visible import Sight

POLICIES = {
    "hotplug": Policy(profile="hotplug"),
    "four": Policy(spare_ports=4),
    "twenty": Policy(spare_ports=20),
}


def bus(index: int, model: str, parent: int, slot: int) -> str:
    place = f"<address type='pci' bus='{parent}' slot='{slot}' function='0'/>"
    return f"<controller type='pci' index='{index}' model='{model}'>{place}</controller>"


def grown(card: int, *more: str) -> str:
    """A guest without video whose ports come after free slots, and a network card on one of its buses."""
    ports = bus(1, "pcie-root-port", 0, 3) + bus(2, "pcie-root-port", 0, 9)
    return f"""<domain type="kvm"><name>grown</name><memory>1048576</memory>
<os><type arch="x86_64" machine="q35">hvm</type></os><devices>
<controller type="usb" model="none"/><memballoon model="none"/>{ports}{"".join(more)}
<interface type="user"><mac address="52:54:00:00:00:01"/><model type="virtio"/>
<address type="pci" bus="{card}" slot="0" function="0"/></interface></devices></domain>"""


WITHOUT_VIDEO = {
    "gap": grown(2),
    "last slot": grown(2, bus(3, "dmi-to-pci-bridge", 0, 0x1E), bus(4, "pci-bridge", 3, 0)),
    "switch": grown(4, bus(3, "pcie-switch-upstream-port", 1, 0), bus(4, "pcie-switch-downstream-port", 3, 5)),
}


def key(device: Device) -> tuple[object, ...]:
    """What a device is known by when its address stays."""
    index = (device.type, device.index, device.master_startport) if isinstance(device, Controller) else None
    return device.kind, index, str(device.address), getattr(device, "target", None)


def check_names(before: Guest, after: Guest) -> None:
    """Every device that was there looks the same to the guest."""
    old, new = Sight(before), Sight(after)
    now = {key(device): device for device in after.devices}
    for device in before.devices:
        if device.address is not None:
            assert new.of(now[key(device)]) == old.of(device), device


def renumbers(warnings: tuple[object, ...]) -> bool:
    return any("firmware renumbers the buses after it" in str(warning) for warning in warnings)


@pytest.mark.parametrize("name", POLICIES)
def test_names_stay(name: str) -> None:
    seen = 0
    cases = [*sampled(list(documents()), 2), *WITHOUT_VIDEO.items()]
    for case, xml in cases:
        try:
            done = devaddr_xml.assign(xml)
            after = devaddr_xml.assign(done.xml, policy=POLICIES[name])
        except devaddr_xml.DevaddrError:
            continue
        seen += 1
        assert not renumbers(after.warnings), case
        try:
            check_names(done.guest, after.guest)
        except AssertionError as error:
            raise AssertionError(case) from error
    assert seen > len(cases) * 2 // 3


@pytest.mark.parametrize("name", WITHOUT_VIDEO)
def test_migration_that_keeps_all(name: str) -> None:
    done = devaddr_xml.assign(WITHOUT_VIDEO[name])
    after = devaddr_xml.migrate(done.xml, Policy(profile="hotplug"), keep="all")
    assert not renumbers(after.warnings)
    check_names(done.guest, after.guest)
    assert len(after.guest.devices) > len(done.guest.devices)


def spare(count: int) -> Policy:
    return Policy(spare_ports=count)


def test_a_switch_has_the_ports_for_which_the_last_slot_has_no_function() -> None:
    done = devaddr_xml.assign(WITHOUT_VIDEO["last slot"])
    nine = devaddr_xml.assign(done.xml, policy=spare(9))
    switches = [d for d in nine.added if isinstance(d, Controller) and d.model == "pcie-switch-upstream-port"]
    assert len(switches) == 1
    assert devaddr_xml.capacity(nine.xml).total("pcie-port").free == 9
    assert devaddr_xml.assign(nine.xml).xml == nine.xml
    thirty = devaddr_xml.migrate(nine.xml, spare(30), keep="all")
    assert devaddr_xml.capacity(thirty.xml).total("pcie-port").free == 30
    for before, after in ((done, nine), (nine, thirty)):
        assert not renumbers(after.warnings)
        check_names(before.guest, after.guest)


def test_ports_in_front_of_a_slot_that_takes_no_other_function() -> None:
    alone = bus(3, "dmi-to-pci-bridge", 0, 0x1E).replace("function='0'", "function='0' multifunction='off'")
    done = devaddr_xml.assign(grown(2, alone, bus(4, "pci-bridge", 3, 0)))
    assert renumbers(devaddr_xml.assign(done.xml, policy=spare(20)).warnings)


def test_version_1_takes_the_lowest_slot() -> None:
    done = devaddr_xml.assign(WITHOUT_VIDEO["gap"]).xml
    ports = [
        device.address
        for device in devaddr_xml.assign(done, policy=Policy(version=1, spare_ports=2)).guest.devices
        if isinstance(device, Controller) and device.model == "pcie-root-port"
    ]
    assert min(address.slot for address in ports) == 1


SWITCH_ON_A_CELL = """<domain type='kvm' xmlns:devaddr='urn:devaddr-xml:hints:1'>
<name>alone</name><memory unit='GiB'>4</memory><vcpu>2</vcpu>
<os><type arch='x86_64' machine='q35'>hvm</type></os>
<cpu><numa><cell id='0' cpus='0-1' memory='4' unit='GiB'/></numa></cpu>
<devices>
<input type='tablet' bus='virtio' devaddr:node='0' devaddr:placement='switch'/>
</devices></domain>"""

CARD = "<interface type='user' devaddr:node='0'><mac address='52:54:00:00:00:01'/><model type='e1000'/></interface>"


def test_what_is_in_a_port_stays_alone_there() -> None:
    """A bridge for a conventional device gets a port of its own, and no function beside a switch."""
    before = devaddr_xml.assign(SWITCH_ON_A_CELL)
    after = devaddr_xml.assign(before.xml.replace("</devices>", f"{CARD}</devices>"))
    models = {
        device.index: device.model
        for device in after.guest.devices
        if isinstance(device, Controller) and device.type == "pci"
    }
    (bridge,) = (
        device
        for device in after.guest.devices
        if isinstance(device, Controller) and device.model == "pcie-to-pci-bridge"
    )
    assert isinstance(bridge.address, PciAddress)
    assert models[bridge.address.bus] == "pcie-root-port"
    assert (bridge.address.slot, bridge.address.function) == (0, 0)
    places = {(device.kind, str(device.address)) for device in before.guest.devices if device.address}
    assert places <= {(device.kind, str(device.address)) for device in after.guest.devices}
