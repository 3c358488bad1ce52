"""With ``slot-reuse="never"`` no place and no interface name comes twice, over histories of attaching and detaching."""

from __future__ import annotations

import random
from typing import Any

import pytest

import devaddr_xml
from devaddr_xml import DevaddrError, Guest, Policy
from devaddr_xml.engine.finished.network_names import network_names
from devaddr_xml.engine.finished.topology import Topology
from devaddr_xml.engine.pci.used import START_ANEW
from devaddr_xml.model.address import CcwAddress, PciAddress
from devaddr_xml.model.device import Interface
from devaddr_xml.model.errors import PlacementError

DOMAIN = """<domain type='kvm'>
  <name>h</name>
  <memory unit='GiB'>4</memory>
  <os><type arch='{arch}' machine='{machine}'>hvm</type></os>
  <features><acpi/></features>
  <devices>
    <disk type='file' device='disk'><source file='/a'/><target dev='vda' bus='virtio'/></disk>
  </devices>
</domain>
"""
MACHINES = {"q35": "x86_64", "pc": "x86_64", "virt": "aarch64", "pseries": "ppc64", "s390-ccw-virtio": "s390x"}
STEPS = 30


def domain(machine: str, profile: str) -> str:
    text = DOMAIN.format(arch=MACHINES[machine], machine=machine)
    spare = 12 if profile == "hotplug" and machine != "s390-ccw-virtio" else None
    policy: Any = {"profile": profile, "slot_reuse": "never", "spare_ports": spare}
    return devaddr_xml.assign(text, policy=Policy(**policy)).xml


def nic(number: int) -> str:
    return f"<interface type='user'><mac address='52:54:00:00:00:{number:02x}'/><model type='virtio'/></interface>"


def name_of(guest: Guest, mac: str) -> str | None:
    topology = Topology(guest)
    names = network_names(topology)
    found = (names.get(id(device)) for device in guest.devices if isinstance(device, Interface) and device.mac == mac)
    return next((each.name for each in found if each is not None), None)


@pytest.mark.parametrize("profile", ["libvirt", "hotplug"])
@pytest.mark.parametrize("machine", MACHINES)
def test_nothing_comes_twice(machine: str, profile: str) -> None:
    live_steps = 0
    for seed in range(2):
        rest = random.Random(seed)
        text = domain(machine, profile)
        assert devaddr_xml.assign(text).xml == text
        places: set[str] = set()
        names: set[str] = set()
        present: list[int] = []
        for number in range(STEPS):
            if present and rest.random() < 0.45:
                left = present.pop(rest.randrange(len(present)))
                text = devaddr_xml.detach(text, f"52:54:00:00:00:{left:02x}").xml
                assert devaddr_xml.assign(text).xml == text
                continue
            live = profile == "hotplug" and rest.random() < 0.5
            found = devaddr_xml.attach(text, nic(number), live=live)
            live_steps += live
            text = found.xml
            present.append(number)
            (device,) = found.devices
            assert isinstance(device.address, CcwAddress if machine == "s390-ccw-virtio" else PciAddress)
            assert str(device.address) not in places
            assert not places or str(device.address) > max(places), "a new one is the last"
            places.add(str(device.address))
            name = name_of(found.guest, f"52:54:00:00:00:{number:02x}")
            assert name is None or name not in names
            names |= {name} if name else set()
        assert names
    assert live_steps or profile == "libvirt"


def test_when_space_ends_the_error_says_how_to_start_anew() -> None:
    """The running guest gets no new port, whatever its policy would add to the stopped one."""
    skeleton = DOMAIN.format(arch="x86_64", machine="q35")
    text = devaddr_xml.assign(skeleton, policy=Policy(slot_reuse="never", spare_ports=2)).xml
    text = text.replace("spare-ports='2'", "spare-ports='0'")
    with pytest.raises(PlacementError) as caught:
        _plug_and_unplug(text, 4)
    assert START_ANEW in str(caught.value)
    assert "not used again" in str(caught.value)


def _plug_and_unplug(text: str, times: int) -> None:
    for number in range(times):
        text = devaddr_xml.attach(text, nic(number), live=True).xml
        text = devaddr_xml.detach(text, f"52:54:00:00:00:{number:02x}").xml


def test_the_lock_and_like_remember_too() -> None:
    policy = Policy(slot_reuse="never")
    skeleton = DOMAIN.format(arch="x86_64", machine="q35")
    with_nic = skeleton.replace("  </devices>", f"    {nic(1)}\n  </devices>")
    old = devaddr_xml.assign(with_nic, policy=policy)
    place = next(d.address for d in old.guest.devices if isinstance(d, Interface))
    other = skeleton.replace("  </devices>", f"    {nic(2)}\n  </devices>")
    for like in (old.xml, devaddr_xml.Lock.of(old.guest).to_json()):
        new = devaddr_xml.assign(other, policy=policy, like=like)
        assert next(d.address for d in new.guest.devices if isinstance(d, Interface)) != place
        assert devaddr_xml.assign(new.xml).xml == new.xml


def test_lowest_remembers_nothing() -> None:
    with pytest.raises(DevaddrError):
        devaddr_xml.assign(DOMAIN.format(arch="x86_64", machine="q35"), policy=Policy(slot_reuse="sometimes"))  # type: ignore[arg-type]
    found = devaddr_xml.assign(
        DOMAIN.format(arch="x86_64", machine="q35"), policy=Policy(slot_reuse="lowest", spare_ports=1)
    )
    assert "used" not in found.xml


def test_starting_anew() -> None:
    text = domain("q35", "libvirt")
    attached = devaddr_xml.attach(text, nic(1))
    less = devaddr_xml.detach(attached.xml, "52:54:00:00:00:01").xml
    start = less.index("<devaddr:used")
    anew = less[:start] + less[less.index("/>", start) + 2 :]
    again = devaddr_xml.attach(anew, nic(2))
    assert again.devices[0].address == attached.devices[0].address


def test_a_long_list_is_read_again() -> None:
    """What a large guest has had in use over the years is more than any name."""
    slots = " ".join(f"{bus:02x}:{slot:02x}" for bus in range(1, 200) for slot in range(32))
    text = domain("q35", "libvirt").replace("<devaddr:used slots='", f"<devaddr:used slots='{slots} ")
    assert "ff:1f" not in text
    assert devaddr_xml.assign(text).xml.count("c7:1f") == 1
    with pytest.raises(DevaddrError, match=r"not a list of BB:SS"):
        devaddr_xml.assign(text.replace("c7:1f", "c7:20"))
