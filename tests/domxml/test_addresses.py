"""Addresses: every type, both ways, and what is no address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devaddr_xml.domxml.addresses import is_spelled, read_address, usual_pci
from devaddr_xml.domxml.document import parse
from devaddr_xml.domxml.elements import Style
from devaddr_xml.domxml.new_elements import NewAddress
from devaddr_xml.model.address import (
    Address,
    CcidAddress,
    CcwAddress,
    DimmAddress,
    DriveAddress,
    IsaAddress,
    PciAddress,
    SpaprVioAddress,
    UnassignedAddress,
    UsbAddress,
    VirtioMmioAddress,
    VirtioSerialAddress,
)
from devaddr_xml.model.errors import ValueInvalid

STYLE = Style("'", "  ")


def read(text: str) -> Address | None:
    document = parse(f"<domain>\n{text}</domain>")
    return read_address(document, document.root.children[0])


def spelled(text: str) -> bool:
    document = parse(f"<domain>{text}</domain>")
    address = read_address(document, document.root.children[0])
    assert address is not None
    return is_spelled(document.root.children[0], address)


#: As libvirt prints them.
SPELLINGS = [
    ("<address type='pci'/>", PciAddress()),
    ("<address type='pci' multifunction='on'/>", PciAddress(multifunction=True)),
    ("<address type='pci' domain='0x0000' bus='0x0a' slot='0x1f' function='0x7'/>", PciAddress(0, 10, 31, 7)),
    (
        "<address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x0' multifunction='off'/>",
        PciAddress(slot=2, multifunction=False),
    ),
    (
        "<address type='pci' domain='0x0001' bus='0x00' slot='0x00' function='0x0'>"
        "<zpci uid='0x0001' fid='0x0000001f'/></address>",
        PciAddress(1, 0, 0, 0, None, 1, 31),
    ),
    ("<address type='drive' controller='1' bus='0' target='2' unit='10'/>", DriveAddress(1, 0, 2, 10)),
    ("<address type='usb' bus='0'/>", UsbAddress(0)),
    ("<address type='usb' bus='1' port='1.2.3.14'/>", UsbAddress(1, (1, 2, 3, 14))),
    ("<address type='virtio-serial' controller='0' bus='0' port='0'/>", VirtioSerialAddress()),
    ("<address type='ccid' controller='0' slot='3'/>", CcidAddress(0, 3)),
    ("<address type='ccw'/>", CcwAddress()),
    ("<address type='ccw' cssid='0xfe' ssid='0x0' devno='0x000a'/>", CcwAddress(254, 0, 10)),
    ("<address type='spapr-vio'/>", SpaprVioAddress()),
    ("<address type='spapr-vio' reg='0x00001000'/>", SpaprVioAddress(0x1000)),
    ("<address type='virtio-mmio'/>", VirtioMmioAddress()),
    ("<address type='isa'/>", IsaAddress()),
    ("<address type='isa' iobase='0x3f8' irq='0x4'/>", IsaAddress(0x3F8, 4)),
    ("<address type='dimm' slot='0'/>", DimmAddress()),
    ("<address type='dimm' slot='2' base='0x100000000'/>", DimmAddress(2, 1 << 32)),
    ("<address type='unassigned'/>", UnassignedAddress()),
]


@pytest.mark.parametrize(("text", "address"), SPELLINGS)
def test_both_ways(text: str, address: Address) -> None:
    assert read(text) == address
    assert NewAddress(address).text("", STYLE) == text
    assert NewAddress(address).text("", Style('"', "  ")) == text.replace("'", '"')
    assert spelled(text)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("<address bus='3' type='pci' slot='010'/>", PciAddress(bus=3, slot=8)),
        ("<address type='pci' domain='0' bus='0x0A' slot='2' function='0'/>", PciAddress(bus=10, slot=2)),
        ("<address type='pci' function='9'/>", PciAddress(function=9)),
        ("<address type='pci' bus='1'><zpci fid='1'/></address>", PciAddress(bus=1, zpci_fid=1)),
        ("<address type='drive' unit='01'/>", DriveAddress(unit=1)),
        ("<address type='usb' port='0'/>", UsbAddress()),
        ("<address type='usb' bus='0' port='1.0.2'/>", UsbAddress(0, (1,))),
        ("<address type='ccw' cssid='254' ssid='0' devno='10'/>", CcwAddress(254, 0, 10)),
        ("<address type='spapr-vio' reg='1000'/>", SpaprVioAddress(0x1000)),
        ("<address type='isa' iobase='3F8' irq='0'/>", IsaAddress(0x3F8)),
        ("<address type='dimm' slot='1' base='0x0'/>", DimmAddress(1)),
    ],
)
def test_other_spellings_are_read_and_noticed(text: str, address: Address) -> None:
    assert read(text) == address
    assert not spelled(text)


def test_type_none_is_no_address() -> None:
    assert read("<address type='none'/>") is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<address/>", ("'type'", "missing")),
        ("<address type='virtio-s390'/>", ("'type'", "virtio-s390")),
        ("<address type='PCI'/>", ("'type'", "PCI")),
        ("<address type='pci' bus='0x100'/>", ("'bus'", "0x100", "0xff")),
        ("<address type='pci' bus='1' slot='32'/>", ("'slot'", "32", "0x1f")),
        ("<address type='pci' bus='1' function='8'/>", ("'function'", "'8'", "0x7")),
        ("<address type='pci' bus='-1'/>", ("'bus'", "-1")),
        ("<address type='pci' bus='1' multifunction='yes'/>", ("'multifunction'", "on or off")),
        ("<address type='pci' bus='1'><zpci uid='x'/></address>", ("'uid'", "<zpci>")),
        ("<address type='drive' unit='0x1'/>", ("'unit'", "0x1")),
        ("<address type='usb' port='1.2.3.4.5'/>", ("'port'", "1.2.3.4.5")),
        ("<address type='usb' port='1..2'/>", ("'port'", "1..2")),
        ("<address type='usb' port=''/>", ("'port'",)),
        ("<address type='ccw' cssid='0xfe' devno='0x1'/>", ("'ssid'", "missing")),
        ("<address type='ccw' cssid='255' ssid='0' devno='0'/>", ("'cssid'", "255")),
        ("<address type='ccw' cssid='0' ssid='4' devno='0'/>", ("'ssid'", "'4'")),
        ("<address type='ccw' cssid='0' ssid='0' devno='0x10000'/>", ("'devno'", "0x10000")),
        ("<address type='spapr-vio' reg='0x100000000'/>", ("'reg'", "0x100000000")),
        ("<address type='dimm'/>", ("'slot'", "missing")),
        (f"<address type='drive' unit='{'9' * 5000}'/>", ("'unit'", "…")),
    ],
)
def test_refused_with_attribute_element_and_line(text: str, words: tuple[str, ...]) -> None:
    with pytest.raises(ValueInvalid) as caught:
        read(text)
    assert caught.value.line == 2
    for word in words:
        assert word in caught.value.message


pci = st.builds(
    PciAddress,
    st.integers(0, 0xFFFF),
    st.integers(0, 255),
    st.integers(0, 31),
    st.integers(0, 7),
    st.sampled_from([None, True, False]),
).filter(lambda address: not address.empty)
others = st.one_of(
    st.builds(DriveAddress, *[st.integers(0, 0xFFFFFFFF)] * 4),
    st.builds(UsbAddress, st.integers(0, 99), st.lists(st.integers(1, 99), max_size=4).map(tuple)),
    st.builds(CcwAddress, st.integers(0, 254), st.integers(0, 3), st.integers(0, 65535)),
    st.builds(IsaAddress, st.integers(0, 0xFFFF), st.integers(0, 15)),
    st.builds(DimmAddress, st.integers(0, 255), st.integers(0, 0xFFFFFFFFFFFFFFFF)),
    st.builds(SpaprVioAddress, st.integers(0, 0xFFFFFFFF)),
)


@given(st.one_of(pci, others))
def test_what_is_written_reads_back(address: Address) -> None:
    text = NewAddress(address).text("", STYLE)
    assert read(text) == address
    assert spelled(text)


@given(pci)
def test_the_short_way_agrees(address: PciAddress) -> None:
    node = parse(f"<domain>{NewAddress(address).text('', STYLE)}</domain>").root.children[0]
    short = usual_pci(node)
    assert short == (address if address.multifunction is None and not address.domain else None)
