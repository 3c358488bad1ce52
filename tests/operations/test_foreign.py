"""Devices in <qemu:commandline>: kept clear of under a policy, warned of without one, shown, counted, kept."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import devaddr_xml
from devaddr_xml.buses.pci.foreign import foreign_buses
from devaddr_xml.machines.family import machine_of
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Controller
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.policy import DeviceHints, Policy

QEMU = "xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'"


def _domain(*values: str, machine: str = "q35", disks: int = 2, extra: str = "", option: str = "-device") -> str:
    lines = "".join(f"<qemu:arg value='{option}'/>\n<qemu:arg value='{value}'/>\n" for value in values)
    found = "".join(
        f"<disk type='file' device='disk'><source file='/d{n}'/><target dev='vd{chr(97 + n)}' bus='virtio'/></disk>\n"
        for n in range(disks)
    )
    return (
        f"<domain type='kvm' {QEMU}><name>g</name><memory unit='GiB'>1</memory>"
        f"<os><type arch='x86_64' machine='{machine}'>hvm</type></os>\n<devices>\n{found}"
        f"<video><model type='vga'/></video>\n{extra}</devices>\n"
        f"<qemu:commandline>\n{lines}</qemu:commandline></domain>"
    )


def _collisions(guest: Guest) -> list[str]:
    """Addresses that a device of libvirt's and one of the command line share."""
    own = machine_of(guest.arch or "", guest.machine or "").chipset.own
    found = foreign_buses(guest.foreign, guest.devices, own)
    return [
        f"{place} {device}"
        for place in found.places
        for device in guest.devices
        if isinstance(device.address, PciAddress) and place.collides(device.address)
    ]


PLACES = st.one_of(
    st.just(""),
    st.integers(3, 30).map(lambda slot: f",addr=0x{slot:x}"),
    st.integers(3, 30).map(lambda slot: f",addr={slot:x}.0"),
    st.integers(1, 6).map(lambda bus: f",bus=pci.{bus},addr=0x0" if bus else ""),
)
DRIVERS = st.sampled_from(["edu", "ivshmem-plain,memdev=m", "vfio-pci,host=0b:00.0", "virtio-9p-pci,fsdev=f"])
PLAIN = st.tuples(DRIVERS, PLACES).map("".join)
JSON = st.integers(3, 30).map(lambda slot: json.dumps({"driver": "edu", "addr": f"0x{slot:x}"}))
POLICIES = st.one_of(
    st.sampled_from(["hotplug", "integrated", "packed"]).map(lambda profile: Policy(profile=profile)),
    st.integers(0, 20).map(lambda ports: Policy(spare_ports=ports)),
    st.just(Policy(overflow="pack")),
)


@example(values=["edu"], policy=Policy(spare_ports=0), disks=0, machine="pc")
@given(values=st.lists(st.one_of(PLAIN, JSON), max_size=4), policy=POLICIES, disks=st.integers(0, 12),
       machine=st.sampled_from(["q35", "pc"]))  # fmt: skip
def test_no_assigned_address_is_a_foreign_one(values: list[str], policy: Policy, disks: int, machine: str) -> None:
    first = devaddr_xml.assign(_domain(*values, machine=machine, disks=disks), policy=policy)
    assert not _collisions(first.guest)
    again = devaddr_xml.assign(first.xml, policy=policy)
    assert again.xml == first.xml
    added = devaddr_xml.attach(first.xml, NIC)
    assert not _collisions(added.guest)


@given(values=st.lists(st.one_of(PLAIN, JSON), max_size=4), machine=st.sampled_from(["q35", "pc"]))
def test_the_layout_of_libvirt_does_not_change(values: list[str], machine: str) -> None:
    with_them = devaddr_xml.assign(_domain(*values, machine=machine))
    without = devaddr_xml.assign(_domain(machine=machine))
    assert [device.address for device in with_them.guest.devices] == [d.address for d in without.guest.devices]
    warned = {notice.line for notice in with_them.warnings}
    own = machine_of("x86_64", machine).chipset.own
    for place in foreign_buses(with_them.guest.foreign, with_them.guest.devices, own).places:
        meets = any(isinstance(d.address, PciAddress) and place.collides(d.address) for d in with_them.guest.devices)
        assert not meets or place.device.line in warned


def test_the_warning_and_the_finding_name_both_lines() -> None:
    domain = devaddr_xml.assign(_domain("edu,id=e,addr=0x1")).xml
    line = next(at for at, text in enumerate(domain.splitlines(), 1) if "edu" in text)
    (notice,) = devaddr_xml.assign(domain).warnings
    (finding,) = (each for each in devaddr_xml.check(domain).findings if each.other)
    for found in (notice, finding):
        assert (found.line, found.device) == (line, 'QEMU device edu "e"')
        assert found.other == "video vga"
        assert "<video" in domain.splitlines()[found.other_line - 1]


PORT = "pcie-root-port,id=rp,chassis=90,addr=1e"


@pytest.mark.parametrize(
    ("values", "message", "lines"),
    [
        (["edu,addr=0x9", "edu,addr=9"], "its place 0000:00:09.0 is taken", (1, 0)),
        (["edu,addr=0x9", "driver=edu,addr=9.0"], "its place 0000:00:09.0 is taken", (1, 0)),
        (["edu,addr=0x9", '{"driver":"edu","addr":72}'], "its place 0000:00:09.0 is taken", (1, 0)),
        (["edu,addr=0x9", "edu,addr=9.1"], "its place 0000:00:09.1 is taken", (1, 0)),
        (["edu,addr=9.1", "edu,addr=9"], "its place 0000:00:09.0 is taken", (1, 0)),
        (["edu,addr=9,multifunction=on", "edu,addr=9.1"], None, ()),
        (["edu,id=a,addr=9", "edu,id=a,addr=a"], "the id a is used twice", (1, 0)),
        ([PORT, "edu,bus=rp", "edu,bus=rp"], "its place on bus rp is taken", (2, 1)),
        ([PORT, "edu,bus=rp,addr=0", "edu,bus=rp,addr=0.1"], "its place on bus rp is taken", (2, 1)),
        ([PORT, "edu,bus=rp,addr=1"], "the bus behind a port has slot 0 only, and its addr is slot 1", (1,)),
        (["edu,bus=pci.9,addr=1"], "the bus behind a port has slot 0 only, and its addr is slot 1", (0,)),
        (["edu,bus=pci.9", "edu,bus=pci.9"], "no slot of bus pci.9 is free", (1,)),
        ([PORT, "pcie-root-port,id=b,chassis=90,addr=1d"], "chassis 90 is that of another port", (1, 0)),
        ([PORT, "pcie-root-port,id=b,chassis=0x5a,slot=1,addr=1d"], None, ()),
        (["pcie-root-port,id=a,addr=1e", "pcie-root-port,id=b,addr=1d"], "chassis 0 is that of another port", (1, 0)),
        (["usb-tablet", "scsi-hd,bus=scsi0.0", "virtserialport,bus=virtio-serial0.0"], None, ()),
    ],
)
def test_what_is_wrong_among_them(values: list[str], message: str | None, lines: tuple[int, ...]) -> None:
    """lines: the positions, from 0, of the two devices in question."""
    domain = _domain(*(value.replace('"', "&quot;").replace("'", "") for value in values))
    ports = "".join(f"<controller type='pci' index='{n}' model='pcie-root-port'/>" for n in range(1, 10))
    domain = domain.replace("</devices>", f"{ports}\n</devices>").replace("&quot;", '"')
    found = [notice for notice in devaddr_xml.assign(domain, policy="hotplug").warnings if notice.line]
    texts = domain.splitlines()
    first = next(at for at, text in enumerate(texts, 1) if "<qemu:arg" in text) + 1
    if message is None:
        assert not found
        return
    notice = next(each for each in found if message in each.message)
    assert [notice.line, notice.other_line][: len(lines)] == [first + 2 * at for at in lines]
    findings = [each for each in devaddr_xml.check(domain, policy="hotplug").findings if message in each.message]
    assert [(each.line, each.other_line) for each in findings] == [(notice.line, notice.other_line)]


def test_a_port_with_the_chassis_of_one_of_libvirts_devices() -> None:
    domain = devaddr_xml.assign(_domain("pcie-root-port,id=rp,chassis=2,addr=1e")).xml
    (notice,) = (each for each in devaddr_xml.assign(domain).warnings if "chassis" in each.message)
    assert notice.other == "controller pci.2 (pcie-root-port)"


def test_the_bus_of_a_switch_has_more_slots_than_the_bus_of_a_port() -> None:
    """What is behind an upstream port can have any slot."""
    switch = (
        "<controller type='pci' index='1' model='pcie-root-port'/>"
        "<controller type='pci' index='2' model='pcie-switch-upstream-port'/>"
    )
    domain = _domain("xio3130-downstream,id=d,chassis=90,bus=pci.2,addr=5").replace("</devices>", f"{switch}</devices>")
    assert not [notice for notice in devaddr_xml.assign(domain).warnings if "slot 0 only" in notice.message]


NIC = "<interface type='network'><source network='n'/><model type='virtio'/></interface>"


def test_hotplug_passes_by_an_occupied_port() -> None:
    complete = devaddr_xml.assign(_domain(), policy=Policy(profile="hotplug"))
    used = {d.address.bus for d in complete.guest.devices if isinstance(d.address, PciAddress)}
    controllers = (d for d in complete.guest.devices if isinstance(d, Controller) and d.type == "pci")
    free = min(c.index for c in controllers if c.index is not None and c.index not in used)
    card = f"<qemu:arg value='-device'/><qemu:arg value='vfio-pci,bus=pci.{free}'/></qemu:commandline>"
    with_card = complete.xml.replace("</qemu:commandline>", card)
    for live in (False, True):
        (device,) = devaddr_xml.attach(with_card, NIC, live=live).devices
        assert isinstance(device.address, PciAddress)
        assert device.address.bus != free
    before, after = (devaddr_xml.capacity(text) for text in (complete.xml, with_card))
    assert after.total("pcie-port").free == before.total("pcie-port").free - 1


def test_migrate_keeps_a_controller_that_the_command_line_names() -> None:
    complete = devaddr_xml.assign(_domain(), policy=Policy(profile="hotplug"))
    port = max(d.index for d in complete.guest.devices if isinstance(d, Controller) and d.type == "pci" and d.index)
    names = f"<qemu:arg value='-device'/><qemu:arg value='edu,bus=pci.{port}'/></qemu:commandline>"
    without, moved = (
        devaddr_xml.migrate(text, Policy(profile="integrated"), keep=()).guest
        for text in (complete.xml, complete.xml.replace("</qemu:commandline>", names))
    )
    assert port not in _indexes(without)
    assert _port(moved, port).address == _port(complete.guest, port).address
    assert not [d for d in moved.devices if isinstance(d.address, PciAddress) and d.address.bus == port]


def _port(guest: Guest, index: int) -> Controller:
    found = (device for device in guest.devices if isinstance(device, Controller) and device.type == "pci")
    return next(device for device in found if device.index == index)


def _indexes(guest: Guest) -> list[int | None]:
    return [device.index for device in guest.devices if isinstance(device, Controller) and device.type == "pci"]


NODES = (
    "<memory unit='GiB'>1</memory><cpu><numa><cell id='0' cpus='0' memory='512' unit='MiB'/>"
    "<cell id='1' cpus='1' memory='512' unit='MiB'/></numa></cpu><vcpu>2</vcpu>"
)


def test_bus_numbers_of_its_expanders_are_passed_by() -> None:
    policy = Policy(devices=(DeviceHints(ref="vda", node=0), DeviceHints(ref="vdb", node=1)))
    plain = _domain().replace("<memory unit='GiB'>1</memory>", NODES)
    numbers = _bus_numbers(devaddr_xml.assign(plain, policy=policy).guest)
    for taken in (*numbers, numbers[0] + 1):
        foreign = _domain(f"pxb-pcie,id=p,bus_nr={taken},addr=0x9", "pcie-root-port,bus=p").replace(
            "<memory unit='GiB'>1</memory>", NODES
        )
        found = _bus_numbers(devaddr_xml.assign(foreign, policy=policy).guest)
        assert all(not number <= taken + 1 or not taken < number + 2 for number in found)


def test_a_bus_number_twice_is_warned_of() -> None:
    expander = "<controller type='pci' index='1' model='pcie-expander-bus'><target busNr='200'/></controller>"
    (notice,) = devaddr_xml.assign(_domain("pxb-pcie,id=p,bus_nr=200,addr=0x9", extra=expander)).warnings
    assert "bus number 200" in notice.message
    assert notice.other == "controller pci.1 (pcie-expander-bus)"


def _bus_numbers(guest: Guest) -> list[int]:
    found = (device.bus_nr for device in guest.devices if isinstance(device, Controller))
    return [number for number in found if number is not None]


def test_json_holds_them() -> None:
    guest = devaddr_xml.assign(_domain("edu,addr=0x9", "vfio-pci,bus=pci.2"), policy=Policy(profile="hotplug")).guest
    again = Guest.from_json(guest.to_json())
    assert again.foreign == guest.foreign
    assert len(again.foreign) == 2


def test_show_draws_them_with_what_is_behind_them() -> None:
    text = str(devaddr_xml.show(_domain("pcie-root-port,id=rp,addr=0x1c", "edu,bus=rp"), "text"))
    assert "00:1c.0  pcie-root-port rp (qemu:commandline)" in text
    assert "edu (qemu:commandline)" in text
