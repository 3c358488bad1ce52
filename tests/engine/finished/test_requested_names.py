"""Interfaces get the names that they ask for, in ``show`` too; or an error says which names there are."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

import devaddr_xml
from devaddr_xml import Guest, HintError
from devaddr_xml.engine.finished.name_forms import Onboard, OnPath, OnSlot, form_of, in_ranges
from devaddr_xml.engine.finished.network_names import network_names
from devaddr_xml.engine.finished.topology import Topology
from devaddr_xml.model.device import Interface
from devaddr_xml.views.explain import rule_in_words

HINTS = "urn:devaddr-xml:hints:1"
MACHINES = {"q35": "x86_64", "pc": "x86_64", "virt": "aarch64", "pseries": "ppc64"}


def domain(machine: str, devices: str, policy: str = "", cells: int = 0, acpi: bool = True) -> str:
    numa = "".join(f"<cell id='{n}' cpus='{n}' memory='262144'/>" for n in range(cells))
    return f"""<domain type='qemu' xmlns:d='{HINTS}'><name>n</name>
      <metadata><d:policy version='2' {policy}/></metadata>
      <memory unit='MiB'>{256 * cells or 512}</memory><vcpu>{cells or 1}</vcpu>
      <os><type arch='{MACHINES[machine]}' machine='{machine}'>hvm</type></os>
      <features>{"<acpi/>" if acpi else ""}</features>
      <cpu>{f"<numa>{numa}</numa>" if cells else ""}</cpu>
      <devices>{devices}</devices></domain>"""


def nic(number: int, name: str | None = None, hints: str = "", rest: str = "") -> str:
    asked = f" d:name='{name}'" if name else ""
    return (
        f"<interface type='user'{asked} {hints}><mac address='52:54:00:00:00:{number:02x}'/><model type='virtio'/>"
        f"{rest}</interface>"
    )


def names(guest: Guest) -> dict[str, str | None]:
    found = network_names(Topology(guest))
    return {
        str(device.mac)[-2:]: found[id(device)].name if id(device) in found else None
        for device in guest.devices
        if isinstance(device, Interface)
    }


def finished(xml: str) -> dict[str, str | None]:
    """The names, after a second run that changes nothing."""
    first = devaddr_xml.assign(xml)
    assert devaddr_xml.assign(first.xml).xml == first.xml
    return names(first.guest)


def test_forms() -> None:
    assert form_of("eno7") == Onboard(7)
    assert form_of("ens5") == OnSlot(5, None)
    assert form_of("ens5f0") == OnSlot(5, 0)
    assert form_of("enp3s0") == OnPath(0, 3, 0, None)
    assert form_of("enP1p2s31f7") == OnPath(1, 2, 31, 7)
    for other in ("eth0", "ens", "ens0", "ens5f8", "enp03s0", "wlp3s0", "enp3s0u1", "eno0", "ens5 "):
        assert form_of(other) is None


@pytest.mark.parametrize(
    ("names", "ranges"),
    [
        ("", ""),
        ("enp1s0 enp2s0", "enp1s0, enp2s0"),
        ("enp1s0 enp2s0 enp3s0 enp3s0 enp5s0", "enp1s0 to enp3s0, enp5s0"),
        ("enp9s0 enp10s0 enp11s0 enp0s12", "enp9s0 to enp11s0, enp0s12"),
        ("enp0s1 enp0s2 enp0s3 enp1s3 enp2s3", "enp0s1 to enp0s3, enp1s3, enp2s3"),
        ("ens1f0 ens1f1 ens1f2 ens2f2", "ens1f0 to ens1f2, ens2f2"),
        ("enp1s2 enp2s1 enP1p3s1 eno1 to eno16383", "enp1s2, enp2s1, enP1p3s1, eno1, to, eno16383"),
    ],
)
def test_ranges(names: str, ranges: str) -> None:
    assert ", ".join(in_ranges(names.split())) == ranges


MORE = "more spare-ports give more names"


@pytest.mark.parametrize("name", ["enp5s1", "enp256s0", "enP1p9s0", "enp9s0f1", "eth0"])
def test_more_ports_give_no_such_name(name: str) -> None:
    with pytest.raises(HintError) as caught:
        devaddr_xml.assign(domain("q35", nic(1, name)))
    assert MORE not in str(caught.value)


def test_every_name_there_is_is_listed_for_a_bus_that_is_not() -> None:
    """A policy that has more ports gives more names."""
    asked = nic(1, "enp9s0")
    with pytest.raises(HintError, match="no such bus and slot") as caught:
        devaddr_xml.assign(domain("q35", asked))
    assert caught.value.remedy == "Places give it enp1s0 to enp4s0, enp0s2 to enp0s30, eno1 to eno16383; " + MORE
    assert finished(domain("q35", asked, "spare-ports='6'"))["01"] == "enp9s0"


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("seed", range(6))
def test_every_name_is_had_or_refused_with_those_there_are(machine: str, seed: int) -> None:
    """Names are drawn from those that places of the same guest give, and from others."""
    rest = random.Random(f"{machine} {seed}")
    count = rest.randint(2, 8)
    policy = rest.choice(["", "profile='hotplug'", "spare-ports='4'"])
    policy += rest.choice(["", " naming-scheme='v247'", " naming-scheme='v257'"])
    plain = devaddr_xml.assign(domain(machine, "".join(map(nic, range(count))), policy))
    given = list(names(plain.guest).values())
    asked: dict[int, str] = {}
    for number in range(count):
        pool = [*given, f"enp{rest.randint(0, 9)}s{rest.randint(0, 9)}", f"ens{rest.randint(1, 9)}", "eno3", "eth0"]
        name = rest.choice([*pool, None])
        if name and name not in asked.values():
            asked[number] = name
    xml = domain(machine, "".join(nic(number, asked.get(number)) for number in range(count)), policy)
    problem, found = outcome(xml)
    if problem is None:
        assert {f"{number:02x}": name for number, name in asked.items()}.items() <= found.items()
        return
    wanted = re.search(r"the name (\S+?)[,:]", problem.message)
    offered = re.search(r"Places give it (\S+?)(,| and| to|$)", problem.remedy or "")
    assert wanted, problem
    assert offered, problem
    position = next(number for number, name in asked.items() if name == wanted[1])
    if isinstance(form_of(wanted[1]), OnSlot):
        return  # it was on a bridge for that
    before = {number: name for number, name in asked.items() if number < position} | {position: offered[1]}
    xml = domain(machine, "".join(nic(n, before.get(n)) for n in range(count)), policy)
    assert finished(xml)[f"{position:02x}"] == offered[1]


def outcome(xml: str) -> tuple[HintError | None, dict[str, str | None]]:
    try:
        return None, finished(xml)
    except HintError as error:
        return error, {}


def test_a_name_that_is_there_anyway_changes_nothing() -> None:
    plain = devaddr_xml.assign(domain("q35", nic(1) + nic(2), "profile='hotplug'"))
    had = names(plain.guest)
    asked = devaddr_xml.assign(domain("q35", nic(1, had["01"]) + nic(2, had["02"]), "profile='hotplug'"))
    assert [str(d.address) for d in asked.guest.devices] == [str(d.address) for d in plain.guest.devices]
    assert asked.decisions == plain.decisions or len(asked.decisions) == len(plain.decisions)


def test_only_two_devices_change_their_places() -> None:
    plain = devaddr_xml.assign(domain("q35", "".join(nic(n) for n in range(5)))).guest
    asked = devaddr_xml.assign(domain("q35", "".join(nic(n, {4: "enp2s0"}.get(n)) for n in range(5)))).guest
    pairs = zip(plain.devices, asked.devices, strict=True)
    moved = [str(new.address) for old, new in pairs if old.address != new.address]
    assert sorted(moved) == ["0000:02:00.0", "0000:05:00.0"]


def test_slots_bridges_functions_cells_and_indexes_in_one_guest() -> None:
    found = finished(
        domain(
            "q35",
            "".join(
                (
                    nic(1, "ens5"),
                    nic(2, "ens9"),
                    nic(3, "eno7"),
                    nic(4, "enp4s0f2", "d:slot-group='a'"),
                    nic(5, None, "d:slot-group='a'"),
                    nic(6, "enp4s0f0", "d:slot-group='a'"),
                    nic(7, "enp0s9"),
                )
            ),
        )
    )
    assert {k: v for k, v in found.items() if k != "05"} == {
        "01": "ens5",
        "02": "ens9",
        "03": "eno7",
        "04": "enp4s0f2",
        "06": "enp4s0f0",
        "07": "enp0s9",
    }


def test_the_console_of_a_serial_port_that_makes_room_goes_with_it() -> None:
    port = "<serial type='pty'><target type='pci-serial'/></serial><console type='pty'/>"
    plain = devaddr_xml.assign(domain("pc", nic(1) + port))
    (place,) = {d.address for d in plain.guest.devices if d.kind in ("serial", "console")}
    name = f"ens{place.slot}"  # type: ignore[union-attr]
    xml = domain("pc", nic(1, name) + port)
    assert finished(xml) == {"01": name}
    found = devaddr_xml.assign(xml).guest
    assert len({str(d.address) for d in found.devices if d.kind in ("serial", "console")}) == 1


def test_below_an_expander_bus() -> None:
    cards = "".join(nic(n, None, f"d:node='{n % 2}'") for n in range(6))
    had = names(devaddr_xml.assign(domain("q35", cards, cells=2)).guest)
    swapped = {"00": had["04"], "04": had["00"], "03": had["05"]}
    cards = "".join(nic(n, swapped.get(f"{n:02x}"), f"d:node='{n % 2}'") for n in range(6))
    assert swapped.items() <= finished(domain("q35", cards, cells=2)).items()
    cards = "".join(nic(n, {0: had["01"]}.get(n), f"d:node='{n % 2}'") for n in range(6))
    with pytest.raises(HintError, match="another root or expander bus"):
        finished(domain("q35", cards, cells=2))


@pytest.mark.parametrize(
    ("machine", "devices", "message"),
    [
        ("q35", nic(1, "enp3s0") + nic(2, "enp3s0"), "two interfaces ask for the name enp3s0"),
        ("q35", nic(1, "eth0"), "a place can only give names such as enp1s0"),
        ("q35", nic(1, "enp77s0"), "no such bus and slot"),
        ("q35", nic(1, "enp0s31"), "the chipset has that slot"),
        ("q35", nic(1, "enp1s0f1"), "alone in its slot"),
        ("q35", nic(1, "enp2s0", "", "<address type='pci' bus='1' slot='0'/>"), "its <address> gives is enp1s0"),
        ("q35", nic(1, "enp2s0", "", "<acpi index='4'/>"), "its ACPI index makes it eno4"),
        ("q35", nic(1, "eno2", "", "<acpi index='4'/>"), "its ACPI index is 4"),
        ("q35", nic(1, "eno2") + nic(2, None, "", "<acpi index='2'/>"), "has that ACPI index"),
        ("q35", nic(1, "eno16384"), "up to 16383"),
        ("q35", nic(1, "eno2", "d:placement='root-complex'"), "hotpluggable buses only"),
        ("q35", nic(1, None, "d:slot-group='a'") + nic(2, "eno2", "d:slot-group='a'"), "no ACPI index of their own"),
        ("virt", nic(1, "eno2"), "only x86 guests"),
        ("virt", nic(1, "ens2"), "no such slot"),
        ("pc", nic(1, "enp0s5"), "its place gives it the name ens5"),
        ("pc", nic(1, "ens7", "", "<address type='pci' slot='4'/>"), "its <address> gives is ens4"),
        (
            "pc",
            nic(1, "ens7") + nic(2, None, "", "<address type='pci' slot='7'/>"),
            "interface 52:54:00:00:00:02 is there",
        ),
    ],
)
def test_refused(machine: str, devices: str, message: str) -> None:
    with pytest.raises(HintError, match=message):
        devaddr_xml.assign(domain(machine, devices))


@pytest.mark.parametrize(
    ("arch", "machine", "model"), [("s390x", "s390-ccw-virtio", "virtio"), ("x86_64", "q35", "usb-net")]
)
def test_a_name_off_pci_is_had_only_if_it_is_there_anyway(arch: str, machine: str, model: str) -> None:
    text = domain("q35", nic(1, "NAME").replace("'virtio'", f"'{model}'"))
    text = text.replace("arch='x86_64' machine='q35'", f"arch='{arch}' machine='{machine}'").replace("<acpi/>", "")
    with pytest.raises(HintError, match="its place gives it the name en") as caught:
        devaddr_xml.assign(text.replace("NAME", "enp77s0"))
    there = caught.value.message.rpartition(" ")[2]
    assert finished(text.replace("NAME", there))["01"] == there


SECOND_BRIDGE = (
    "<controller type='pci' index='1' model='pci-bridge'/><controller type='pci' index='2' model='pci-bridge'/>"
)


def test_a_slot_of_any_bridge_has_the_number_with_the_schemes_that_ask_firmware() -> None:
    """Slot 1 of bus 1 is taken by a device that stays; the one of bus 2 gives the name in newer guests alone."""
    disk = "<disk type='block'><source dev='/dev/null'/><target dev='vda' bus='virtio'/>{}</disk>"
    taken = disk.format("<address type='pci' bus='1' slot='1'/>")
    own = nic(1, "ens1", "", "<address type='pci' bus='2' slot='1'/>")
    with pytest.raises(HintError, match="the name that its <address> gives is enp2s1"):
        devaddr_xml.assign(domain("pc", SECOND_BRIDGE + taken + own))
    assert finished(domain("pc", SECOND_BRIDGE + taken + own, "naming-scheme='v257'"))["01"] == "ens1"
    free = SECOND_BRIDGE + taken + nic(1, "ens1")
    with pytest.raises(HintError, match="disk vda is there"):
        devaddr_xml.assign(domain("pc", free))
    assert finished(domain("pc", free, "naming-scheme='v257'"))["01"] == "ens1"


@pytest.mark.parametrize(
    ("hints", "message"),
    [("", "52:54:00:00:00:02 is there"), ("d:bus-group='b'", "another interface is in a slot of the same number")],
)
def test_two_interfaces_do_not_share_a_name(hints: str, message: str) -> None:
    """With firmware's numbers, each is refused the name that both would have, and the others are listed."""
    other = nic(2, None, "", "<address type='pci' bus='1' slot='1'/>")
    with pytest.raises(HintError, match=message) as caught:
        devaddr_xml.assign(domain("pc", SECOND_BRIDGE + other + nic(1, "ens1", hints), "naming-scheme='v257'"))
    assert caught.value.remedy
    assert caught.value.remedy.startswith("Places give it ens")
    assert "ens1," not in caught.value.remedy


def test_only_interfaces_have_names() -> None:
    disk = "<disk type='block' d:name='enp1s0'><source dev='/dev/null'/><target dev='vda' bus='virtio'/></disk>"
    with pytest.raises(HintError, match='name="enp1s0" is for interfaces'):
        devaddr_xml.assign(domain("q35", disk))


def test_a_slot_that_was_in_use_stays_empty() -> None:
    xml = devaddr_xml.assign(domain("q35", nic(1) + nic(2) + nic(3), "slot-reuse='never'")).xml
    gone = devaddr_xml.detach(xml, "52:54:00:00:00:02").xml
    with pytest.raises(HintError, match="was in use before"):
        devaddr_xml.attach(gone, nic(4).replace("<interface", f"<interface xmlns:d='{HINTS}' d:name='enp2s0'"))


def test_attach_gives_the_name() -> None:
    xml = devaddr_xml.assign(domain("pc", nic(1) + nic(2))).xml
    new = nic(4).replace("<interface", f"<interface xmlns:d='{HINTS}' d:name='ens9'")
    after = devaddr_xml.attach(xml, new)
    assert names(after.guest)["04"] == "ens9"
    assert devaddr_xml.assign(after.xml).xml == after.xml


def test_explain_says_for_which_name_a_device_is_where_it_is() -> None:
    made = devaddr_xml.assign(domain("q35", "".join(nic(n, {2: "enp1s0"}.get(n)) for n in range(3))))
    rules = {rule_in_words(decision) for decision in made.decisions if decision.cause == "hint"}
    assert rules == {
        "for the name enp1s0",
        "made way for the name enp1s0 of interface 52:54:00:00:00:02",
    }


@pytest.mark.parametrize("name", ["ens77", "enp77s0", "eno9999999"])
def test_an_error_names_the_line_of_the_request(tmp_path: Path, name: str) -> None:
    """That is the line of a policy file, not the line of the interface."""
    entry = f"<d:device ref='52:54:00:00:00:01' name='{name}'/>"
    (tmp_path / "names.xml").write_text(f"<d:policy xmlns:d='{HINTS}'>\n{entry}\n</d:policy>")
    with pytest.raises(HintError, match=r"^line 2 of .*names\.xml: interface 52:54:00:00:00:01: "):
        devaddr_xml.assign(domain("q35", nic(1)), policy=tmp_path / "names.xml")
