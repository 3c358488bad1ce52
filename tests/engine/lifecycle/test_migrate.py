"""Migrating: by additions nothing moves, and promises are met or listed; laid out anew, only what is kept stays."""

from __future__ import annotations

import pytest
from recorded import Recorded

from devaddr_xml import Policy, plan
from devaddr_xml.engine.lifecycle.migrate import Migrated, migrate
from devaddr_xml.model.address import DriveAddress, PciAddress
from devaddr_xml.model.device import AnyDevice, Controller, Disk, Hostdev, HostSource, Interface
from devaddr_xml.model.errors import HintError, ValueInvalid
from devaddr_xml.model.guest import Guest, NumaCell
from devaddr_xml.model.hints import Hints
from devaddr_xml.model.policy import DeviceHints, Spare
from devaddr_xml.probe.embedded import capabilities_for

ARCHITECTURES = {"q35": "x86_64", "pc": "x86_64", "s390-ccw-virtio": "s390x"}


def guest(machine: str, *devices: AnyDevice, nodes: int = 0, policy: Policy | None = None) -> Guest:
    cells = tuple(NumaCell(id=number, memory=1 << 20) for number in range(nodes))
    return Guest(
        arch=ARCHITECTURES[machine],
        machine=machine,
        memory=1 << 20,
        cells=cells,
        devices=list(devices),
        policy=policy,
    )


def nic(number: int, **rest: object) -> Interface:
    return Interface(mac=f"52:54:00:00:00:{number:02x}", model="virtio", **rest)


def nics(count: int) -> list[AnyDevice]:
    return [nic(number + 1) for number in range(count)]


def port(index: int, at: PciAddress | None = None, **rest: object) -> Controller:
    return Controller(type="pci", index=index, model="pcie-root-port", address=at, **rest)


def under(source: Guest, policy: Policy, keep: tuple[str, ...] | None = None) -> Migrated:
    return migrate(source, policy, keep=keep, capabilities=capabilities_for(source.arch or ""))


def ports(found: Guest) -> list[Controller]:
    return [d for d in found.devices if isinstance(d, Controller) and d.model == "pcie-root-port"]


def free_ports(found: Guest) -> list[Controller]:
    used = {device.address.bus for device in found.devices if isinstance(device.address, PciAddress)}
    return [each for each in ports(found) if each.index not in used and each.hotplug is not False]


def moved(found: Migrated) -> list[AnyDevice]:
    before = [str(device.address) for device in found.before.guest.devices]
    after = [str(device.address) for device in found.after.aligned][: len(before)]
    return [d for d, old, new in zip(found.before.guest.devices, before, after, strict=True) if old != new]


@pytest.mark.parametrize("profile", ["libvirt", "hotplug", "integrated", "packed"])
@pytest.mark.parametrize("machine", ["q35", "pc", "s390-ccw-virtio"])
def test_by_additions_nothing_moves(machine: str, profile: str) -> None:
    found = under(guest(machine, *nics(5), Disk(target="vda", bus="virtio")), Policy(profile=profile))
    assert moved(found) == []
    assert found.leaving == ()
    assert found.adopted
    assert plan(found.after.guest).guest == found.after.guest


def test_promises_that_additions_meet() -> None:
    policy = Policy(spare_ports=5, port_hotplug="spare-only", spares=(Spare(1, 2),))
    found = under(guest("q35", *nics(3), nodes=2), policy)
    assert found.unmet == ()
    free = free_ports(found.after.guest)
    assert len(free) == 7
    assert all(each.hotplug is True for each in free)
    assert all(each.hotplug is False for each in ports(found.after.guest) if each not in free)


#: A policy for guests, and what is listed of it.
UNMET: dict[str, tuple[Guest, Policy, list[str]]] = {
    "devices behind ports": (
        guest("q35", nic(1), Disk(target="vda", bus="virtio")),
        Policy(pcie_placement="root-complex", spare_ports=0),
        [
            'interface 52:54:00:00:00:01: pcie-placement="root-complex": it stays at 0000:01:00.0, not on bus 0',
            'disk vda: pcie-placement="root-complex": it stays at 0000:03:00.0, not on bus 0',
        ],
    ),
    "devices behind a bridge": (
        guest("q35", Interface(mac="52:54:00:00:00:01", model="e1000")),
        Policy(legacy_placement="root-complex", spare_ports=0),
        ['interface 52:54:00:00:00:01: legacy-placement="root-complex": it stays at 0000:02:01.0, not on bus 0'],
    ),
    "devices behind no switch": (
        guest("q35", nic(1), policy=Policy(spare_ports=0)),
        Policy(pcie_placement="switch"),
        ['interface 52:54:00:00:00:01: pcie-placement="switch": it stays at 0000:01:00.0, behind no switch'],
    ),
    "devices with a slot each": (
        guest("q35", nic(1), nic(2)),
        Policy(packing="functions", spare_ports=0),
        ['packing="functions": 4 devices keep a slot each'],
    ),
    "disks on two controllers": (
        guest(
            "q35",
            Controller(type="scsi", index=0, model="virtio-scsi"),
            Disk(target="sda", bus="scsi"),
            Disk(target="sdh", bus="scsi"),
        ),
        Policy(scsi_units=200),
        ['scsi-units="200": 2 disks stay on 2 controllers'],
    ),
    "disks on one controller": (
        guest(
            "q35",
            Controller(type="scsi", index=0, model="virtio-scsi"),
            *(Disk(target=f"sd{letter}", bus="scsi") for letter in "abc"),
        ),
        Policy(scsi_units=2),
        ['scsi-units="2": controller scsi.0 keeps 3 disks'],
    ),
    "a node that its place does not have": (
        guest("q35", nic(1), nodes=2),
        Policy(devices=(DeviceHints(ref="52:54:00:00:00:01", node=1, port_hotplug="off"),)),
        ['52:54:00:00:00:01: node="1"'],
    ),
    "a device on a node that it did not ask for": (
        guest(
            "q35",
            Controller(type="pci", index=1, model="pcie-expander-bus", bus_nr=200, node=1),
            port(2, PciAddress(bus=1)),
            nic(1, address=PciAddress(bus=2)),
            nodes=2,
        ),
        Policy(spare_ports=1),
        ["interface 52:54:00:00:00:01: node: it has none and stays at 0000:02:00.0, on node 1"],
    ),
    "more free ports than there is room for": (
        guest("q35", nic(1)),
        Policy(spare_ports=4000),
        ['spare-ports="4000": there is room for '],
    ),
}


@pytest.mark.parametrize("name", UNMET)
def test_what_is_not_met_is_listed(golden: Recorded, name: str) -> None:
    source, policy, expected = UNMET[name]
    found = under(source, policy)
    texts = [str(unmet) for unmet in found.unmet]
    starts = [text for text in expected if any(each.startswith(text) for each in texts)]
    assert starts == expected, texts
    golden(*texts)
    assert moved(found) == []
    assert plan(found.after.guest).guest == found.after.guest


def test_of_a_hint_entry_the_rest_is_met() -> None:
    source, policy, _ = UNMET["a node that its place does not have"]
    found = under(source, policy)
    assert found.after.guest.policy is not None
    (entry,) = found.after.guest.policy.devices
    assert (entry.node, entry.port_hotplug) == (None, "off")


def test_what_libvirt_lets_pass_and_nobody_can_use_is_not_adopted() -> None:
    same = [port(1, PciAddress(slot=2), chassis=7), port(2, PciAddress(slot=3), chassis=7)]
    found = under(guest("q35", *same, nic(1)), Policy(profile="hotplug"))
    assert not found.adopted
    assert [unmet.promise for unmet in found.unmet] == ["policy"]
    assert "chassis 7 is used twice" in found.unmet[0].reason
    assert found.after is found.before


def test_a_policy_that_names_nothing_is_refused() -> None:
    with pytest.raises(ValueInvalid, match="names no device"):
        under(guest("q35", nic(1)), Policy(devices=(DeviceHints(ref="vdx", node=1),)))
    with pytest.raises(HintError):
        under(guest("q35", nic(1)), Policy(devices=(DeviceHints(ref="pci.1", hotplug="yes", port_hotplug="off"),)))


def test_laid_out_anew() -> None:
    found = under(guest("q35", *nics(10)), Policy(profile="packed"), keep=())
    assert found.unmet == ()
    assert len(ports(found.after.guest)) == 2
    assert all(isinstance(device, Controller) for device in found.leaving)
    assert len({d.address.bus for d in found.after.guest.devices if isinstance(d, Interface)}) <= 2


def test_what_is_kept_stays_with_what_is_above_it() -> None:
    source = guest("q35", *nics(3), Disk(target="vda", bus="virtio"))
    found = under(source, Policy(profile="integrated"), keep=("vda",))
    kept = next(device for device in found.after.guest.devices if isinstance(device, Disk))
    before = next(device for device in found.before.guest.devices if isinstance(device, Disk))
    assert kept.address == before.address
    assert [unmet.device for unmet in found.unmet] == ["disk vda"]
    assert all(d.address.bus == 0 for d in found.after.guest.devices if isinstance(d, Interface))
    with pytest.raises(ValueInvalid, match="names no device"):
        under(source, Policy(profile="integrated"), keep=("vdb",))


@pytest.mark.parametrize(("machine", "profile"), [("q35", "hotplug"), ("q35", "integrated"), ("pc", "hotplug")])
def test_function_0_of_the_slot_stays_with_what_is_kept(machine: str, profile: str) -> None:
    packed = Policy(packing="functions", spare_ports=0)
    policy = Policy(profile=profile, packing="separate")
    found = under(guest(machine, *nics(3), policy=packed), policy, keep=("52:54:00:00:00:02",))
    assert [device.mac for device in moved(found) if isinstance(device, Interface)] == ["52:54:00:00:00:03"]
    assert plan(found.after.guest).guest == found.after.guest


def test_the_port_at_function_0_stays_with_the_port_of_what_is_kept() -> None:
    found = under(guest("q35", *nics(3)), Policy(profile="integrated"), keep=("52:54:00:00:00:02",))
    functions = [each.address.function for each in ports(found.after.guest) if isinstance(each.address, PciAddress)]
    assert functions == [0, 1]


def test_controllers_with_more_than_a_guest_knows_stay() -> None:
    named = port(1, PciAddress(slot=2), alias="ua-port")
    wide = port(2, PciAddress(slot=3), mem_reserve=1024)
    plain = port(3, PciAddress(slot=4))
    found = under(guest("q35", named, wide, plain, nic(1)), Policy(profile="integrated"), keep=())
    left = {each.index: each for each in ports(found.after.guest)}
    assert set(left) == {1, 2}
    assert left[1].address == PciAddress(slot=2)


def test_what_was_on_a_node_is_there_again() -> None:
    source = guest("q35", nic(1, hints=Hints(node=1)), nic(2), nodes=2)
    plain = plan(source).guest
    plain.policy = None
    for device in plain.devices:
        device.hints = None
    found = under(plain, Policy(profile="hotplug"), keep=())
    assert found.after.guest.policy is not None
    assert [(e.ref, e.node) for e in found.after.guest.policy.devices] == [("52:54:00:00:00:01", 1)]
    card = next(d for d in found.after.guest.devices if isinstance(d, Interface) and d.mac == "52:54:00:00:00:01")
    buses = {d.index: d for d in found.after.guest.devices if isinstance(d, Controller) and d.type == "pci"}
    above = buses[buses[card.address.bus].address.bus]
    assert (above.model, above.node) == ("pcie-expander-bus", 1)


def test_disks_are_counted_anew() -> None:
    disks = [Disk(target=f"sd{letter}", bus="scsi") for letter in "abcdefgh"]
    source = guest("q35", Controller(type="scsi", index=0, model="virtio-scsi"), *disks)
    found = under(source, Policy(scsi_units=100), keep=())
    assert found.unmet == ()
    assert {d.address for d in found.after.guest.devices if isinstance(d, Disk)} == {
        DriveAddress(unit=number) for number in range(8)
    }
    controllers = [device for device in found.after.guest.devices if isinstance(device, Controller)]
    assert [each.model for each in controllers if each.type == "scsi"] == ["virtio-scsi"]
    assert not any(each.model == "pcie-to-pci-bridge" for each in controllers)


def test_a_pci_device_of_s390_stays_one() -> None:
    device = Hostdev(type="pci", source=HostSource(pci=PciAddress(bus=5)), address=PciAddress(slot=3, zpci_uid=7))
    virtio = nic(1, address=PciAddress(slot=4, zpci_uid=9))
    found = under(guest("s390-ccw-virtio", device, virtio), Policy(profile="libvirt"), keep=())
    addresses = [d.address for d in found.after.guest.devices if isinstance(d, Interface | Hostdev)]
    assert {address.zpci_uid for address in addresses if isinstance(address, PciAddress)} == {7, 9}
