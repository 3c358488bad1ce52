"""The functions of a slot group are in the order of the host's, in whatever order the document has its devices."""

from __future__ import annotations

import itertools

import pytest

import devaddr_xml
from devaddr_xml import Policy
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Hostdev
from devaddr_xml.model.policy import DeviceHints

CARD = (
    "<hostdev mode='subsystem' type='pci'><source>"
    "<address domain='0' bus='{}' slot='0' function='{}'/></source></hostdev>"
)
DISK = "<disk><source file='/a'/><target dev='vda' bus='virtio'/></disk>"


def functions(sources: list[tuple[int, int]], *others: str, version: int = 2) -> dict[str, int]:
    """The function in the guest by host address; others: further devices of the group in front."""
    devices = "".join([*others, *(CARD.format(bus, function) for bus, function in sources)])
    document = (
        "<domain type='kvm'><name>a</name><memory unit='GiB'>1</memory><os><type arch='x86_64' machine='q35'>hvm</type>"
        f"</os><devices>{devices}</devices></domain>"
    )
    refs = [f"0000:{bus:02x}:00.{function}" for bus, function in sources] + ["vda"] * len(others)
    entries = tuple([DeviceHints(ref=ref, slot_group="card") for ref in refs])
    done = devaddr_xml.assign(document, policy=Policy(version=version, devices=entries))
    assert devaddr_xml.assign(done.xml).xml == done.xml
    found = [each for each in done.guest.devices if isinstance(each, Hostdev) and isinstance(each.address, PciAddress)]
    assert len({(each.address.bus, each.address.slot) for each in found if isinstance(each.address, PciAddress)}) == 1
    return {
        str(each.source.pci): each.address.function
        for each in found
        if each.source is not None and isinstance(each.address, PciAddress)
    }


@pytest.mark.parametrize("order", list(itertools.permutations((0, 1, 3))), ids=str)
def test_every_order_of_one_card(order: tuple[int, ...]) -> None:
    found = functions([(65, function) for function in order])
    assert found == {"0000:41:00.0": 0, "0000:41:00.1": 1, "0000:41:00.3": 2}


def test_cards_of_several_slots() -> None:
    assert functions([(66, 0), (65, 1), (65, 0)]) == {"0000:41:00.0": 0, "0000:41:00.1": 1, "0000:42:00.0": 2}


def test_a_group_with_other_devices_has_the_order_of_the_document() -> None:
    assert functions([(65, 1), (65, 0)], DISK) in (
        {"0000:41:00.1": 0, "0000:41:00.0": 1},
        {"0000:41:00.1": 1, "0000:41:00.0": 2},
    )


def test_version_1_has_the_order_of_the_document() -> None:
    assert functions([(65, 1), (65, 0)], version=1) == {"0000:41:00.1": 0, "0000:41:00.0": 1}


def of_domain(number: str) -> str:
    return CARD.format(65, 0).replace("domain='0'", f"domain='{number}'")


def test_pci_domains_of_more_than_four_digits_count_as_numbers() -> None:
    document = (
        "<domain type='kvm'><name>a</name><memory unit='GiB'>1</memory><os><type arch='x86_64' machine='q35'>hvm</type>"
        f"</os><devices>{of_domain('0x10000')}{of_domain('0x2000')}</devices></domain>"
    )
    refs = ("10000:41:00.0", "2000:41:00.0")
    entries = tuple([DeviceHints(ref=ref, slot_group="card") for ref in refs])
    done = devaddr_xml.assign(document, policy=Policy(devices=entries))
    places = {str(each.source.pci): str(each.address) for each in done.guest.devices if isinstance(each, Hostdev)}
    assert places["2000:41:00.0"].endswith(".0")
    assert places["10000:41:00.0"].endswith(".1")
