"""Devices of one slot group are plugged into a running guest as functions of one slot."""

from __future__ import annotations

import json

import pytest

import devaddr_xml
from devaddr_xml import DevaddrError, Policy
from devaddr_xml.model.address import PciAddress

HINTS = "urn:devaddr-xml:hints:1"
DOMAIN = """<domain type='kvm'><name>functions</name><memory unit='GiB'>1</memory>
  <os><type arch='x86_64' machine='{}'>hvm</type></os><features><acpi/></features>
  <devices><interface type='user'><model type='virtio'/></interface></devices></domain>"""


def card(number: int, group: str | None = "g", rest: str = "") -> str:
    hint = f" d:slot-group='{group}'" if group else ""
    return (
        f"<interface type='user'{hint}><mac address='52:54:00:00:00:{number:02x}'/><model type='virtio'/>{rest}"
        "</interface>"
    )


def devices(*cards: str) -> str:
    return f"<devices xmlns:d='{HINTS}'>{''.join(cards)}</devices>"


def running(machine: str, spares: int = 2) -> str:
    return devaddr_xml.assign(DOMAIN.format(machine), policy=Policy(spare_ports=spares)).xml


def places(found: object) -> list[tuple[int, int, int, bool | None]]:
    addresses = [device.address for device in found.devices]  # type: ignore[attr-defined]
    return [(a.bus, a.slot, a.function, a.multifunction) for a in addresses if isinstance(a, PciAddress)]


@pytest.mark.parametrize("machine", ["q35", "pc"])
@pytest.mark.parametrize("count", [2, 8])
def test_functions_of_one_slot_the_highest_first(machine: str, count: int) -> None:
    found = devaddr_xml.attach(running(machine), devices(*map(card, range(count))), live=True)
    put = places(found)
    assert len({(bus, slot) for bus, slot, _, _ in put}) == 1
    assert [function for _, _, function, _ in put] == list(range(count - 1, -1, -1))
    assert [multifunction for *_, multifunction in put] == [None] * (count - 1) + [True]
    assert all(
        f"function='0x{function:x}'" in xml for (_, _, function, _), xml in zip(put, found.device_xml, strict=True)
    )
    assert "libvirt plugs in function 0 only" in found.warnings[-1].message
    assert devaddr_xml.check(found.xml).ok


def test_commands_are_those_of_qemu() -> None:
    found = devaddr_xml.attach(running("q35"), devices(card(1), card(2)), live=True)
    commands = [json.loads(command) for command in found.commands]
    assert [command["execute"] for command in commands] == ["device_add"] * 2
    assert [command["arguments"]["addr"] for command in commands] == ["0x0.0x1", "0x0"]
    assert commands[1]["arguments"]["multifunction"] is True
    assert {command["arguments"]["driver"] for command in commands} == {"virtio-net-pci"}


@pytest.mark.parametrize(
    ("xml", "driver"),
    [
        ("<disk type='file'><source file='/d'/><target dev='vdb' bus='virtio'/></disk>", "virtio-blk-pci"),
        ("<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>", "virtio-rng-pci"),
        ("<vsock model='virtio-non-transitional'><cid auto='yes'/></vsock>", "vhost-vsock-pci-non-transitional"),
        ("<interface type='user'><model type='e1000e'/></interface>", "e1000e"),
    ],
)
def test_the_driver_of_a_command_follows_from_kind_and_model(xml: str, driver: str) -> None:
    (command,) = devaddr_xml.attach(running("q35", 3), xml, live=True).commands
    assert json.loads(command)["arguments"]["driver"] == driver


def test_others_come_in_the_order_given() -> None:
    several = devices(card(1, None), card(2), card(3, None), card(4))
    found = devaddr_xml.attach(running("q35", 3), several, live=True)
    assert [str(getattr(device, "mac", None))[-1] for device in found.devices] == [
        "1",
        "4",
        "2",
        "3",
    ]


def test_a_group_takes_one_free_port() -> None:
    with pytest.raises(DevaddrError, match="no free hotpluggable port"):
        devaddr_xml.attach(running("q35", 1), devices(card(1), card(2), card(3, "h")), live=True)
    assert devaddr_xml.attach(running("q35", 1), devices(card(1), card(2), card(3)), live=True).devices


@pytest.mark.parametrize(
    ("cards", "message"),
    [
        (tuple(map(card, range(9))), "a slot has eight functions|ninth|more than|8"),
        ((card(1, None, "<address type='pci' bus='2' slot='0' function='1'/>"),), "only function 0 is hotpluggable"),
        (
            (card(1), card(2).replace("virtio", "e1000")),
            "it does not go into slot|no free hotpluggable conventional slot",
        ),
    ],
)
def test_refused(cards: tuple[str, ...], message: str) -> None:
    with pytest.raises(DevaddrError, match=message):
        devaddr_xml.attach(running("q35", 4), devices(*cards), live=True)


def test_functions_that_their_documents_place() -> None:
    at = "<address type='pci' bus='4' slot='0' function='{}' {}/>"
    cards = (card(1, None, at.format(1, "")), card(2, None, at.format(0, "multifunction='on'")))
    found = devaddr_xml.attach(running("q35", 4), devices(*cards), live=True)
    assert [function for _, _, function, _ in places(found)] == [1, 0]


def test_cold_and_single_devices_keep_the_order_given() -> None:
    found = devaddr_xml.attach(running("q35"), devices(card(1), card(2)))
    assert [function for _, _, function, _ in places(found)] == [0, 1]
    assert not any("function 0 only" in notice.message for notice in found.warnings)
