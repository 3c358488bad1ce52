"""Names of network interfaces; the larger cases were seen in booted guests (QEMU 7.2, Linux 6.1, systemd 252)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, get_args

import pytest

from devaddr_xml.engine.finished.naming_schemes import Naming, naming_of
from devaddr_xml.engine.finished.network_names import NetworkNames, network_names, numbered_slots
from devaddr_xml.engine.finished.topology import Topology
from devaddr_xml.model.address import CcwAddress, PciAddress, UsbAddress
from devaddr_xml.model.device import Controller, Interface, Video
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.policy import NamingScheme, Policy


def names(guest: Guest) -> list[tuple[str | None, str | None]]:
    """Slot and path name of each interface, in document order."""
    guest.acpi = True
    found = network_names(Topology(guest))
    none = NetworkNames()
    return [found.get(id(d), none)[:2] for d in guest.devices if isinstance(d, Interface)]


def test_i440fx_with_bridges_and_an_expander(make: SimpleNamespace) -> None:
    guest = make.i440fx(
        make.bridge(1, "pci-bridge", "00:08.0"),
        make.bridge(2, "pci-bridge", "00:09.0"),
        make.bridge(3, "pci-expander-bus", "00:0a.0", bus_nr=200),
        make.nic(1, "00:03.0"),
        Interface(mac="2", address=PciAddress(slot=4, multifunction=True)),
        make.nic(3, "00:04.1"),
        make.nic(4, "01:01.0"),
        make.nic(5, "01:03.0"),
        make.nic(6, "02:01.0"),
        make.nic(7, "02:08.0"),
        make.nic(8, "03:00.0"),
        make.nic(9, "03:0a.0"),
    )
    assert names(guest) == [
        ("ens3", "enp0s3"),
        ("ens4f0", "enp0s4f0"),
        ("ens4f1", "enp0s4f1"),
        ("ens1", "enp1s1"),
        (None, "enp1s3"),
        (None, "enp2s1"),
        (None, "enp2s8"),
        (None, "enp201s0"),
        (None, "enp201s10"),
    ]


def test_q35_with_ports_an_expander_a_switch_and_bridges(make: SimpleNamespace) -> None:
    guest = make.q35(
        make.bridge(1, "pcie-root-port", "00:02.0"),
        make.bridge(2, "pcie-root-port", "00:02.1", hotplug=False),
        make.bridge(3, "pcie-expander-bus", "00:03.0", bus_nr=200),
        make.bridge(4, "pcie-root-port", "03:00.0"),
        make.bridge(5, "pcie-root-port", "03:00.1"),
        make.bridge(6, "pcie-root-port", "00:04.0"),
        make.bridge(7, "pcie-switch-upstream-port", "06:00.0"),
        make.bridge(8, "pcie-switch-downstream-port", "07:00.0"),
        make.bridge(9, "pcie-switch-downstream-port", "07:01.0"),
        make.bridge(10, "dmi-to-pci-bridge", "00:1e.0"),
        make.bridge(11, "pci-bridge", "0a:01.0"),
        Interface(mac="1", address=PciAddress(bus=1, multifunction=True)),
        make.nic(2, "01:00.1"),
        make.nic(3, "02:00.0"),
        make.nic(4, "04:00.0"),
        make.nic(5, "05:00.0"),
        make.nic(6, "09:00.0"),
        make.nic(7, "0a:03.0"),
        make.nic(8, "0b:04.0"),
        make.nic(9, "00:05.0"),
        ports=0,
    )
    assert names(guest) == [
        (None, "enp1s0f0"),
        (None, "enp1s0f1"),
        (None, "enp2s0"),
        (None, "enp201s0"),
        (None, "enp202s0"),
        (None, "enp6s0"),
        ("ens3", "enp7s3"),
        (None, "enp8s4"),
        (None, "enp0s5"),
    ]


def test_conventional_device_of_q35(make: SimpleNamespace) -> None:
    guest = make.q35(
        make.bridge(3, "pcie-to-pci-bridge", "01:00.0"),
        make.nic(1, "03:01.0"),
        make.nic(2, "02:00.0"),
        make.nic(3, "03:05.0"),
        ports=2,
    )
    assert names(guest) == [("ens1", "enp2s1"), (None, "enp3s0"), ("ens5", "enp2s5")]


def test_slots_of_devices_that_stay_have_no_number(make: SimpleNamespace) -> None:
    guest = make.i440fx(
        make.bridge(1, "pci-bridge", "00:07.0"),
        Video(model="qxl", address=make.pci("00:02.0")),
        Video(model="qxl", address=make.pci("00:03.0")),
        Controller(type="usb", index=0, model="ich9-ehci1", address=make.pci("00:06.7")),
        Controller(type="usb", index=0, model="ich9-uhci1", address=make.pci("00:06.0", True), master_startport=0),
        Controller(type="usb", index=1, model="piix3-uhci", address=make.pci("00:08.0")),
    )
    guest.acpi = True
    numbered = numbered_slots(Topology(guest))
    assert sorted(slot for bus, slot in numbered if bus == 1) == [1, 2, 6, 7]
    assert sorted(slot for bus, slot in numbered if bus == 0) == [3, 4, 5, *range(8, 32)]


def test_without_acpi_there_are_no_slot_numbers(make: SimpleNamespace) -> None:
    assert numbered_slots(Topology(make.i440fx(make.nic(1, "00:03.0")))) == {}


def test_channel_devices() -> None:
    guest = Guest(
        arch="s390x",
        machine="s390-ccw-virtio",
        devices=[
            Interface(mac="1", address=CcwAddress(0xFE, 0, 1)),
            Interface(mac="2", address=CcwAddress(0xFE, 0, 0x1F)),
            Interface(mac="3", address=CcwAddress(0xFE, 1, 2)),
            Interface(mac="4", address=PciAddress(slot=1, zpci_uid=7, zpci_fid=18)),
            Interface(mac="5", address=CcwAddress()),
        ],
    )
    assert names(guest) == [(None, "enc1"), (None, "enc1f"), (None, "enc1.0002"), ("ens18", None), (None, None)]


def test_usb_and_pseries(make: SimpleNamespace) -> None:
    guest = make.i440fx(
        Controller(type="usb", index=0, model="qemu-xhci", address=make.pci("00:05.0")),
        Interface(mac="1", model="usb-net", address=UsbAddress(0, (1, 3))),
        Interface(mac="2", model="usb-net", address=UsbAddress(4, (1,))),
    )
    assert names(guest) == [("ens5u1u3", "enp0s5u1u3"), (None, None)]
    guest = Guest(
        arch="ppc64",
        machine="pseries",
        devices=[
            make.bridge(0, "pci-root", target_index=0),
            make.bridge(1, "pci-root", target_index=2),
            make.nic(1, "00:01.0"),
            make.nic(2, "01:01.0"),
        ],
    )
    assert names(guest) == [(None, "enp0s1"), (None, "enP2p0s1")]


@pytest.mark.parametrize(
    ("scheme", "name"), [("v247", None), ("v249", "ens18"), ("v255", "ens18"), ("v257", "ens18"), ("v260", "ens18")]
)
def test_the_function_id_of_s390x_by_scheme(scheme: NamingScheme, name: str | None) -> None:
    nic = Interface(mac="1", address=PciAddress(slot=1, zpci_uid=7, zpci_fid=18))
    guest = Guest(arch="s390x", machine="s390-ccw-virtio", devices=[nic], policy=Policy(naming_scheme=scheme))
    assert network_names(Topology(guest)).get(id(nic), NetworkNames()).name == name


@pytest.mark.parametrize(
    ("scheme", "slots"),
    [("v247", ["ens1", None, None]), ("v255", ["ens1", None, None]), ("v257", ["ens1", "ens1", "ens4"])],
)
def test_slots_of_several_bridges_by_scheme(
    make: SimpleNamespace, scheme: NamingScheme, slots: list[str | None]
) -> None:
    guest = make.i440fx(
        make.bridge(1, "pci-bridge", "00:08.0"),
        make.bridge(2, "pci-bridge", "00:09.0"),
        make.nic(1, "01:01.0"),
        make.nic(2, "02:01.0"),
        make.nic(3, "02:04.0"),
    )
    guest.policy = Policy(naming_scheme=scheme)
    guest.acpi = True
    found = list(network_names(Topology(guest)).values())
    assert [each.slot for each in found] == slots
    shared = scheme == "v257"
    assert [each.name for each in found] == ([None, None, "ens4"] if shared else ["ens1", "enp2s1", "enp2s4"])
    assert [each.shared for each in found] == [shared, shared, False]
    found = list(network_names(Topology(guest), "v255").values())
    assert [each.slot for each in found] == ["ens1", None, None]


def test_every_scheme_has_rules() -> None:
    rules = [naming_of(scheme) for scheme in get_args(NamingScheme)]
    assert rules[0] == Naming(function_ids=False, firmware_numbers=False)
    assert rules[-1] == Naming(function_ids=True, firmware_numbers=True)
    assert rules == sorted(rules)


def test_the_index_of_firmware_comes_first(make: SimpleNamespace) -> None:
    def name(index: int | None, acpi: bool = True, **rest: Any) -> str | None:
        nic = Interface(mac="1", address=PciAddress(slot=3), acpi_index=index)
        guest = make.i440fx(nic)
        guest.acpi = acpi
        for field, value in rest.items():
            setattr(guest, field, value)
        return network_names(Topology(guest)).get(id(nic), NetworkNames()).name

    assert name(7) == "eno7"
    assert name(None) == "ens3"
    assert name(0) == "ens3"
    assert name(16383) == "eno16383"
    assert name(16384) == "ens3"
    assert name(7, acpi=False) == "enp0s3"
