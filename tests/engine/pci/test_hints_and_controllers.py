"""Hints together with PCI controllers: those of the document, and those that have to be made for them."""

from __future__ import annotations

import pytest
from properties.documents import Domain, Draft, disk, e1000, hostdev, nic
from properties.xml_layout import Bus, Document, check_tree
from properties.xml_promises import Promises, check_unmoved

import devaddr_xml

ROOT = "<controller type='pci' index='0' model='pcie-root'/>"


def pci(index: int, model: str, inner: str = "", hints: str = "") -> str:
    return f"<controller type='pci' index='{index}' model='{model}' {hints}>{inner}</controller>"


def at(device: Draft, bus: int, slot: int = 0) -> str:
    address = f"<address type='pci' domain='0' bus='{bus}' slot='{slot}' function='0'/>"
    return str(device).replace(f"</{device.tag}>", f"{address}</{device.tag}>")


def assigned(domain: Domain, more: str = "") -> Document:
    """The finished domain, with ``more`` in front of its devices; it keeps its promises and stays as it is."""
    xml = devaddr_xml.assign(str(domain).replace("<devices>", f"<devices>{more}")).xml
    document = Document(xml)
    check_tree(document)
    given = {device.name for device in document.devices if more}
    Promises(xml, domain.connections, fresh=not more, given=given).check()
    assert devaddr_xml.assign(xml).xml == xml
    return document


def bus_of(document: Document, name: str) -> Bus:
    return document.buses[document.device(name).own_place.bus]


def refusal(domain: Domain, more: str = "") -> str:
    with pytest.raises(devaddr_xml.DevaddrError) as refused:
        devaddr_xml.assign(str(domain).replace("<devices>", f"<devices>{more}"))
    return refused.value.message


def test_a_port_with_a_node_gets_an_expander_and_no_stranger() -> None:
    document = assigned(Domain("q35", [disk(0)], nodes=2), ROOT + pci(1, "pcie-root-port", hints="devaddr:node='1'"))
    assert document.node(document.buses[1]) == 1
    assert document.buses[1].devices == []


def test_a_waiting_port_goes_to_the_node_of_the_device_behind_it() -> None:
    expander = pci(1, "pcie-expander-bus", "<target busNr='200'><node>1</node></target>")
    for controllers, index in ((pci(1, "pcie-root-port"), 1), (expander + pci(2, "pcie-root-port"), 2)):
        device = at(disk(0, hints={"node": "1"}), index)
        document = assigned(Domain("q35", [], nodes=2), ROOT + controllers + device)
        assert document.node(document.device("vda")) == 1


def test_a_waiting_switch_goes_to_its_node() -> None:
    models = ("pcie-root-port", "pcie-switch-upstream-port", "pcie-switch-downstream-port")
    controllers = "".join(pci(index, model, hints="devaddr:node='1'") for index, model in enumerate(models, 1))
    document = assigned(Domain("q35", [disk(0)], nodes=2), ROOT + controllers)
    assert [document.node(document.buses[index]) for index in (1, 2, 3)] == [1, 1, 1]


def test_a_waiting_bridge_is_never_below_itself() -> None:
    bridge = pci(0, "pci-root") + pci(1, "pci-bridge", hints="devaddr:node='1'")
    assert "higher than that of the bus 2" in refusal(Domain("pc", [], nodes=2), bridge)


@pytest.mark.parametrize(
    ("policy", "first", "free"),
    [
        ({"port-hotplug": "spare-only"}, "", 2),
        ({"port-hotplug": "on"}, "", 2),
        ({}, "", 2),
        ({"port-hotplug": "spare-only"}, "devaddr:port-hotplug='off'", 2),
        ({"port-hotplug": "on"}, "devaddr:port-hotplug='off'", 2),
    ],
)
def test_free_ports_are_counted_by_what_they_will_say(policy: dict[str, str], first: str, free: int) -> None:
    off = pci(1, "pcie-root-port", "" if first else "<target hotplug='off'/>", first)
    document = assigned(
        Domain("virt", [disk(0)], {"spare-ports": "2", **policy}), ROOT + off + pci(2, "pcie-root-port")
    )
    assert sum(bus.is_free_port for bus in document.buses.values()) == free


def test_a_port_that_carries_what_shall_be_hotpluggable_says_on_where_all_do() -> None:
    document = assigned(Domain("q35", [disk(0, hints={"hotplug": "yes"})], {"port-hotplug": "on"}))
    assert bus_of(document, "vda").hotplug == "on"


def test_all_ports_off_leaves_no_room_for_the_spare_ports_of_a_profile() -> None:
    document = assigned(Domain("q35", [disk(0)], {"profile": "hotplug", "port-hotplug": "off"}))
    assert all(bus.devices for bus in document.buses.values() if bus.is_port)


def test_conventional_devices_that_disagree_about_their_port_have_bridges_of_their_own() -> None:
    asked_hints = ({"hotplug": "yes"}, {"hotplug": "no"}, {"port-hotplug": "on"}, {"port-hotplug": "off"}, {})
    devices = [e1000(number, hints=hints) for number, hints in enumerate(asked_hints)]
    document = assigned(Domain("q35", devices))
    buses = [bus_of(document, device.ref).index for device in devices]
    assert buses[0] == buses[2] == buses[4] != buses[1] == buses[3]


def test_packed_devices_that_disagree_about_their_port_share_none() -> None:
    devices = [disk(number, hints={"port-hotplug": "on" if number % 2 else "off"}) for number in range(4)]
    document = assigned(Domain("q35", devices, {"packing": "functions"}))
    assert bus_of(document, "vda") == bus_of(document, "vdc") != bus_of(document, "vdb") == bus_of(document, "vdd")


def test_members_of_a_slot_group_cannot_disagree_about_their_port() -> None:
    devices = [
        disk(0, hints={"slot-group": "g", "hotplug": "no"}),
        disk(1, hints={"slot-group": "g", "port-hotplug": "on"}),
    ]
    assert "keeps together" in refusal(Domain("q35", devices))


def test_what_one_member_of_a_slot_group_says_of_hotplug_holds_for_all() -> None:
    devices = [e1000(0, hints={"slot-group": "g", "hotplug": "no"}), nic(1, hints={"slot-group": "g"})]
    document = assigned(Domain("q35", devices))
    port = document.port(document.device(devices[1].ref))
    assert port is not None
    assert port.hotplug == "off"


@pytest.mark.parametrize("machine", ["q35", "virt"])
def test_a_mixed_slot_group_goes_where_its_conventional_member_goes(machine: str) -> None:
    devices = [e1000(0, hints={"slot-group": "g"}), hostdev(0, hints={"slot-group": "g"})]
    document = assigned(Domain(machine, devices, {"legacy-placement": "root-complex"}))
    assert {bus_of(document, device.ref).index for device in devices} == {0}
    document = assigned(Domain(machine, devices))
    assert {bus_of(document, device.ref).model for device in devices} == {"pcie-to-pci-bridge"}


def test_a_slot_group_behind_a_port_takes_no_conventional_device() -> None:
    before = assigned(Domain("q35", [disk(0, hints={"slot-group": "g"})], {"legacy-placement": "root-complex"}))
    for device in (e1000(0, hints={"slot-group": "g"}), disk(1, hints={"slot-group": "g"})):
        xml = before.xml.replace("<devices>", f"<devices>{device}")
        if device.connection == "pci":
            with pytest.raises(devaddr_xml.DevaddrError, match="slot-group is not kept"):
                devaddr_xml.assign(xml)
        else:
            after = Document(devaddr_xml.assign(xml).xml)
            check_unmoved(before, after)
            assert after.device("vda").own_place.slot == after.device("vdb").own_place.slot


def test_a_bus_group_of_one_slot_may_have_a_root_port_as_its_bus() -> None:
    hints = {"slot-group": "g", "bus-group": "b", "placement": "root-port"}
    devices = [disk(number, hints=hints) for number in range(3)]
    xml = devaddr_xml.assign(str(Domain("q35", [*devices, disk(3)]))).xml
    document = Document(xml)
    assert bus_of(document, "vda").model == "pcie-root-port"
    assert bus_of(document, "vda").devices == [document.device(device.ref) for device in devices]
    assert "bus-group is not kept" in refusal(Domain("q35", [*devices, disk(3, hints={"bus-group": "b"})]))


def test_a_name_without_a_node_is_a_host_bridge_without_one() -> None:
    document = assigned(Domain("pseries", [disk(0, hints={"root-complex": "a"}), disk(1)], nodes=1))
    assert bus_of(document, "vda").index > 0
    assert bus_of(document, "vda").node is None


@pytest.mark.parametrize("machine", ["pc", "pseries"])
@pytest.mark.parametrize("node", ["0", None])
@pytest.mark.parametrize("packing", ["separate", "functions"])
def test_a_bridge_of_a_node(machine: str, node: str | None, packing: str) -> None:
    hints = {"placement": "bridge"} | ({"node": node} if node else {})
    devices = [disk(0, hints={"node": node} if node else {}), disk(1, hints=hints), disk(2, hints=hints)]
    document = assigned(Domain(machine, devices, {"packing": packing}, nodes=1))
    assert bus_of(document, "vdb") == bus_of(document, "vdc")
    assert bus_of(document, "vdb").model == "pci-bridge"
    assert document.node(document.device("vdb")) == (int(node) if node else None)


def test_what_says_something_of_its_port_has_one() -> None:
    hints = {"port-hotplug": "off"}
    video = Draft("video[1]", "video", "", "<model type='virtio'/>", "either", hints)
    document = assigned(Domain("q35", [disk(0, hints=hints), e1000(0, hints=hints), video], {"profile": "integrated"}))
    for name in ("vda", e1000(0).ref, "video[1]"):
        port = document.port(document.device(name))
        assert port is not None
        assert port.hotplug == "off"


def test_every_switch_hangs_on_a_root_port() -> None:
    document = assigned(Domain("virt", [disk(number) for number in range(70)], {"pcie-placement": "switch"}))
    switches = [bus for bus in document.buses.values() if bus.model == "pcie-switch-upstream-port"]
    assert len(switches) == 3
    assert {document.buses[switch.own_place.bus].model for switch in switches} == {"pcie-root-port"}


def test_new_ports_avoid_the_places_of_controllers_that_come_later() -> None:
    """A bus without a controller makes ports before the addresses of all other controllers are read."""
    ports = "".join(
        pci(
            index, "pcie-root-port", f"<address type='pci' bus='0' slot='1' function='{index - 1}' multifunction='on'/>"
        )
        for index in (1, 2)
    )
    document = assigned(
        Domain("q35", [nic(0)], {"spare-ports": "1"}), ROOT + at(hostdev(0), 5) + ports + at(disk(0), 1)
    )
    assert document.buses[1].own_place == (0, 1, 0)


@pytest.mark.parametrize("machine", ["pc", "pseries"])
@pytest.mark.parametrize("asked", ["own-bus", "bus-group"])
@pytest.mark.parametrize("count", [27, 28, 29, 30, 31, 56, 57, 58, 59, 60, 61, 90])
def test_there_is_always_a_slot_for_a_bridge(machine: str, asked: str, count: int) -> None:
    devices = [disk(number) for number in range(count)] + [nic(n, hints={asked: "yes"}) for n in range(3)]
    for spare in ("0", "5"):
        assigned(Domain(machine, devices, {"spare-ports": spare}))


@pytest.mark.parametrize("machine", ["pc", "pseries"])
@pytest.mark.parametrize("asked", [{}, {"own-bus": "yes"}, {"placement": "bridge"}])
def test_bus_0_is_for_those_that_can_be_nowhere_else(machine: str, asked: dict[str, str]) -> None:
    devices = [nic(number, hints=asked) for number in range(40)]
    assigned(Domain(machine, [*devices, *(disk(n, hints={"placement": "root-complex"}) for n in range(20))]))


def test_ports_leave_bus_0_to_integrated_devices() -> None:
    devices = [disk(number, hints={"placement": "root-complex"} if number < 26 else {}) for number in range(45)]
    assigned(Domain("virt", devices))


@pytest.mark.parametrize("machine", ["q35", "pc", "virt", "pseries"])
def test_too_many_root_complexes_are_given_up_where_nodes_are_preferred(machine: str) -> None:
    devices = [disk(number, hints={"node": "0", "root-complex": f"r{number}"}) for number in range(60)]
    assert "place" in refusal(Domain(machine, devices, nodes=1)) or machine == "pseries"
    done = devaddr_xml.assign(str(Domain(machine, devices, {"numa": "prefer"}, nodes=1)))
    document = Document(done.xml)
    check_tree(document)
    placed = [document.node(device) for device in document.devices if device.tag == "disk"]
    assert placed.count(0) > 20
    assert sum("is not possible" in str(warning) for warning in done.warnings) == placed.count(None)
    assert devaddr_xml.assign(done.xml).xml == done.xml


@pytest.mark.parametrize("count", [235, 300])
def test_slots_are_shared_before_nodes_are_given_up(count: int) -> None:
    devices = [disk(number, hints={"node": "0"}) for number in range(count)]
    done = devaddr_xml.assign(str(Domain("q35", devices, {"numa": "prefer", "overflow": "pack"}, nodes=1)))
    document = Document(done.xml)
    assert all(document.node(device) == 0 for device in document.devices if device.tag == "disk")
    assert not any("is not possible" in str(warning) for warning in done.warnings)
