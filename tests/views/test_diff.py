"""The difference between two guests."""

from __future__ import annotations

import copy
import json
from types import SimpleNamespace

import pytest
from examples import scaled
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from devaddr_xml.model.address import CcwAddress, DimmAddress, DriveAddress, PciAddress, UsbAddress
from devaddr_xml.model.device import (
    Channel,
    Controller,
    Device,
    Disk,
    Filesystem,
    Hostdev,
    HostSource,
    Interface,
    Memballoon,
    Memory,
    Rng,
    Sound,
    Video,
)
from devaddr_xml.model.guest import Guest
from devaddr_xml.operations.diff import diff
from devaddr_xml.views.diff import Diff


def told(found: Diff) -> list[tuple[str, str, str | None]]:
    """Kind of change, reference and attribute of every change, in a fixed order."""
    return sorted((c.change, c.ref, c.attribute or "") for c in found.changes)


def edited(guest: Guest) -> Guest:
    """A copy in which devices can be changed."""
    return Guest(
        **{f: getattr(guest, f) for f in Guest.__struct_fields__} | {"devices": [copy.copy(d) for d in guest.devices]}
    )


def by(guest: Guest, **wanted: object) -> Device:
    return next(d for d in guest.devices if all(getattr(d, k, None) == v for k, v in wanted.items()))


def test_moved_interface_and_what_the_guest_notices(make: SimpleNamespace) -> None:
    old = make.q35(make.nic(1, "01:00.0"), make.disk("vda", "02:00.0"))
    new = edited(old)
    by(new, kind="interface").address = make.pci("03:00.0")
    (change,) = diff(old, new).changes
    assert (change.change, change.ref, change.old, change.new) == (
        "moved",
        "52:54:00:00:00:01",
        "0000:01:00.0",
        "0000:03:00.0",
    )
    assert change.noticed == (
        "network name enp1s0 → enp3s0",
        "PCI address in the guest 0000:01:00.0 → 0000:03:00.0",
    )


def test_moved_disk(make: SimpleNamespace) -> None:
    old = make.q35(make.disk("vda", "02:00.0"))
    new = edited(old)
    new.devices[-1].address = make.pci("01:00.0")
    (change,) = diff(old, new).changes
    assert change.noticed[0] == "disk /dev/disk/by-path/pci-0000:02:00.0 → /dev/disk/by-path/pci-0000:01:00.0"
    assert any("Windows" in line for line in change.noticed)


def test_disk_target_of_a_drive_address_counts(make: SimpleNamespace) -> None:
    scsi = Controller(type="scsi", index=0, model="virtio-scsi", address=make.pci("01:00.0"))
    old = make.q35(scsi, Disk(target="sda", bus="scsi", address=DriveAddress(0, 0, 0, 1)))
    new = edited(old)
    new.devices[-1].address = DriveAddress(0, 0, 3, 1)
    (change,) = diff(old, new).changes
    assert change.change == "moved"
    assert change.noticed[0].endswith("scsi-0:0:0:1 → /dev/disk/by-path/pci-0000:01:00.0-scsi-0:0:3:1")


def test_moved_controller_has_effects_below(make: SimpleNamespace) -> None:
    old = make.q35(make.nic(1, "01:00.0"), make.nic(2, "03:00.0"), ports=3)
    new = edited(old)
    by(new, type="pci", index=1).address = make.pci("00:0a.0")
    found = diff(old, new)
    assert told(found) == [("moved", "pci.1", "")]
    effects = {e.ref: e.noticed for e in found.effects}
    assert effects["52:54:00:00:00:01"][0] == "network name enp1s0 → enp3s0"
    assert effects["52:54:00:00:00:02"][0] == "network name enp3s0 → enp2s0"


def test_added_port_renumbers_without_being_a_change_of_others(make: SimpleNamespace) -> None:
    old = make.q35(make.nic(1, "01:00.0"), ports=1)
    new = edited(old)
    new.devices.append(make.bridge(2, "pcie-root-port", "00:01.0", chassis=2))
    found = diff(old, new)
    assert told(found) == [("added", "pci.2", "")]
    assert "network name enp1s0 → enp2s0" in {line for e in found.effects for line in e.noticed}


@pytest.mark.parametrize(
    ("field", "value", "attribute", "old", "new"),
    [
        ("chassis", 40, "chassis", "4", "40"),
        ("port", 9, "port", "0x0", "0x9"),
        ("hotplug", False, "hotplug", "on", "off"),
        ("model_name", "ioh3420", "model name", None, "ioh3420"),
        ("mem_reserve", 2048, "memReserve", None, "2048"),
    ],
)
def test_attributes_of_a_port(
    make: SimpleNamespace, field: str, value: object, attribute: str, old: str | None, new: str
) -> None:
    first = make.expanders()
    second = edited(first)
    setattr(by(second, type="pci", index=4), field, value)
    (change,) = diff(first, second).changes
    assert (change.change, change.ref, change.attribute, change.old, change.new) == (
        "changed",
        "pci.4",
        attribute,
        old,
        new,
    )


def test_expander_number_and_node(make: SimpleNamespace) -> None:
    first = make.expanders()
    second = edited(first)
    expander = by(second, type="pci", index=3)
    expander.bus_nr, expander.node = 200, 0
    found = diff(first, second)
    assert told(found) == [("changed", "pci.3", "busNr"), ("changed", "pci.3", "node")]
    effects = {e.ref: e.noticed for e in found.effects}
    assert effects["52:54:00:00:00:02"] == (
        "network name enp241s0 → enp201s0",
        "PCI address in the guest 0000:f1:00.0 → 0000:c9:00.0",
        "NUMA node 1 → 0",
    )


def test_hotplug_on_is_the_default(make: SimpleNamespace) -> None:
    first = make.expanders()
    second = edited(first)
    by(second, type="pci", index=4).hotplug = True
    by(second, type="pci", index=4).chassis = None
    assert diff(first, second).same


def test_multifunction(make: SimpleNamespace) -> None:
    first = make.q35(make.nic(1, "01:00.0"))
    second = edited(first)
    second.devices[-1].address = make.pci("01:00.0", True)
    (change,) = diff(first, second).changes
    assert (change.attribute, change.old, change.new) == ("multifunction", "off", "on")
    assert change.noticed[0] == "network name enp1s0 → enp1s0f0"


def test_channel_device_number() -> None:
    def guest(number: int) -> Guest:
        return Guest(
            arch="s390x",
            machine="s390-ccw-virtio",
            devices=[Interface(mac="52:54:00:00:00:01", model="virtio", address=CcwAddress(0xFE, 0, number))],
        )

    (change,) = diff(guest(1), guest(2)).changes
    assert change.noticed == ("network name enc1 → enc2", "device number 0.0.0001 → 0.0.0002")


def test_machine_and_memory(make: SimpleNamespace) -> None:
    old = make.q35()
    new = edited(old)
    new.machine, new.vcpus = "pc-q35-8.0", 4
    assert told(diff(old, new)) == [("changed", "guest", "machine"), ("changed", "guest", "vcpus")]


def test_identity_by_alias_goes_before_the_rest(make: SimpleNamespace) -> None:
    old = make.q35(
        Interface(alias="ua-a", mac="52:54:00:00:00:01", address=make.pci("01:00.0")),
        Interface(alias="ua-b", mac="52:54:00:00:00:02", address=make.pci("02:00.0")),
    )
    new = edited(old)
    new.devices[-1].mac, new.devices[-2].mac = new.devices[-2].mac, new.devices[-1].mac
    assert told(diff(old, new)) == [("changed", "ua-a", "mac"), ("changed", "ua-b", "mac")]


def test_without_alias_the_mac_address_is_the_interface(make: SimpleNamespace) -> None:
    old = make.q35(make.nic(1, "01:00.0"), make.nic(2, "02:00.0"))
    new = edited(old)
    new.devices[-1].mac, new.devices[-2].mac = new.devices[-2].mac, new.devices[-1].mac
    assert [c[0] for c in told(diff(old, new))] == ["moved", "moved"]


def test_a_renamed_disk_is_the_same_by_its_source(make: SimpleNamespace) -> None:
    def guest(target: str, source: str | None) -> Guest:
        return make.q35(Disk(target=target, bus="virtio", source=source, address=make.pci("01:00.0")))

    (change,) = diff(guest("vda", "file=/a"), guest("vdb", "file=/a")).changes
    assert (change.change, change.attribute, change.old, change.new) == ("changed", "target", "vda", "vdb")
    assert diff(guest("vda", "file=/a"), guest("vda", "file=/b")).same
    assert [c[0] for c in told(diff(guest("vda", "file=/a"), guest("vdb", "file=/b")))] == ["added", "removed"]


def test_one_identity_on_several_devices(make: SimpleNamespace) -> None:
    cards = [make.nic(1, "01:00.0"), make.nic(1, "02:00.0"), make.nic(1, "03:00.0")]
    old = make.q35(*cards)
    assert diff(old, make.q35(*reversed(cards))).same
    found = diff(old, make.q35(cards[2], make.nic(1, "04:00.0"), cards[0]))
    assert [(c.change, c.old, c.new) for c in found.changes] == [("moved", "0000:02:00.0", "0000:04:00.0")]


def test_another_mac_address_is_another_interface(make: SimpleNamespace) -> None:
    old, new = make.q35(make.nic(1, "01:00.0")), make.q35(make.nic(2, "01:00.0"))
    assert told(diff(old, new)) == [("added", "52:54:00:00:00:02", ""), ("removed", "52:54:00:00:00:01", "")]


def test_devices_without_identity(make: SimpleNamespace) -> None:
    def rng(at: str) -> Rng:
        return Rng(model="virtio", address=make.pci(at))

    old = make.q35(rng("01:00.0"), rng("02:00.0"), ports=4)
    assert diff(old, make.q35(rng("02:00.0"), rng("01:00.0"), ports=4)).same
    assert [(c.change, c.old, c.new) for c in diff(old, make.q35(rng("02:00.0"), rng("03:00.0"))).changes] == [
        ("moved", "0000:01:00.0", "0000:03:00.0")
    ]
    assert [(c.change, c.old) for c in diff(old, make.q35(rng("02:00.0"))).changes] == [("removed", "0000:01:00.0")]


def test_another_model_at_the_same_place_is_the_same_device(make: SimpleNamespace) -> None:
    old = make.q35(Sound(model="ich6", address=make.pci("01:00.0")))
    new = make.q35(Sound(model="ich9", address=make.pci("01:00.0")))
    (change,) = diff(old, new).changes
    assert (change.change, change.attribute, change.old, change.new) == ("changed", "model", "ich6", "ich9")


def test_the_one_balloon_is_the_same_wherever_it_is(make: SimpleNamespace) -> None:
    old = make.q35(Memballoon(model="virtio", address=make.pci("01:00.0")))
    new = make.q35(Memballoon(model="virtio-transitional", address=make.pci("02:00.0")))
    assert [c[0] for c in told(diff(old, new))] == ["changed", "moved"]


def test_companions_of_a_usb_controller() -> None:
    def guest(*models: str) -> Guest:
        return Guest(devices=[Controller(type="usb", index=0, model=model) for model in models])

    set_of_three = ("ich9-ehci1", "ich9-uhci1", "ich9-uhci2")
    assert diff(guest(*set_of_three), guest(*reversed(set_of_three))).same
    assert [c[0] for c in told(diff(guest(*set_of_three), guest(*set_of_three[:2])))] == ["removed"]
    (change,) = diff(guest("piix3-uhci"), guest("qemu-xhci")).changes
    assert (change.change, change.attribute) == ("changed", "model")


def test_json(make: SimpleNamespace) -> None:
    old = make.q35(make.nic(1, "01:00.0"))
    assert json.loads(diff(old, old).to_json()) == {"same": True, "changes": [], "effects": []}
    new = edited(old)
    new.devices[-1].address = make.pci("02:00.0")
    (change,) = json.loads(diff(old, new).to_json())["changes"]
    assert change["change"] == "moved"
    assert change["old"] == "0000:01:00.0"


def test_documents(make: SimpleNamespace) -> None:
    xml = """<domain type='kvm'><os><type arch='x86_64' machine='q35'>hvm</type></os><devices>{}</devices></domain>"""
    nic = "<interface type='user'><mac address='52:54:00:00:00:01'/><address type='pci' bus='{}'/></interface>"
    snapshot = f"<domainsnapshot><name>s</name>{xml.format(nic.format(1))}</domainsnapshot>"
    assert diff(snapshot, xml.format(nic.format("0x01")).encode()).same
    (change,) = diff(xml.format("\n" + nic.format(1)), xml.format(nic.format(2))).changes
    assert (change.change, change.old_line, change.new_line) == ("moved", 2, 1)


# --- generated guests with known edits ---

_MODELS = ("virtio", "e1000e")


def _nic(number: int, bus: int) -> Device:
    return Interface(mac=f"52:54:00:00:01:{number:02x}", model=_MODELS[number % 2], address=PciAddress(bus=bus))


_MAKERS = (
    _nic,
    lambda number, bus: Disk(target=f"vd{chr(97 + number)}", bus="virtio", address=PciAddress(bus=bus)),
    lambda number, bus: Hostdev(
        type="pci", source=HostSource(pci=PciAddress(bus=number + 1)), address=PciAddress(bus=bus)
    ),
    lambda number, bus: Filesystem(target=f"share{number}", driver="virtiofs", address=PciAddress(bus=bus)),
    lambda number, bus: Rng(model="virtio", alias=f"ua-rng{number}", address=PciAddress(bus=bus)),
)


@st.composite
def guests(draw: st.DrawFn) -> Guest:
    """A q35 guest of expanders, ports and devices, some ports free."""
    devices: list[Device] = [Controller(type="pci", index=0, model="pcie-root")]
    ports = draw(st.integers(2, 14))
    for index in range(1, ports + 1):
        devices.append(
            Controller(
                type="pci",
                index=index,
                model="pcie-root-port",
                chassis=index,
                port=16 + index,
                hotplug=draw(st.sampled_from([None, True, False])),
                address=PciAddress(slot=2 + index // 8, function=index % 8),
            )
        )
    for node in range(draw(st.integers(0, 2))):
        devices.append(
            Controller(
                type="pci",
                index=20 + node,
                model="pcie-expander-bus",
                bus_nr=200 + 20 * node,
                node=node,
                address=PciAddress(slot=10 + node),
            )
        )
    occupied = draw(st.integers(0, ports - 1))
    for number in range(occupied):
        devices.append(draw(st.sampled_from(_MAKERS))(number, number + 1))
    devices.append(Controller(type="scsi", index=0, model="virtio-scsi", address=PciAddress(slot=20)))
    devices += [
        Disk(target=f"sd{chr(97 + n)}", bus="scsi", address=DriveAddress(unit=n))
        for n in range(draw(st.integers(0, 3)))
    ]
    devices.append(Memory(model="dimm", size=1024, address=DimmAddress(slot=0)))
    devices.append(Channel(target_type="virtio", name="org.qemu.guest_agent.0"))
    devices.append(Video(model="virtio", address=PciAddress(slot=1)))
    return Guest(arch="x86_64", machine="q35", acpi=True, devices=draw(st.permutations(devices)))


Edit = tuple[str, str, str]


def _apply(guest: Guest, draw: st.DrawFn) -> set[Edit]:
    """Change the guest in a few known ways; what a correct report says."""
    from devaddr_xml.model.naming import preferred_references

    refs = preferred_references(guest.devices)
    edits: set[Edit] = set()
    free_bus = 100
    for device in draw(st.lists(st.sampled_from(guest.devices), max_size=4, unique_by=id)):
        ref = refs[id(device)]
        if isinstance(device, Controller) and device.type == "pci":
            if device.model == "pcie-root-port":
                what = draw(st.sampled_from(["chassis", "port", "hotplug", "move"]))
                if what == "chassis":
                    device.chassis = 200
                elif what == "port":
                    device.port = 250
                elif what == "hotplug":
                    device.hotplug = device.hotplug is False
                else:
                    device.address = PciAddress(slot=25, function=len(edits))
                edits.add(("moved", ref, "") if what == "move" else ("changed", ref, what))
            elif device.model == "pcie-expander-bus":
                what = draw(st.sampled_from(["busNr", "node"]))
                if what == "busNr":
                    device.bus_nr += 3
                else:
                    device.node += 1
                edits.add(("changed", ref, what))
        elif isinstance(device.address, PciAddress):
            if draw(st.booleans()) or device.kind == "video":
                free_bus += 1
                device.address = replace(device.address, bus=free_bus, slot=0)
                edits.add(("moved", ref, ""))
            else:
                guest.devices.remove(device)
                edits.add(("removed", ref, ""))
        elif isinstance(device.address, DriveAddress):
            device.address = replace(device.address, target=7)
            edits.add(("moved", ref, ""))
    for number in range(draw(st.integers(0, 2))):
        new = draw(st.sampled_from(_MAKERS))(20 + number, 150 + number)
        guest.devices.append(new)
        edits.add(("added", preferred_references([new])[id(new)], ""))
    guest.devices[:] = draw(st.permutations(guest.devices))
    return edits


@settings(max_examples=scaled(300), deadline=None)
@given(st.data())
def test_exactly_the_edits_are_reported(data: st.DataObject) -> None:
    old = data.draw(guests())
    new = edited(old)
    edits = _apply(new, data.draw)
    found = diff(old, new)
    assert set(told(found)) == edits
    assert len(found.changes) == len(edits)
    assert found.same == (not edits)
    back = {"added": "removed", "removed": "added"}
    assert {(c, a) for c, _, a in told(diff(new, old))} == {(back.get(c, c), a) for c, _, a in edits}


@settings(max_examples=scaled(100), deadline=None)
@given(st.data())
def test_order_means_nothing(data: st.DataObject) -> None:
    old = data.draw(guests())
    new = edited(old)
    new.devices = data.draw(st.permutations(new.devices))
    found = diff(old, new)
    assert found.same
    assert not found.effects


def test_usb_ports_are_places() -> None:
    def guest(*port: int) -> Guest:
        return Guest(devices=[Disk(target="sda", bus="usb", address=UsbAddress(0, port))])

    assert [(c.old, c.new) for c in diff(guest(1), guest(1, 2)).changes] == [("bus 0 port 1", "bus 0 port 1.2")]
