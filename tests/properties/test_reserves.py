"""Spare ports of any guest that reserve memory."""

from __future__ import annotations

import re

from hypothesis import given
from lxml import etree
from properties.documents import Domain, domains, families
from properties.test_hinted_documents import JUSTIFIED, tried
from properties.xml_layout import Document

import devaddr_xml

SIZE = 65536


def reserving(domain: Domain) -> str:
    """The domain with a window on each spare port of a cell."""
    return re.sub(r"(<devaddr:spare [^>]*)/>", rf'\1 mem-reserve="{SIZE}"/>', str(domain))


def check(domain: Domain) -> None:
    """So many free ports of each cell reserve memory and no others, and a second run changes nothing."""
    try:
        xml = devaddr_xml.assign(reserving(domain)).xml
    except devaddr_xml.DevaddrError as error:
        if not JUSTIFIED.search(error.message) and "only a root port reserves" not in error.message:
            raise
        return
    assert devaddr_xml.assign(xml).xml == xml
    document = Document(xml)
    reserved = {
        int(port.get("index", "")): port.find("target").get("memReserve")  # type: ignore[union-attr]
        for port in etree.fromstring(xml).iterfind("devices/controller[@model='pcie-root-port']")
    }
    found: dict[int | None, int] = {}
    for bus in document.buses.values():
        if reserved.get(bus.index) is not None:
            assert bus.is_free_port
            assert reserved[bus.index] == str(SIZE)
            found[document.node(bus)] = found.get(document.node(bus), 0) + 1
    wanted = document.spares if document.express and document.policy.get("numa") != "off" else {}
    assert found == {node: ports for node, ports in wanted.items() if ports and node in document.cells}


@tried
@given(domains())
def test_hints_of_all_kinds(domain: Domain) -> None:
    check(domain)


@tried
@given(families())
def test_many_devices(domain: Domain) -> None:
    check(domain)


@tried
@given(domains())
def test_the_tunable(domain: Domain) -> None:
    """Only free ports reserve memory, and a second run changes nothing."""
    xml = re.sub(r"<devaddr:policy\b", rf'\g<0> mem-reserve="{SIZE}"', str(domain))
    try:
        xml = devaddr_xml.assign(xml).xml
    except devaddr_xml.DevaddrError as error:
        if not JUSTIFIED.search(error.message) and "only a root port reserves" not in error.message:
            raise
        return
    assert devaddr_xml.assign(xml).xml == xml
    buses = Document(xml).buses
    for port in etree.fromstring(xml).iterfind("devices/controller[@model='pcie-root-port']"):
        if port.find("target").get("memReserve") is not None:  # type: ignore[union-attr]
            assert buses[int(port.get("index", ""))].is_free_port
